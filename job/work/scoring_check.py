"""Every scorer called once on the folds' own labels before anything is trained.

With an untrained model's predictions, and with the labels themselves as predictions: some scorers refuse what only an
untrained model says, and some what is only said by a perfect one.
"""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from job.data.rows import Array, Fold, Indices, Rows
from job.study import usercode
from job.study.mistakes import Mistake, StudyMistakes, listed, nearest
from job.study.scoring import ReadsOutputs
from job.study.study import Study
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


_FOLDS = 50
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


def look(
    study: Study,
    scorers: Mapping[str, Any],
    rows: Rows,
    folds: Sequence[Fold],
    folder: Path,
    untrained: Untrained | None,
) -> tuple[tuple[str, ...], list[str]]:
    """Calls every scorer on the labels of the folds.

    Args:
        study: its ``scoring`` and ``refit``.
        scorers: by name, in the order of ``scoring``.
        rows: of the study.
        folds: of the study.
        folder: where the user's own scorers lie.
        untrained: None where there is no model.

    Returns:
        The names of all scores in their order, and sentences for the user.

    Raises:
        StudyMistakes: a scorer fails whatever is predicted, gives no numbers, or NaN where it would rank the trials.
    """
    found: list[Called] = []
    mistakes: list[Mistake] = []
    for place, (name, scorer) in enumerate(scorers.items()):
        call = _of_outputs if isinstance(scorer, ReadsOutputs) else _called
        try:
            found.append(call(place, name, scorer, rows, folds, untrained))
        except Exception as error:  # noqa: BLE001  # whatever a scorer raises is the study's mistake
            raised = _raised_of_outputs if isinstance(scorer, ReadsOutputs) else _raised
            mistakes.append(Mistake(("scoring", place), raised(name, error, folder)))
    names = [name for one in found for name in one.names]
    if mistakes or not names:
        raise StudyMistakes("The study", mistakes)
    ranks = study.refit if isinstance(study.refit, str) else names[0]
    nan = [(name, _nan(name, one, rows, folds), one) for one in found for name in one.names if one.nan[name]]
    mistakes += _names(study, names)
    mistakes += [
        Mistake(("scoring", one.place), told)
        for name, told, one in nan
        if name == ranks or len(one.nan[name]) == min(len(folds), _FOLDS)
    ]
    if mistakes:
        raise StudyMistakes("The study", mistakes)
    refused = [
        f"on an untrained model's predictions {one.names[0]} fails: {one.refused}" for one in found if one.refused
    ]
    return tuple(names), [*refused, *(told for _, told, _ in nan)]


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


def _called(
    place: int, name: str, scorer: Any, rows: Rows, folds: Sequence[Fold], untrained: Untrained | None
) -> Called:
    refused, said = "", ""
    if untrained is not None:
        try:
            _one(name, scorer, untrained.predictions(len(folds[0].test)), rows, folds[0])
        except Exception as error:  # noqa: BLE001  # told as a note, or raised below where labels are refused too
            refused = _brief(error)
    every: list[dict[str, float]] = []
    for fold in folds[:_FOLDS]:
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


def _of_outputs(
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
            return Called(place, (name,), {name: ()}, "", _brief(error))
    names, nan = _by_name(every)
    wrong = [one for one in names if nan[one]]
    refused = f"it gives NaN as {_these(wrong)} on fold {nan[wrong[0]][0]}" if wrong else ""
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


def _raised(name: str, error: Exception, folder: Path) -> str:
    remedy = (
        "A scorer is called with (estimator, X, y) and asks `estimator.predict(X)`, `predict_proba(X)` or "
        "`decision_function(X)` for all the rows it gets; it returns a number, or a dict of numbers by name."
    )
    return f"`{name}` fails on the labels of the first fold{usercode.at(error, folder)}: {_brief(error)}. {remedy}"


def _raised_of_outputs(name: str, error: Exception, folder: Path) -> str:
    remedy = (
        "A scorer of `outputs` is called with (y, outputs): y of the rows scored as the data has it, and what "
        "`model.predict` gives for them; it returns a number, or a dict of numbers by name."
    )
    return f"`{name}` fails on an untrained model's outputs{usercode.at(error, folder)}: {_brief(error)}. {remedy}"


def _brief(error: Exception) -> str:
    text = " ".join(str(error).split()).rstrip(".")[:300]
    return text if isinstance(error, NamesVary) else f"{type(error).__name__}: {text}"


def _nan(name: str, one: Called, rows: Rows, folds: Sequence[Fold]) -> str:
    """Why a score is no number on some folds, and what to do."""
    tried = min(len(folds), _FOLDS)
    numbers = one.nan[name]
    smallest = min(len(folds[number].test) for number in numbers)
    where = f"each of {len(folds)} folds" if len(numbers) == tried else f"fold {', '.join(map(str, numbers[:5]))}"
    why = f" ({one.said.rstrip('.')})" if one.said else ""
    rest = "" if len(numbers) == tried else ", and so is every trial's mean"
    other = "neg_mean_absolute_error" if rows.task == "regression" else "accuracy"
    remedy = (
        "Take folds of more rows, such as `cv: 5`"
        if smallest < 2
        else "Take folds that hold every class, such as `cv: 5`, which stratifies"
        if rows.task != "regression"
        else "Take other folds"
    )
    size = "a single row" if smallest == 1 else f"as few as {smallest:,} rows"
    what = f"`{name}` is NaN on {where}, whatever is predicted{why}; such a fold tests on {size}{rest}"
    return f"{what}. {remedy}, or `{other}`."


def _names(study: Study, names: Sequence[str]) -> Iterator[Mistake]:
    """Scores of one name, and a ``refit`` that names none, or none among several."""
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield Mistake(("scoring",), f"two scorers give a score `{name}`; give each its own name.")
    if isinstance(study.refit, str) and study.refit not in names:
        yield Mistake(("refit",), f"got {study.refit!r}; the scores are {listed(names)}.{nearest(study.refit, names)}")
    if study.refit is True and len(names) > 1 and len(study.scorers) < 2:
        yield Mistake(
            ("refit",),
            f"`{study.scorers[0]}` gives several scores, and one ranks the trials: `refit: {names[0]}`, or another of "
            f"{listed(names)}; `refit: false` ranks by none and trains none again.",
        )
