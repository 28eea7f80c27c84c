"""What can be wrong with a study beyond the form of its fields: each check says which fields it looks at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from job.study.mistakes import Mistake
from job.study.study import Study


@dataclass(frozen=True)
class Check:
    """One thing to look at.

    Attributes:
        fields: the study's fields it relies on; it is not run when one of them is wrong already.
        find: the mistakes in a study; the folder is that of the study file, None where only its text is at hand.
    """

    fields: tuple[str, ...]
    find: Callable[[Study, Path | None], Iterable[Mistake]]


PURE: tuple[Check, ...] = ()
"""Knowable from the text alone."""

BESIDE: tuple[Check, ...] = ()
"""Knowable from the user's code and files beside the study, without importing them."""
