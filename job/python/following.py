"""A run as a terminal shows it: bars where there is a terminal, plain lines elsewhere; all on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from job.python.told import Told

if TYPE_CHECKING:  # who waits for the rest to be imported sees that something is done
    from job.plan.plan import Plan
    from job.results.progress import Seen
    from job.results.table import Table
    from job.study.study import Study

_OFTEN, _EVERY = 5.0, 10.0
"""Seconds between two plain lines: in the first minutes, and later."""
_EARLY = 120.0


@contextmanager
def phases() -> Iterator[Callable[[str], None]]:
    """Shows on a terminal what the worker that prepares is at, and for how long; elsewhere nothing."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda _: None
        return
    at, since = "", monotonic()

    def doing(what: str) -> None:
        nonlocal at, since
        if what != at:
            at, since = what, monotonic()
        shown.update(escape(f"{at or 'starting'}, {monotonic() - since:.0f} s"))

    with console.status("starting") as shown:
        yield doing


class Terminal:
    """Follows one run; a context manager. Implements ``Watcher``."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(12), TextColumn("{task.fields[count]}"),
            TextColumn("{task.fields[told]}"),
            console=self.console, disable=not self.console.is_terminal,
        )  # fmt: skip
        self._task: TaskID | None = None
        self._told = Told()
        self._start = self._told_at = monotonic()
        self._at, self._since, self._shown = "starting", monotonic(), -1

    def __enter__(self) -> Self:
        self._bar.start()
        self._task = self._bar.add_task("preparing", total=None, count="", told="")
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def say(self, sentence: str) -> None:
        """Prints a sentence."""
        self._told_at = monotonic()
        self.console.print(sentence, markup=False)

    def doing(self, what: str) -> None:
        """Shows what a worker with one task is at; called about once a second, so that nothing is silent for long."""
        if what and what != self._at:
            self._at, self._since = what, monotonic()
            if not self.console.is_terminal:
                self.say(f"{'preparing' if self._told.first is None else 'the best again'}: {what}")
        spent = f"{monotonic() - self._since:.0f} s"
        if self._task is not None:
            self._bar.update(self._task, told=f"{self._at}, {spent}")
        if not self.console.is_terminal and self._is_due():
            self.say(f"still {self._at}, {spent}")

    def planned(self, plan: "Plan", study: "Study") -> None:
        """Prints what will run."""
        for sentence in self._told.planned(plan, study):
            self.say(sentence)
        self._at, self._since = "waiting for the first fits", monotonic()
        if self._task is not None:
            self._bar.start()  # a retune has two runs, and the first one's end stopped it
            self._bar.update(self._task, description="fits", total=plan.fits, completed=0, told="")

    def seen(self, seen: "Seen") -> None:
        """Shows how far the run is."""
        if resumed := self._told.resumed(seen):
            self.say(resumed)
        if seen.done == seen.fits:  # what comes then is the refit
            self._at, self._since = "starting to train the best again", monotonic()
        told = ", ".join(self._told.seen(seen))
        if self._task is not None:
            count = f"{seen.done:,}/{seen.fits:,}"
            self._bar.update(self._task, completed=seen.done, count=count, told=told)
        is_last = seen.done == seen.fits != self._shown
        if not self.console.is_terminal and (self._is_due() or is_last):
            self._shown = seen.done
            waits = "" if seen.done or not seen.fits else f", {self._at}, {monotonic() - self._since:.0f} s"
            self.say(f"fits {seen.done:,}/{seen.fits:,}{', ' * bool(told)}{told}{waits}")

    def ended(self, table: "Table") -> None:
        """Ends the bar; what the run found is printed by the verb."""
        if self._task is not None:
            self._bar.update(self._task, completed=table.done)
        self._bar.stop()
        self._told.first = None  # what prepares after this prepares another run

    def _is_due(self) -> bool:
        now = monotonic()
        return now - self._told_at >= (_OFTEN if now - self._start < _EARLY else _EVERY)
