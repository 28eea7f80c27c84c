"""What rows look like in a few numbers: how many, of which classes, between what; and what changed between two data."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from job.data.rows import Array, Rows
from job.study.study import Value

_COLUMNS = 200
"""Columns that are told one by one; a wider array is told as a whole."""
_PART = 1 << 26
"""Bytes looked at together."""
_LEAST = 0.005
"""Of a range, or of all rows, below which a change is not worth a line."""


class Column(Value):
    """One column of numbers."""

    low: float
    high: float
    mean: float


class Profile(Value):
    """Rows in a few numbers: each class's share, and each column's range (of targets that are numbers too)."""

    rows: int
    classes: dict[str, float]
    columns: dict[str, Column]


class Change(Value):
    """Something that differs between two data: in words before and now; ``size`` 1 is its whole range."""

    what: str
    before: str
    now: str
    size: float


def of(rows: Rows) -> Profile:
    """Return the profile of rows."""
    columns = dict(_named(rows))
    classes: dict[str, float] = {}
    if rows.classes is not None and rows.task in ("binary", "multiclass"):
        counts = np.bincount(rows.encoded.reshape(-1), minlength=len(rows.classes)) / max(1, len(rows))
        classes = {str(label): float(share) for label, share in zip(rows.classes.tolist(), counts, strict=True)}
    elif rows.task == "regression":
        columns |= {"y" + name: one for name, one in _columns("", np.asarray(rows.encoded))}
    return Profile(rows=len(rows), classes=dict(list(classes.items())[:_COLUMNS]), columns=columns)


def changes(before: Profile, now: Profile) -> tuple[Change, ...]:
    """Return what differs, the largest first."""
    found = [*_rows(before, now), *_classes(before, now), *_ranges(before, now)]
    return tuple(sorted(found, key=lambda one: -one.size))


def _rows(before: Profile, now: Profile) -> Iterator[Change]:
    if before.rows != now.rows:
        size = abs(now.rows - before.rows) / max(1, before.rows)
        yield Change(what="rows", before=f"{before.rows:,}", now=f"{now.rows:,}", size=size)


def _classes(before: Profile, now: Profile) -> Iterator[Change]:
    for label in {**before.classes, **now.classes}:
        old, new = before.classes.get(label, 0.0), now.classes.get(label, 0.0)
        if abs(new - old) >= _LEAST:
            yield Change(what=f"share of class {label}", before=f"{old:.1%}", now=f"{new:.1%}", size=abs(new - old))


def _ranges(before: Profile, now: Profile) -> Iterator[Change]:
    for name in {**before.columns, **now.columns}:
        old, new = before.columns.get(name), now.columns.get(name)
        if old is None or new is None:
            yield Change(what=name, before=_told(old), now=_told(new), size=1.0)
            continue
        width = (old.high - old.low) or abs(old.high) or 1.0
        size = max(abs(new.low - old.low), abs(new.high - old.high), abs(new.mean - old.mean)) / width
        if size >= _LEAST:
            yield Change(what=name, before=_told(old), now=_told(new), size=size)


def _told(column: Column | None) -> str:
    return "not there" if column is None else f"{column.low:.4g} to {column.high:.4g}, mean {column.mean:.4g}"


def _named(rows: Rows) -> Iterator[tuple[str, Column]]:
    if isinstance(rows.X, np.ndarray):
        yield from _columns("X", rows.X)
    elif isinstance(rows.X, tuple):
        for place, one in enumerate(rows.X):
            yield from _columns(f"X[{place}]", one)
    else:
        for name, one in rows.X.items():
            yield from _columns(str(name), one)


def _columns(name: str, array: Array) -> Iterator[tuple[str, Column]]:
    """The columns of numbers of an array; of one that is wider, or of more dimensions, all of it as one."""
    if array.dtype.kind not in "biuf" or not array.size:
        return
    if array.ndim == 2 and 1 < array.shape[1] <= _COLUMNS:
        for place, one in enumerate(_summed(array, axis=0)):
            yield f"{name}[:, {place}]", one
    else:
        yield name, _summed(array, axis=None)[0]


def _summed(array: Array, axis: int | None) -> list[Column]:
    """Lowest, highest and mean of what is finite, a part at a time, as arrays may be larger than the memory."""
    step = max(1, _PART // max(1, 8 * int(np.prod(array.shape[1:], dtype=np.int64))))
    low: Any = np.inf
    high: Any = -np.inf
    total: Any = 0.0
    count: Any = 0
    for begin in range(0, len(array), step):
        part = np.asarray(array[begin : begin + step], dtype=np.float64)
        there = np.isfinite(part)
        low = np.minimum(low, np.min(part, axis=axis, where=there, initial=np.inf))
        high = np.maximum(high, np.max(part, axis=axis, where=there, initial=-np.inf))
        total = total + np.sum(part, axis=axis, where=there)
        count = count + np.sum(there, axis=axis)
    found = zip(np.atleast_1d(low), np.atleast_1d(high), np.atleast_1d(total), np.atleast_1d(count), strict=True)
    return [
        Column(low=float(least), high=float(most), mean=float(all_ / number))
        if number
        else Column(low=0, high=0, mean=0)
        for least, most, all_, number in found
    ]
