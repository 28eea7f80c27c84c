"""Every scorer called once on the folds' own labels before anything is trained.

With an untrained model's predictions, and with the labels themselves as predictions: some scorers refuse what only an
untrained model says, and some what is only said by a perfect one.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from job.data.rows import Fold, Rows
from job.study import usercode
from job.study.mistakes import Mistake, StudyMistakes, listed, nearest
from job.study.own_scorers import ReadsOutputs
from job.study.study import Study
from job.work.scorer_calls import FOLDS, Called, Untrained, brief, with_outputs, with_predictions


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
    found = _called(scorers, rows, folds, folder, untrained)
    names = [name for one in found for name in one.names]
    if not names:
        raise StudyMistakes("The study", [])
    ranks = study.refit if isinstance(study.refit, str) else names[0]
    nan = [(name, _nan(name, one, rows, folds), one) for one in found for name in one.names if one.nan[name]]
    mistakes = [*misnamed(study, names)]
    mistakes += [
        Mistake(("scoring", one.place), told)
        for name, told, one in nan
        if name == ranks or len(one.nan[name]) == min(len(folds), FOLDS)
    ]
    if mistakes:
        raise StudyMistakes("The study", mistakes)
    refused = [
        f"on an untrained model's predictions {one.names[0]} fails: {one.refused}" for one in found if one.refused
    ]
    return tuple(names), [*refused, *(told for _, told, _ in nan)]


def _called(
    scorers: Mapping[str, Any], rows: Rows, folds: Sequence[Fold], folder: Path, untrained: Untrained | None
) -> list[Called]:
    """What each scorer gave; the mistakes of all that fail are raised at once."""
    found: list[Called] = []
    mistakes: list[Mistake] = []
    for place, (name, scorer) in enumerate(scorers.items()):
        call = with_outputs if isinstance(scorer, ReadsOutputs) else with_predictions
        try:
            found.append(call(place, name, scorer, rows, folds, untrained))
        except Exception as error:  # noqa: BLE001  # whatever a scorer raises is the study's mistake
            raised = _raised_of_outputs if isinstance(scorer, ReadsOutputs) else _raised
            mistakes.append(Mistake(("scoring", place), raised(name, error, folder)))
    if mistakes:
        raise StudyMistakes("The study", mistakes)
    return found


def _brief(error: Exception, folder: Path) -> str:
    return f"{brief(error)}{usercode.remedy(error, folder)}"


def _raised(name: str, error: Exception, folder: Path) -> str:
    remedy = (
        "A scorer is called with (estimator, X, y) and asks `estimator.predict(X)`, `predict_proba(X)` or "
        "`decision_function(X)` for all the rows it gets; it returns a number, or a dict of numbers by name."
    )
    return (
        f"`{name}` fails on the labels of the first fold{usercode.at(error, folder)}: {_brief(error, folder)}. {remedy}"
    )


def _raised_of_outputs(name: str, error: Exception, folder: Path) -> str:
    remedy = (
        "A scorer of `outputs` is called with (y, outputs): y of the rows scored as the data has it, and what "
        "`model.predict` gives for them; it returns a number, or a dict of numbers by name."
    )
    return (
        f"`{name}` fails on an untrained model's outputs{usercode.at(error, folder)}: {_brief(error, folder)}. {remedy}"
    )


def _nan(name: str, one: Called, rows: Rows, folds: Sequence[Fold]) -> str:
    """Why a score is no number on some folds, and what to do."""
    tried = min(len(folds), FOLDS)
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


def misnamed(study: Study, names: Sequence[str]) -> Iterator[Mistake]:
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
