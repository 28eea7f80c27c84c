"""A run as a terminal shows it: bars where there is a terminal, plain lines elsewhere; all on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from job.cli import said
from job.launch.local import LocalLauncher
from job.plan.plan import Plan
from job.report.words import counted, short
from job.results.progress import Seen
from job.results.table import Table
from job.study.mistakes import StudyMistakes
from job.study.study import Study
from job.study.times import duration

_OFTEN, _EVERY = 5.0, 10.0
"""Seconds between two plain lines: in the first minutes, and later."""
_EARLY = 120.0


@contextmanager
def workers_of(launcher: LocalLauncher) -> Iterator[LocalLauncher]:
    """Ends a launcher's workers; where they did not end well, keeps their logs and says where they are."""
    keep = True
    try:
        yield launcher
        keep = False
    except (StudyMistakes, KeyboardInterrupt):
        keep = False
        raise
    finally:
        launcher.stop()
        logs = launcher.close(keep=keep)
        if keep and logs is not None:
            said.now(f"the workers' logs are kept in {logs}")


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
        self._began = monotonic()
        self._first: int | None = None  # fits that were stored when we began
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
                self.say(f"{'preparing' if self._first is None else 'the best again'}: {what}")
        spent = f"{monotonic() - self._since:.0f} s"
        if self._task is not None:
            self._bar.update(self._task, told=f"{self._at}, {spent}")
        if not self.console.is_terminal and self._is_due():
            self.say(f"still {self._at}, {spent}")

    def planned(self, plan: Plan, study: Study) -> None:
        """Prints what will run."""
        again = f" ({counted(plan.duplicates, 'duplicate')}, trained once)" if plan.duplicates else ""
        self.say(
            f"{study.name}: {counted(plan.trials, 'trial')}{again} × {counted(plan.folds, 'fold')} = "  # noqa: RUF001
            f"{counted(plan.fits, 'fit')} in {counted(plan.shards, 'shard')}; run {plan.run}"
        )
        for note in plan.facts.notes:
            self.say(f"note: {note}")
        self._began, self._first = monotonic(), None
        self._at, self._since = "waiting for the first fits", monotonic()
        if self._task is not None:
            self._bar.update(self._task, description="fits", total=plan.fits, told="")

    def seen(self, seen: Seen) -> None:
        """Shows how far the run is."""
        if self._first is None:
            self._first = seen.done
            if seen.done:
                self.say(f"resumed: {seen.done:,} of {seen.fits:,} fits are stored already")
        if seen.done == seen.fits:  # what comes then is the refit
            self._at, self._since = "starting to train the best again", monotonic()
        told = ", ".join(self._told(seen))
        if self._task is not None:
            count = f"{seen.done:,}/{seen.fits:,}"
            self._bar.update(self._task, completed=seen.done, count=count, told=told)
        is_last = seen.done == seen.fits != self._shown
        if not self.console.is_terminal and (self._is_due() or is_last):
            self._shown = seen.done
            waits = "" if seen.done or not seen.fits else f", {self._at}, {monotonic() - self._since:.0f} s"
            self.say(f"fits {seen.done:,}/{seen.fits:,}{', ' * bool(told)}{told}{waits}")

    def ended(self, table: Table) -> None:
        """Ends the bar; what the run found is printed by the verb."""
        if self._task is not None:
            self._bar.update(self._task, completed=table.done)
        self._bar.stop()

    def _is_due(self) -> bool:
        now = monotonic()
        return now - self._told_at >= (_OFTEN if now - self._start < _EARLY else _EVERY)

    def _told(self, seen: Seen) -> list[str]:
        told = []
        if seen.best is not None:
            told.append(f"best {short(seen.best.score)} (trial {seen.best.trial})")
        if seen.failed:
            told.append(f"{seen.failed:,} failed")
        done = seen.done - (self._first or 0)
        if done > 0 and seen.done < seen.fits:
            left = (monotonic() - self._began) * (seen.fits - seen.done) / done
            told.append(f"about {duration(left)} left")
        return told
