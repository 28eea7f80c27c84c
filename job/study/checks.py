"""What can be wrong with a study beyond the form of its fields: each check says which fields it looks at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from job.study import (
    around,
    callback_files,
    code,
    code_files,
    columns,
    confirming,
    params,
    reach,
    scoring,
    search,
    space,
    splitters,
)
from job.study.mistakes import Mistake
from job.study.study import Study


@dataclass(frozen=True)
class Check:
    """One thing to look at.

    Attributes:
        fields: the study's fields it looks at; it is not run when the form of one of them is wrong.
        find: the mistakes in a study; the folder is that of the study file, None where only its text is at hand.
        sound: fields it relies on further: it is not run when an earlier check found a mistake in one of them.
    """

    fields: tuple[str, ...]
    find: Callable[[Study, Path | None], Iterable[Mistake]]
    sound: tuple[str, ...] = ()


_TABLE = ("data", "target", "features", "groups", "sample_weight", "separator", "decimal", "encoding", "header")

PURE = (
    Check(("space",), space.find),
    Check(("space", "search"), space.find_endless),
    Check(("space", "search"), around.find, sound=("space",)),
    Check(("cv",), splitters.find),
    Check(("cv", "task"), splitters.find_unfit),
    Check(("cv", "task", "retune", "refit"), confirming.find, sound=("cv",)),
    Check(("scoring", "task"), scoring.find),
    Check(("scoring", "refit"), scoring.find_refit),
    Check(("scoring", "refit", "task", "retune"), reach.find, sound=("scoring", "refit")),
    Check(("space",), params.find_values),
    Check(("space", "search", "cv", "limits"), search.find_too_large, sound=("space",)),
    Check(("fit", "space", "search"), callback_files.find, sound=("space", "search")),
    Check((*_TABLE, "cv"), columns.find_named),
)
"""Knowable from the text alone."""

_CALLED = (
    Check(("files",), code_files.find_absent),
    Check(("model", "space"), params.find, sound=("model",)),
    Check(("data",), code.find_loader, sound=("data",)),
)

BESIDE = (
    *(Check((field,), code.finding(field)) for field in code.FIELDS),
    *_CALLED,
    Check(_TABLE, columns.find_files),
)
"""Knowable from the user's code and files beside the study, without importing them."""

SENT = (*(Check((field,), code.finding(field, image=True)) for field in code.FIELDS), *_CALLED)
"""Knowable here of a run elsewhere: modules and files that are not beside the study may be in the workers' image."""
