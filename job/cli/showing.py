"""What verbs print on standard output: tables for people, JSON and CSV for programs."""

import json
import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table as Grid

from job.report import importance, usage, words
from job.results import files
from job.results.table import Ranked, Table
from job.store import RunKeys, Store
from job.study import times

TOP = 10
_WIDE = 200  # columns where nobody looks at a terminal


def console() -> Console:
    """Standard output: as wide as the terminal, and wide enough elsewhere."""
    width = None if sys.stdout.isatty() else _WIDE
    return Console(highlight=False, width=width)


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
        line("best parameters: " + ", ".join(f"{name}={value}" for name, value in words.params(best).items()))
    keys = RunKeys(table.plan.study, table.plan.run)
    line(f"report: {place(store, keys.report_html)}")
    if usage.has_model(table, store):
        line(f"model: {place(store, keys.model)}")


def ranking(table: Table, most: int) -> None:
    """Prints the best trials, the best first."""
    found = [ranked for ranked, _ in zip(table.ranked(), range(most), strict=False)]
    if not found:
        line("no trial has all its scores yet")
        return
    names = table.trials.names
    grid(["rank", "trial", *table.scoring, *names, "fit time"], (_row(table, one, names) for one in found))


def mattered(table: Table) -> None:
    """Prints in a line which params mattered, and how sure that is."""
    if table.best is not None and not table.hopeless:
        found = importance.of(table, table.metric)
        line(f"what mattered to {table.metric}: {words.mattered(found)}")


def _row(table: Table, ranked: Ranked, names: Sequence[str]) -> list[str]:
    scores = [f"{words.short(one.mean)} ± {words.short(one.std, 2)}" for one in ranked.scores.values()]
    given = words.params(ranked, 4)
    rank = ranked.scores[table.metric].rank
    cells = [str(rank), str(ranked.number), *scores, *(given.get(name, "") for name in names)]
    return [*cells, times.duration(ranked.fit_seconds)]


def as_json(table: Table, most: int | None) -> None:
    """Prints the ranked trials as one JSON document."""
    found = (ranked for ranked, _ in zip(table.ranked(), range(most or len(table.trials)), strict=False))
    document = {
        "format": 1,
        "study": table.plan.study,
        "run": table.plan.run,
        "metric": table.metric,
        "complete": not len(table.missing),
        "trials": [files.ranked(one) for one in found],
    }
    line(json.dumps(document, indent=2, allow_nan=False))


def place(store: Store, key: str) -> str:
    """Where an object lies, as one would open it: a path, or a URL."""
    return f"{store.url.removeprefix('file://').rstrip('/')}/{key}"


def line(text: str) -> None:
    """Prints a line on standard output."""
    sys.stdout.write(f"{text}\n")
