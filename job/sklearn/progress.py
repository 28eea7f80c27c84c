"""A bar that tells how many of a search's fits are done: in a terminal and in a notebook."""

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class Bar:
    """One, shown from the first fits on.

    Args:
        shows: whether it is wanted; where nobody looks, it is not shown either way.
    """

    def __init__(self, *, shows: bool) -> None:
        console = Console(stderr=True)
        self._console = console if shows and (console.is_terminal or console.is_jupyter) else None
        self._progress: Progress | None = None
        self._task: Any = None
        self._total = 0

    def add(self, count: int) -> None:
        """So many fits more are to come."""
        self._total += count
        if self._console is None:
            return
        if self._progress is None:
            columns = (
                TextColumn("fits"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=self._console)
            self._task = self._progress.add_task("fits", total=self._total)
            self._progress.start()
        self._progress.update(self._task, total=self._total)

    def advance(self) -> None:
        """One is done."""
        if self._progress is not None:
            self._progress.advance(self._task)

    def end(self) -> None:
        """Leaves the bar as it is."""
        if self._progress is not None:
            self._progress.stop()
