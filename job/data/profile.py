"""What rows look like in a few numbers: how many, of which classes, between what, which words; and what changed."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from pydantic import Field

from job.data.rows import Array, Rows
from job.study.study import Value

_COLUMNS = 200
"""Columns that are told one by one; a wider array is told as a whole."""
_WORDS = 20
"""Most words of a column that are told."""
_LONG = 60
"""Letters of a word."""
_PART = 1 << 26
"""Bytes looked at together."""
_LEAST = 0.005
"""Of a range, or of all rows, below which a change is not worth a line."""
_MOST = 20
"""Changes that are told; the smaller ones are counted."""


class Column(Value):
    """One column of numbers."""

    low: float
    high: float
    mean: float
    missing: float = 0.0  # share of values that are no finite number


class Words(Value):
    """One column of words: the share of rows that has each of the most frequent, and none."""

    shares: dict[str, float]
    missing: float = 0.0


class Profile(Value):
    """Rows in a few numbers: each class's share, each column's range (of targets that are numbers too) or words."""

    rows: int
    classes: dict[str, float]
    labels: dict[str, float] = Field(default_factory=dict)  # of multilabel: the share of rows that has each
    columns: dict[str, Column]
    words: dict[str, Words] = Field(default_factory=dict)


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
    labels: dict[str, float] = {}
    if rows.classes is not None and rows.task in ("binary", "multiclass"):
        counts = np.bincount(rows.encoded.reshape(-1), minlength=len(rows.classes)) / max(1, len(rows))
        classes = {str(label): float(share) for label, share in zip(rows.classes.tolist(), counts, strict=True)}
    elif rows.task == "multilabel":
        labels = dict(zip(_label_names(rows), np.mean(np.asarray(rows.encoded), axis=0).tolist(), strict=True))
    elif rows.task == "regression":
        columns |= {"y" + name: one for name, one in _columns("", np.asarray(rows.encoded))}
    words = dict(islice(_of_words(rows), _COLUMNS))
    classes, labels = (dict(islice(one.items(), _COLUMNS)) for one in (classes, labels))
    return Profile(rows=len(rows), classes=classes, labels=labels, columns=columns, words=words)


def _label_names(rows: Rows) -> list[str]:
    """Each label of multilabel as y has it: a table's column, or a place in the matrix."""
    names = [one.name for one in rows.parts]
    count = rows.encoded.shape[1]
    return [str(one) for one in names] if len(names) == count and None not in names else [*map(str, range(count))]


def changes(before: Profile, now: Profile) -> tuple[Change, ...]:
    """Return what differs, the largest first; of very many, the last counts those that are too small to be listed."""
    found = [*_rows(before, now), *_classes(before, now), *_labels(before, now), *_ranges(before, now)]
    found = sorted([*found, *_missing(before, now), *_spoken(before, now)], key=lambda one: -one.size)
    if len(found) > _MOST:
        rest = found[_MOST - 1 :]
        found = [*found[: _MOST - 1], Change(what=f"{len(rest)} smaller changes", before="", now="", size=rest[0].size)]
    return tuple(found)


def _rows(before: Profile, now: Profile) -> Iterator[Change]:
    if before.rows != now.rows:
        size = abs(now.rows - before.rows) / max(1, before.rows)
        yield Change(what="rows", before=f"{before.rows:,}", now=f"{now.rows:,}", size=size)


def _classes(before: Profile, now: Profile) -> Iterator[Change]:
    for label in {**before.classes, **now.classes}:
        old, new = before.classes.get(label, 0.0), now.classes.get(label, 0.0)
        if abs(new - old) >= _LEAST:
            yield Change(what=f"share of class {label}", before=f"{old:.1%}", now=f"{new:.1%}", size=abs(new - old))


def _labels(before: Profile, now: Profile) -> Iterator[Change]:
    """Shares of labels; a profile of before they were told has none."""
    lacking = ["not there" if one.labels else "not known" for one in (before, now)]
    for label in {**before.labels, **now.labels}:
        old, new = before.labels.get(label), now.labels.get(label)
        if old is None or new is None or abs(new - old) >= _LEAST:
            said = [told if one is None else f"{one:.1%}" for one, told in zip((old, new), lacking, strict=True)]
            size = abs((new or 0.0) - (old or 0.0))
            yield Change(what=f"share of label {label}", before=said[0], now=said[1], size=size)


def _missing(before: Profile, now: Profile) -> Iterator[Change]:
    every: dict[str, Column | Words] = {**now.columns, **now.words}
    for name, new in every.items():
        old = before.columns.get(name) or before.words.get(name)
        if old is not None and abs(new.missing - old.missing) >= _LEAST:
            size = abs(new.missing - old.missing)
            yield Change(what=f"{name} missing", before=f"{old.missing:.1%}", now=f"{new.missing:.1%}", size=size)


def _spoken(before: Profile, now: Profile) -> Iterator[Change]:
    """Shares of words; a word that is no longer among the most frequent is told as 0 %."""
    for name in {**before.words, **now.words}:
        old, new = before.words.get(name), now.words.get(name)
        if old is None or new is None:
            told = ("not there" if one is None else f"{len(one.shares):,} words" for one in (old, new))
            yield Change(what=name, before=next(told), now=next(told), size=1.0)
            continue
        for word in {**old.shares, **new.shares}:
            was, is_now = old.shares.get(word, 0.0), new.shares.get(word, 0.0)
            if abs(is_now - was) >= _LEAST:
                what = f"{name} = {word}"
                yield Change(what=what, before=f"{was:.1%}", now=f"{is_now:.1%}", size=abs(is_now - was))


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
    for name, one in _arrays(rows):
        yield from _columns(name, one)


def _arrays(rows: Rows) -> Iterator[tuple[str, Array]]:
    if isinstance(rows.X, np.ndarray):
        yield "X", rows.X
    elif isinstance(rows.X, tuple):
        yield from ((f"X[{place}]", one) for place, one in enumerate(rows.X))
    else:
        yield from ((str(name), one) for name, one in rows.X.items())


def _of_words(rows: Rows) -> Iterator[tuple[str, Words]]:
    """Columns of words, one for each row; texts, of which hardly two are alike, tell nothing that way."""
    for name, array in _arrays(rows):
        if array.dtype.kind not in "OUST" or array.size != len(array) or not array.size:
            continue
        values = [value for value in array.reshape(-1).tolist() if value is not None]
        counts = Counter(map(str, values))
        if len(counts) <= min(_COLUMNS, len(values) // 2):
            shares = {word[:_LONG]: count / len(array) for word, count in counts.most_common(_WORDS)}
            yield name, Words(shares=shares, missing=1 - len(values) / len(array))


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
    every = array.size if axis is None else len(array)
    return [
        Column(low=float(least), high=float(most), mean=float(all_ / number), missing=float(1 - number / every))
        if number
        else Column(low=0, high=0, mean=0, missing=1)
        for least, most, all_, number in found
    ]
