"""Whose mistake it is when scorer, targets and model disagree: tried with the scorer that targets and model suggest."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from job.data import folds as fold_numbers
from job.data import loading
from job.data.rows import Fold, Rows
from job.errors import TunejobError
from job.plan.plan import Facts
from job.study import scorer_names, usercode
from job.study.forms import SPEC
from job.study.mistakes import Mistake
from job.study.study import Study

MakeFacts = Callable[[Study, Path, Rows, Sequence[Fold], Any], Facts]
"""Makes the facts of a study, its folder, rows, folds and ``build``."""

_WHAT = {"regression": "amounts", "classification": "classes"}
_INSTEAD = {"regression": "`r2` or `neg_root_mean_squared_error`", "classification": "`accuracy` or `f1_macro`"}


def instead(study: Study, folder: Path, facts: MakeFacts) -> Mistake | None:
    """The mistake of a scorer for amounts where y and the model are of classes, or the other way round.

    Called when something of the study failed: its data and model are loaded again, as if no scorer were named.

    Returns:
        None where another scorer would not help.
    """
    named = scorer_names.task_of(study.scorers)
    if study.task is not None or named is None:
        return None
    place = next(index for index, name in enumerate(study.scorers) if not SPEC.fullmatch(name))
    name = study.scorers[place]
    plain = study.model_copy(update={"scoring": (), "refit": True})
    for tried in (plain, plain.model_copy(update={"task": "regression"})):
        try:
            rows = loading.load(tried, folder)
            other = "regression" if rows.task == "regression" else "classification"
            if other == named or not _is_sound(tried, rows, folder, facts):
                continue
        except TunejobError:
            continue
        declared = f" with `task: {tried.task}`, as {_alone(plain, folder)}" if tried.task else ""
        why = "so the model is compiled" if tried.task else rows.why.partition(", and no ")[0]
        return Mistake(
            ("scoring", place),
            f"`{name}` scores {_WHAT[named]}, and y holds {_WHAT[other]} ({why}): write {_INSTEAD[other]}{declared}.",
        )
    return None


def _is_sound(study: Study, rows: Rows, folder: Path, facts: MakeFacts) -> bool:
    """Whether folds can be made, and a model of the study fits its task."""
    from importlib.util import find_spec

    folds = fold_numbers.make(study, rows, folder)
    if find_spec("tensorflow") is None:
        return True
    from job.train import building, requests
    from job.train.fits import Material
    from job.work import model_check

    build: Any = usercode.load(study.model, folder)
    known = facts(study, folder, rows, folds, build)
    request = requests.make(study, known, next(model_check.spread(study, known)), 0, folds[0], rows)
    try:
        building.check(request, build, Material.of(rows, study, folder))
    except TunejobError:
        return False
    except Exception:  # noqa: BLE001  # whatever the user's build raises is told elsewhere
        return False
    return True


def _alone(study: Study, folder: Path) -> str:
    return loading.load(study, folder).why
