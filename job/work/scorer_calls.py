"""Scorers called on a fold's labels: with an untrained model's predictions, and with the labels themselves."""

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from job.data.rows import Array, Fold, Indices, Rows
from job.study.mistakes import listed
from job.study.own_scorers import ReadsOutputs
from job.train.fits import Outputs
from job.train.outputs import Predictions
from job.train.scoring import NamesVary, PredictedClassifier, PredictedRegressor, called


@dataclass(frozen=True)
class Untrained:
    """A model that is as good as untrained.

    Attributes:
        predictions: for a number of rows, whichever.
        outputs: raw, for rows of the study.
    """

    predictions: Callable[[int], Predictions]
    outputs: Callable[[Indices], Outputs]


FOLDS = 50
"""Folds whose labels are tried."""

_PREDICTED_FOLDS = 5
"""Folds that are predicted for scorers that read outputs."""

_ROWS = 1000
"""Rows of each."""


@dataclass(frozen=True)
class Called:
    """What one scorer gave.

    Attributes:
        place: its place in the study's ``scoring``.
        names: of its scores: its own, or those of the dict it returned.
        nan: for each of them the folds, of those tried, on which it is no number whatever is predicted.
        said: scikit-learn's warning about that, or "".
        refused: why it fails on an untrained model's predictions, or "".
    """

    place: int
    names: tuple[str, ...]
    nan: Mapping[str, Sequence[int]]
    said: str
    refused: str


def told(y: Array, rows: Rows) -> Predictions:
    """Predictions that say the labels themselves: with nine tenths of probability, where there are any."""
    if rows.task == "regression":
        return Predictions(y)
    if rows.task == "multilabel":
        return Predictions(y, np.where(y, 0.9, 0.1), np.where(y, 1.0, -1.0))
    classes = np.asarray(rows.classes)
    hit = y[:, None] == classes[None, :]
    distances = np.where(hit, 1.0, -1.0)
    return Predictions(
        y, np.where(hit, 0.9, 0.1 / (len(classes) - 1)), distances[:, 1] if len(classes) == 2 else distances
    )


def with_predictions(
    place: int, name: str, scorer: Any, rows: Rows, folds: Sequence[Fold], untrained: Untrained | None
) -> Called:
    """What a scorer of scikit-learn's form gives: it is called with an estimator whose predictions are given."""
    refused, said = "", ""
    if untrained is not None:
        try:
            _one(name, scorer, untrained.predictions(len(folds[0].test)), rows, folds[0])
        except Exception as error:  # noqa: BLE001  # told as a note, or raised below where labels are refused too
            refused = brief(error)
    every: list[dict[str, float]] = []
    for fold in folds[:FOLDS]:
        scores, warned = _either(name, scorer, rows, fold, untrained)
        every.append(scores)
        said = said or warned
    return Called(place, *_by_name(every), said, refused)


def _by_name(every: Sequence[Mapping[str, float]]) -> tuple[tuple[str, ...], dict[str, list[int]]]:
    """The names of a scorer's scores, and for each of them the folds on which it is no number.

    Raises:
        NamesVary: a fold has other names than the first.
    """
    names = tuple(every[0])
    for number, scores in enumerate(every):
        if set(scores) != set(names):
            raise NamesVary(f"its scores are {_these(names)} on fold 0, and {_these(scores)} on fold {number}")
    return names, {one: [number for number, scores in enumerate(every) if math.isnan(scores[one])] for one in names}


def _these(names: Iterable[str]) -> str:
    return listed(list(names)) or "none"


def with_outputs(
    place: int, name: str, scorer: ReadsOutputs, rows: Rows, folds: Sequence[Fold], untrained: Untrained | None
) -> Called:
    """Of a function that is given (y, outputs): what it gives for an untrained model's, the only ones there are."""
    if untrained is None:
        return Called(place, (name,), {name: ()}, "", "")
    every = []
    for fold in folds[:_PREDICTED_FOLDS]:
        some = fold.test[:_ROWS]
        try:
            every.append(called(name, scorer, None, untrained.outputs(some), rows, some))
        except ArithmeticError as error:  # a trained model's outputs may do
            return Called(place, (name,), {name: ()}, "", brief(error))
    names, nan = _by_name(every)
    wrong = [one for one in names if nan[one]]
    refused = f"{_these(wrong)} is NaN on fold {nan[wrong[0]][0]}" if wrong else ""
    return Called(place, names, dict.fromkeys(names, ()), "", refused)


def _either(
    name: str, scorer: Any, rows: Rows, fold: Fold, untrained: Untrained | None
) -> tuple[dict[str, float], str]:
    """A fold's scores with the labels as predictions, else with an untrained model's; and what was warned of."""
    try:
        scores, warned = _one(name, scorer, told(rows.y[fold.test], rows), rows, fold)
    except Exception:
        if untrained is None:
            raise
        return _one(name, scorer, untrained.predictions(len(fold.test)), rows, fold)
    if untrained is not None and any(map(math.isnan, scores.values())):
        others, _ = _one(name, scorer, untrained.predictions(len(fold.test)), rows, fold)
        scores = {one: others.get(one, score) if math.isnan(score) else score for one, score in scores.items()}
    return scores, warned


def _one(name: str, scorer: Any, predictions: Predictions, rows: Rows, fold: Fold) -> tuple[dict[str, float], str]:
    kind = PredictedRegressor if rows.task == "regression" else PredictedClassifier
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scores = called(name, scorer, kind(predictions, rows.classes), None, rows, fold.test)
    return scores, next((str(one.message) for one in caught if one.category.__name__ == "UndefinedMetricWarning"), "")


def brief(error: Exception) -> str:
    """An exception in a line."""
    text = " ".join(str(error).split()).rstrip(".")[:300]
    return text if isinstance(error, NamesVary) else f"{type(error).__name__}: {text}"
