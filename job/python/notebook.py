"""A run as a notebook shows it: one bar that is renewed in place, and the sentences worth keeping below it."""

import sys
from importlib import import_module
from time import monotonic
from typing import Any, Self

from job.plan.plan import Plan
from job.python.told import Told
from job.report.elements import markup, tag
from job.results.progress import Seen
from job.results.table import Table
from job.study.study import Study


def is_here() -> bool:
    """Say whether this code runs in a notebook's cell, and not in a terminal's Python or IPython."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


class Notebook:
    """Follows one run; a context manager. Implements ``Follower``."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._told = Told()
        self._lines: list[str] = []
        self._count = (0, 0)
        self._now = "starting"
        self._at, self._since = "starting", monotonic()

    def __enter__(self) -> Self:
        shown: Any = import_module("IPython.display")  # notebooks have it; it is no dependency of ours
        self._html = shown.HTML
        self._handle = shown.display(shown.HTML(self._page()), display_id=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._draw()

    def say(self, sentence: str) -> None:
        """Adds a sentence, which stays."""
        self._lines.append(sentence)
        self._draw()

    def doing(self, what: str) -> None:
        """Shows what a worker with one task is at."""
        if what and what != self._at:
            self._at, self._since = what, monotonic()
        task = "preparing" if self._told.first is None else "the best again"
        self._now = f"{task}: {self._at}, {monotonic() - self._since:.0f} s"
        self._draw()

    def planned(self, plan: Plan, study: Study) -> None:
        """Shows what will run."""
        self._lines += self._told.planned(plan, study)
        self._count = (0, plan.fits)
        self._now = "waiting for the first fits"
        self._draw()

    def seen(self, seen: Seen) -> None:
        """Shows how far the run is."""
        if resumed := self._told.resumed(seen):
            self._lines.append(resumed)
        self._count = (seen.done, seen.fits)
        self._now = ", ".join([f"{seen.done:,} of {seen.fits:,} fits", *self._told.seen(seen)])
        self._draw()

    def ended(self, table: Table) -> None:
        """Shows the end; what the run found is its value."""
        self._count = (table.done, table.plan.fits)
        self._now = f"{table.done:,} of {table.plan.fits:,} fits"
        self._draw()

    def _draw(self) -> None:
        self._handle.update(self._html(self._page()))

    def _page(self) -> str:
        done, fits = self._count
        share = {"value": str(done), "max": str(fits)} if fits else {}
        bar = tag("progress", **share)
        lines = [tag("div", line) for line in self._lines]
        return markup(tag("div", bar, f" {self._now}", *lines))
