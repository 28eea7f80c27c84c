"""What all of a study's values are made of: frozen, typed strictly, read from their short forms and written back."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from job.study import form_schemas, forms, number_forms

Task = Literal["binary", "multiclass", "multilabel", "regression", "own"]
"""What y is; "own": what only the user's own loss and scorers read."""
Form = Literal["as_given", "indices", "one_hot"]
"""What a loss is given of y."""

Count = Annotated[int, Field(strict=True, ge=1)]
Seed = Annotated[int, Field(strict=True, ge=0, le=2**32 - 1)]
Number = Annotated[float, Field(strict=True)]
Spec = Annotated[str, AfterValidator(forms.spec), form_schemas.SPEC]
Duration = Annotated[
    float | None,
    BeforeValidator(number_forms.duration, json_schema_input_type=form_schemas.Duration),
    PlainSerializer(number_forms.duration_written),
]
Bound = Annotated[
    float,
    BeforeValidator(number_forms.duration, json_schema_input_type=form_schemas.Duration),
    PlainSerializer(number_forms.duration_written),
]
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(forms.names, json_schema_input_type=str | list[str]),
    PlainSerializer(forms.one_or_more),
]


class Value(BaseModel):
    """A frozen value that knows exactly its own fields."""

    # JSON as Python writes it: an infinite param comes back as it was, and not as nothing
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")
