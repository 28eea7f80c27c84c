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
_ARGUMENTS = "{n_splits: 25, test_size: 0.2}"
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


def is_needed(study: Study) -> bool:
    """Whether a study has to name its fresh folds, as nobody can guess which are like its ``cv``."""
    return study.cv.name in _ORDERED or splitters.is_own(study)


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
        if is_needed(study):
            yield Mistake(
                ("retune",),
                f"`cv` is {study.cv.name}, and which fresh folds are like it can't be guessed; name them, such as "
                f"`confirm: {{{others(study.cv)}}}`.",
            )
        return
    place = ("retune", "confirm", *(() if given.name == splitters.FOLDS else (given.name,)))
    if (stale := _stale(given, place) or _shared(study, place, folder)) is not None:
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
    if not given.arguments.get("shuffle", True):
        return Mistake((*place, "shuffle"), "folds in the order of the rows are the same each time; leave it out.")
    if given.name == "GroupKFold" and "shuffle" not in given.arguments:
        instead = "use `{GroupShuffleSplit: {n_splits: 25, test_size: 0.2}}`"
        return Mistake(place, f"`GroupKFold` makes the same folds each time; {instead}.")
    return None


def _shared(study: Study, place: Place, folder: Path | None) -> Mistake | None:
    """Why fresh folds would be those of the search itself; None where they would not."""
    found = splitter(study, study.task)
    if splitters.draws(study.model_copy(update={"cv": found}), folder) or not _are_alike(study.cv, found):
        return None
    own = "one of your own that takes `random_state`, or " if splitters.is_own(study) else ""
    return Mistake(
        place,
        f"`{found.name}` draws nothing at random, so these would be the search's own folds again, on which luck is "
        f"mistaken for a gain; use others, such as {own}`{{{others(study.cv)}}}`.",
    )


def _are_alike(one: Splitter, other: Splitter) -> bool:
    """Whether two splitters that draw nothing make the same folds, or one of them those of the other and more."""
    first, second = splitters.filled(one), splitters.filled(other)
    if one.name == "TimeSeriesSplit" and first.get("test_size"):  # the last ones of more folds are these
        first["n_splits"] = second["n_splits"]
    return one.name == other.name and first == second


def not_fresh(study: Study) -> str:
    """Return what to say where prepared folds turn out to be those of the search."""
    return (
        "retune.confirm makes the search's own folds again, on which luck is mistaken for a gain; let it make others, "
        f"such as `confirm: {{{others(study.cv)}}}`"
    )


def others(cv: Splitter) -> str:
    """Return folds that a retune may compare on where a search's own are these, as a study has them."""
    if cv.name == "TimeSeriesSplit":
        return f"TimeSeriesSplit: {{n_splits: {25 if cv.arguments.get('n_splits') == 20 else 20}}}"
    return f"GroupShuffleSplit: {_ARGUMENTS}" if "Group" in cv.name else f"ShuffleSplit: {_ARGUMENTS}"
