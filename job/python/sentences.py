"""A run that is followed by sentences alone, on standard error: all there are, or what must not be overlooked."""

import sys
from typing import Self

from job.plan.plan import Plan
from job.results.progress import Seen
from job.results.table import Table
from job.study.study import Study

_LOUD = ("the run continues", "stopping", "the workers' logs")


class Sentences:
    """Follows one run; a context manager. Implements ``Follower``.

    Args:
        every: whether all is said; else only what is of use after the run, where it was interrupted or failed.
    """

    def __init__(self, *, every: bool) -> None:
        self._every = every

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Has nothing to end."""

    def say(self, sentence: str) -> None:
        """Says it."""
        if self._every or sentence.startswith(_LOUD):
            sys.stderr.write(f"{sentence}\n")

    def doing(self, what: str) -> None:
        """Shows nothing."""

    def planned(self, plan: Plan, study: Study) -> None:
        """Shows nothing."""

    def seen(self, seen: Seen) -> None:
        """Shows nothing."""

    def ended(self, table: Table) -> None:
        """Shows nothing."""
