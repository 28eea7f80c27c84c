"""The study: what the user declares, as frozen values with every default filled in."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Task = Literal["binary", "multiclass", "multilabel", "regression"]


class Value(BaseModel):
    """A frozen value that knows exactly its own fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EarlyStopping(Value):
    """Keras's ``EarlyStopping``, its own names and defaults; sees training rows only."""

    monitor: str = "val_loss"
    min_delta: float = 0.0
    patience: int = 0
    mode: Literal["auto", "min", "max"] = "auto"
    baseline: float | None = None
    restore_best_weights: bool = False
    start_from_epoch: int = 0


class Callback(Value):
    """A Keras callback by import path, with its arguments."""

    path: str
    arguments: dict[str, Any] = {}


class FitSettings(Value):
    """How one fit trains: Keras's own names."""

    epochs: Annotated[int, Field(ge=1)] = 1
    batch_size: Annotated[int, Field(ge=1)] = 32
    shuffle: bool = True
    class_weight: Literal["balanced"] | dict[Any, float] | None = None
    validation_split: Annotated[float, Field(ge=0, lt=1)] = 0.0
    early_stopping: EarlyStopping | None = None
    callbacks: tuple[Callback, ...] = ()


class Limits(Value):
    """Bounds in seconds of one fit and of the whole run, and the most fits a run may have."""

    fit: float | None = None
    run: float | None = None
    fits: int | None = None


class Search(Value):
    """``grid``, or ``random`` with its count; the seed is the study's unless it has its own."""

    kind: Literal["grid", "random"]
    trials: int | None = None
    seed: int | None = None


class Splitter(Value):
    """How rows are split into folds: a count, or a splitter by name with its arguments."""

    name: str  # "folds" for a plain count, a scikit-learn splitter's name, or module:name
    arguments: dict[str, Any] = {}


class Study(Value):
    """One study, as read, with defaults filled in. ``space`` keeps the user's own spelling of each parameter."""

    format: Literal[1] = 1
    name: str
    model: str
    data: str | tuple[str, str]
    target: str | tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None
    groups: str | None = None
    sample_weight: str | None = None
    search: Search
    space: tuple[dict[str, Any], ...]
    cv: Splitter = Splitter(name="folds", arguments={"n_splits": 5})
    scoring: tuple[str, ...] = ()  # empty: the task's default
    refit: str | bool = True  # True: by the only scorer; a name: by that one; False: none
    fit: FitSettings = FitSettings()
    task: Task | None = None
    return_train_score: bool = False
    error_score: float | Literal["raise"] = float("nan")
    limits: Limits = Limits()
    seed: int = 0
    store: str = "./runs"
