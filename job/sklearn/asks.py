"""What an estimator asks of training, and what it gets back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from job.data.rows import Array, Indices, Inputs, Rows
from job.sklearn.recipes import Recipe
from job.study.study import FitSettings, Form
from job.train.fits import Reading
from job.train.ways import Way


@dataclass(frozen=True, eq=False)
class Ask:
    """One fit of one estimator.

    Attributes:
        recipe: its model.
        rows: all rows there are, which other fits may share.
        train, validation: which of them, by number.
        settings: how it trains.
        class_weight: by class index.
        seed: of everything random in it.
        form: what the loss is given of y, where the estimator says so.
        threshold: the estimator's.
        callbacks: Keras's, of this fit alone.
        verbose: Keras's own.
    """

    recipe: Recipe
    rows: Rows
    train: Indices
    validation: Indices
    settings: FitSettings
    class_weight: Mapping[int, float] | None
    seed: int
    form: Form | None = None
    threshold: float | None = None
    callbacks: tuple[Any, ...] = ()
    verbose: int = 0


@dataclass(frozen=True, eq=False)
class Answer:
    """What training gave.

    Attributes:
        recipe: of the model.
        seed: of the fit.
        variables: the model's trainable variables, then the others.
        history: per epoch, by Keras's names.
        reading: how its outputs are read.
        way: how it was trained.
        why: why so.
        sample: one row of X, to call the model with.
        model: itself, where it learned what is not in its variables, such as a vocabulary.
        seconds: that training took, of a group's this fit's share.
    """

    recipe: Recipe
    seed: int
    variables: list[Array]
    history: Mapping[str, list[float]]
    reading: Reading
    way: Way
    why: str
    sample: Inputs
    model: Any = None
    seconds: float = 0.0
