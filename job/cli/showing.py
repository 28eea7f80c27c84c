"""What verbs print on standard output: tables for people, JSON and CSV for programs."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table as Grid

from job.cli import said
from job.report import chosen, importance, usage, words
from job.results import coverage, files
from job.results.line import legal
from job.results.table import Table
from job.store import RunKeys, Store, place
from job.study import document

TOP = 10
_WIDE = 200  # columns where nobody looks at a terminal


def console() -> Console:
    """Standard output: as wide as the terminal, and wide enough elsewhere."""
    return Console(highlight=False, width=width())


def width() -> int:
    """Columns of standard output: COLUMNS, or the terminal's; wide where nobody looks at one."""
    is_seen = sys.stdout.isatty() or "COLUMNS" in os.environ
    return shutil.get_terminal_size().columns if is_seen else _WIDE


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table; the first column names its rows."""
    shown = Grid(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in head:
        shown.add_column(name, overflow="fold")
    for row in rows:
        shown.add_row(*row)
    console().print(shown, markup=False)


def outcome(table: Table, store: Store) -> None:
    """Prints a run's best trials, the best params and where the rest is."""
    ranking(table, 5)
    best = table.best
    if best is not None and not table.hopeless:
        score = best.scores[table.metric]
        line(f"best {table.metric}: {words.short(score.mean)} ± {words.short(score.std, 2)} (trial {best.number})")
        line("best parameters: # as a study has them")
        for name, value in best.params.items():
            line(f"  {document.flow(name)}: {document.flow(legal(value))}")
    keys = RunKeys(table.plan.study, table.plan.run)
    line(f"report: {place(store, keys.report_html)}")
    if usage.has_model(table, store):
        line(f"model: {place(store, keys.model)}")
    failures(table)


def failures(table: Table) -> None:
    """Says on standard error what failed, so that nobody overlooks it."""
    said.loudly(table.failure_summary.splitlines())
    said.loudly([table.overwritten] * bool(table.overwritten))


def ranking(table: Table, most: int) -> None:
    """Prints the best trials, the best first, in as many columns as there is room for; says what is not shown."""
    shown = chosen.of(table, most, width())
    if shown is None:
        line(words.unranked(table))
    else:
        for text in shown.lines:
            line(text.rstrip())
        line(shown.count)
    if left := coverage.unranked(table):
        line(left)


def mattered(table: Table, told: str = "") -> None:
    """Prints in a line which params mattered, and how sure that is; as it was told at the run's end, if it was."""
    if table.best is not None and not table.hopeless:
        found = told or words.mattered(importance.of(table, table.metric))
        line(f"what mattered to {table.metric}: {found}")


def as_json(table: Table, most: int | None) -> None:
    """Prints the ranked trials as one JSON document."""
    found = (ranked for ranked, _ in zip(table.ranked(), range(most or len(table.trials)), strict=False))
    whole = {
        "format": 1,
        "study": table.plan.study,
        "run": table.plan.run,
        "metric": table.metric,
        "complete": not len(table.missing),
        "trials": [files.ranked(one) for one in found],
    }
    line(json.dumps(whole, indent=2, allow_nan=False))


def line(text: str) -> None:
    """Prints a line on standard output."""
    sys.stdout.write(f"{text}\n")
