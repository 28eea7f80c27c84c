"""The best trials as a table of a terminal's width: which columns are shown, and what of long values."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from job.report import words
from job.report.axes import axis, telling
from job.results.line import legal
from job.results.table import Ranked, Table
from job.study import document, times

_LONGEST = 24  # of a text in a cell, and of a column's name; numbers are never cut
_GAP = 2


@dataclass(frozen=True)
class TableColumn:
    """One column: its cells, and whether they are numbers, which stand at the right."""

    name: str
    cells: tuple[str, ...]
    right: bool = True

    @property
    def width(self) -> int:
        """Characters it takes."""
        return max(map(_wide, (self.name, *self.cells)))

    def line(self, place: int) -> str:
        """One cell as it is printed; -1 is the head."""
        text = self.name if place < 0 else self.cells[place]
        space = " " * (self.width - _wide(text))
        return space + text if self.right else text + space


@dataclass(frozen=True)
class Shown:
    """The table's lines, and what it shows of all trials and columns."""

    lines: tuple[str, ...]
    count: str


def of(table: Table, most: int, width: int) -> Shown | None:
    """Return the best trials as a table.

    Args:
        table: the run's table.
        most: trials to show, at most.
        width: characters of a line.

    Returns:
        None before any trial has all its scores.
    """
    best = list(islice(table.ranked(), most))
    if not best:
        return None
    fitting, left_out = _fitting(table, best, width)
    lines = [(" " * _GAP).join(one.line(place) for one in fitting) for place in range(-1, len(best))]
    rule = (" " * _GAP).join("─" * one.width for one in fitting)
    count = f"{len(best):,} of {words.counted(len(table.trials), 'trial')} shown"
    if left_out:
        count += f", without {', '.join(left_out)} (results --format csv has all)"
    return Shown((lines[0], rule, *lines[1:]), count)


def columns(table: Table, best: Sequence[Ranked], width: int) -> list[TableColumn]:
    """Return the columns of some trials, the most telling ones that fit into a width of characters."""
    return _fitting(table, best, width)[0] if best else []


def _fitting(table: Table, best: Sequence[Ranked], width: int) -> tuple[list[TableColumn], list[str]]:
    """The columns there is room for, the most telling first, in their order; and the names of those left out."""
    ranks = tuple(str(one.scores[table.metric].rank) for one in best)
    fixed = [
        TableColumn("rank", ranks),
        TableColumn("trial", tuple(str(one.number) for one in best)),
        _score(table.metric, best),
    ]
    params = [_param(name, best) for name in _telling(table)]
    scores = [_score(name, best) for name in table.scoring if name != table.metric]
    time = TableColumn("fit time", tuple(times.duration(one.fit_seconds) for one in best))
    room = width - sum(one.width + _GAP for one in fixed) + _GAP
    taken = []
    for one in [*params[:2], *scores, *params[2:], time]:
        if one.width + _GAP <= room:
            taken.append(one)
            room -= one.width + _GAP
    kept = [one for one in (*scores, *params, time) if one in taken]
    return [*fixed, *kept], [one.name for one in (*scores, *params) if one not in taken]


def _telling(table: Table) -> list[str]:
    """The params that vary, those first whose values tell most about the score."""
    found = []
    for place, name in enumerate(table.trials.names):
        column = table.trials.column(name)
        values = {repr(value) for value in column.tolist()}
        if len(values) > 1:
            told = telling(axis(name, column), table.means)
            found.append((0.0 if np.isnan(told) else -told, place, name))
    return [name for _, _, name in sorted(found)]


def _score(name: str, best: Sequence[Ranked]) -> TableColumn:
    scores = (one.scores[name] for one in best)
    return TableColumn(cut(name), tuple(f"{words.short(one.mean)} ± {words.short(one.std, 2)}" for one in scores))


def _param(name: str, best: Sequence[Ranked]) -> TableColumn:
    values = [one.params.get(name, "") for one in best]
    right = all(isinstance(value, int | float) or value == "" for value in values)
    return TableColumn(cut(name), tuple(_cell(value) for value in values), right)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return words.short(value)
    if isinstance(value, int):
        return document.flow(value)
    return cut(" ".join((value if isinstance(value, str) else document.flow(legal(value))).split()))


def cut(text: str, longest: int = _LONGEST) -> str:
    """Return a text, of a long one its beginning and its end."""
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[: longest - 1 - half]}…{text[-half:]}"


def _wide(text: str) -> int:
    return sum(0 if unicodedata.combining(one) else 1 + (unicodedata.east_asian_width(one) in "WF") for one in text)
