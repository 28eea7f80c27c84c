"""The study of a confirm run: two trials on fresh folds, shuffled by a seed of their own."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from job.study import splitters
from job.study.mistakes import Mistake, Place
from job.study.study import Retune, Search, Splitter, Study, Task

_CLASSES = ("binary", "multiclass")
_REPEATS: dict[str, Any] = {"n_splits": 5, "n_repeats": 5}
_BY_GROUP: dict[str, Any] = {"n_splits": 25, "test_size": 0.2}
_ORDERED = ("TimeSeriesSplit", "PredefinedSplit", "LeaveOneOut", "LeavePOut", "LeaveOneGroupOut", "LeavePGroupsOut")
_SPLITS = "ShuffleSplit: {n_splits: 25, test_size: 0.2}"
_ROOTS = ("cv", "retune", "confirm")
_MOST = 10_000
"""Rows made up to learn the sizes of folds."""


def splitter(study: Study, task: Task | None) -> Splitter:
    """Return the splitter of a study's fresh folds, without a seed.

    Args:
        study: a study with a ``retune`` section and without mistakes.
        task: decides what is stratified.
    """
    given = study.retune.confirm if study.retune is not None else None
    kind = "Stratified" if task in _CLASSES else ""
    if given is None and splitters.needs_groups(study):
        return Splitter(name="GroupShuffleSplit", arguments=dict(_BY_GROUP))
    if given is None:
        return Splitter(name=f"Repeated{kind}KFold", arguments=dict(_REPEATS))
    if given.name == splitters.FOLDS:
        return Splitter(name=f"{kind}KFold", arguments={**given.arguments, "shuffle": True})
    if given.name in ("KFold", "StratifiedKFold", "StratifiedGroupKFold"):
        return Splitter(name=given.name, arguments={**given.arguments, "shuffle": True})
    return given


def study(of: Study, task: Task, seed: int, trials: tuple[Mapping[str, Any], ...]) -> Study:
    """Return the study that scores these trials, in their order, on fresh folds.

    Args:
        of: the study that is retuned.
        task: what y is.
        seed: of the folds and of the fits.
        trials: their params.
    """
    spaces = tuple({name: [value] for name, value in params.items()} for params in trials)
    return of.model_copy(
        update={
            "search": Search(kind="grid"),
            "space": spaces,
            "cv": splitter(of, task),
            "seed": seed,
            "error_score": float("nan"),
            "limits": of.limits.model_copy(update={"fits": None}),
            "return_train_score": False,
            "retune": None,
        }
    )


def sizes(of: Study, task: Task, rows: int) -> list[tuple[int, int]] | None:
    """Return (train, test) rows of every fresh fold, nearly; None where only the user's own code tells."""
    asked = of.model_copy(update={"cv": splitter(of, task)})
    if splitters.is_own(asked):
        return None
    some = np.arange(min(rows, _MOST))
    try:
        groups = some % max(2, len(some) // 4) if splitters.needs_groups(asked) else None
        found = splitters.build(asked, task).split(some[:, np.newaxis], some % 2, groups)
        return [(len(train), len(test)) for train, test in found]
    except ValueError:
        return None


def find(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """The mistakes in a study's ``retune`` section that its fields alone don't show."""
    if study.retune is None:
        return
    if study.refit is False:
        yield Mistake(
            ("refit",), "`retune` puts models in use, and `refit: false` leaves none; take it out, or name a scorer."
        )
    yield from _of_confirm(study, study.retune, folder)


def _of_confirm(study: Study, asked: Retune, folder: Path | None) -> Iterator[Mistake]:
    given = asked.confirm
    if given is None:
        if study.cv.name in _ORDERED or splitters.is_own(study):
            others = "TimeSeriesSplit: {n_splits: 20}" if study.cv.name == "TimeSeriesSplit" else _SPLITS
            yield Mistake(
                ("retune",),
                f"`cv` is {study.cv.name}, and which fresh folds are like it can't be guessed; name them, such as "
                f"`confirm: {{{others}}}`.",
            )
        return
    place = ("retune", "confirm", *(() if given.name == splitters.FOLDS else (given.name,)))
    if (stale := _stale(given, place)) is not None:
        yield stale
        return
    given_alone = study.model_copy(update={"cv": given})
    if splitters.needs_groups(study) and not (splitters.needs_groups(given_alone) or splitters.is_own(given_alone)):
        yield Mistake(
            place,
            f"`cv` keeps groups together and `{given.name}` does not, so the champion would be compared on groups "
            "it was trained on; use `{GroupShuffleSplit: {n_splits: 25, test_size: 0.2}}`.",
        )
        return
    tried = study.model_copy(update={"cv": splitter(study, study.task) if given.name != splitters.FOLDS else given})
    found = [*splitters.find(tried, folder), *splitters.find_unfit(tried, folder)]
    if not found and splitters.count(tried) == 1:
        found = [Mistake(place, "one fold has no spread to judge by; needed are 2 at least, and 25 see much more.")]
    for mistake in found:
        yield replace(mistake, place=("retune", "confirm", *[one for one in mistake.place if one not in _ROOTS]))


def _stale(given: Splitter, place: Place) -> Mistake | None:
    """Why a splitter makes no fresh folds; None where it does."""
    if given.arguments.get("random_state") is not None:
        return Mistake((*place, "random_state"), "fresh folds take a seed of their own in every retune; leave it out.")
    if given.arguments.get("shuffle") is False:
        return Mistake((*place, "shuffle"), "folds in the order of the rows are the same each time; leave it out.")
    if given.name == "GroupKFold" and "shuffle" not in given.arguments:
        instead = "use `{GroupShuffleSplit: {n_splits: 25, test_size: 0.2}}`"
        return Mistake(place, f"`GroupKFold` makes the same folds each time; {instead}.")
    return None
