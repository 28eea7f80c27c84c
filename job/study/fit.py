"""How one fit trains: Keras's own names and defaults."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from job.study import form_schemas, forms, number_forms
from job.study.field_types import Count, Number, Spec, Value


class EarlyStopping(Value):
    """Keras's ``EarlyStopping``, its own names and defaults; sees training rows only."""

    monitor: Annotated[str, Field(description="What is watched: `val_loss`, `loss`, or a compiled metric.")] = (
        "val_loss"
    )
    min_delta: Annotated[Number, Field(description="The least change that counts as an improvement.")] = 0.0
    patience: Annotated[int, Field(strict=True, ge=0, description="Epochs without improvement before it stops.")] = 0
    mode: Annotated[
        Literal["auto", "min", "max"], Field(description="Whether less or more is better; `auto` goes by the name.")
    ] = "auto"
    baseline: Annotated[Number | None, Field(description="Stop unless the value watched gets better than this.")] = None
    restore_best_weights: Annotated[bool, Field(description="Go back to the best epoch's weights at the end.")] = False
    start_from_epoch: Annotated[int, Field(strict=True, ge=0, description="Epochs to wait before watching.")] = 0


class Callback(Value):
    """A Keras callback by import path, with its arguments."""

    path: Spec
    arguments: dict[str, Any] = Field(default_factory=dict)


class FitSettings(Value):
    """How one fit trains: Keras's own names. A parameter of the space with one of these names varies it."""

    epochs: Annotated[Count, Field(description="Passes over the training rows.", examples=[20])] = 1
    batch_size: Annotated[Count, Field(description="Rows in one step.", examples=[32])] = 32
    shuffle: Annotated[
        bool, Field(description="Draw the rows in a new order each epoch, from the study's seed.", examples=[True])
    ] = True
    class_weight: Annotated[
        Literal["balanced"] | dict[Any, float] | None,
        BeforeValidator(number_forms.class_weight, json_schema_input_type=form_schemas.ClassWeight),
        Field(
            description="A weight for each label, or `balanced`: computed on the fold's training rows.",
            examples=["balanced", {"healthy": 1.0, "ill": 5.0}],
        ),
    ] = None
    validation_split: Annotated[
        Number,
        Field(
            ge=0, lt=1, description="Share of the fold's training rows, its last, held out for `val_*`.", examples=[0.2]
        ),
    ] = 0.0
    early_stopping: Annotated[
        EarlyStopping | None,
        Field(
            description="Keras's EarlyStopping with its arguments; never sees the test fold.",
            examples=[{"monitor": "val_loss", "patience": 5, "restore_best_weights": True}],
        ),
    ] = None
    callbacks: Annotated[
        tuple[
            Annotated[
                Callback,
                BeforeValidator(forms.callback, json_schema_input_type=form_schemas.Called),
                PlainSerializer(forms.callback_written),
            ],
            ...,
        ],
        Field(
            description="Keras callbacks by `module:name`, with arguments: your own, or `keras.callbacks:NAME`. In "
            "their texts `{trial}`, `{fold}` (`refit` when the best trial is trained again) and `{run}` are filled "
            "in, so that each fit writes files of its own.",
            examples=[
                [{"my:Callback": {"x": 1}}, {"keras.callbacks:CSVLogger": {"filename": "log-{trial}-{fold}.csv"}}]
            ],
        ),
    ] = ()
