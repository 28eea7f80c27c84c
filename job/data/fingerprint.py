"""A digest of a study's rows: equal for equal values, wherever they lie and however they are stored."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from job.data import frames
from job.data.rows import Array, Fold, Inputs, Rows

CHUNK = 1 << 24
"""Bytes hashed together: memory-mapped arrays are streamed."""
SHORT = 64
"""Bytes of a row of one array that are taken as they are where rows are compared one by one."""


def of(rows: Rows) -> str:
    """Returns the sha256 of X, y, groups and sample_weight: names, dtypes, shapes, values.

    The same whether an array is in memory or mapped, of either memory order or byte order; text is hashed as UTF-8, so
    that fixed-width and Python strings agree.
    """
    state = hashlib.sha256(b"tunejob rows 1\n")
    named = [
        *_inputs(rows.X),
        *_types(rows),
        *_targets(rows),
        ("groups", rows.groups),
        ("sample_weight", rows.sample_weight),
    ]
    state.update(_order(rows))
    for name, array in named:
        if array is None:
            continue
        state.update(f"{name!r} {_kind(array)} {array.shape}\n".encode())
        for chunk in _chunks(array):
            state.update(chunk)
    return state.hexdigest()


def of_folds(rows: Rows, folds: Sequence[Fold]) -> tuple[str, ...]:
    """Returns for each fold the sha256 of what its fits can see: its rows' numbers and content, and all classes.

    Equal for a fold whose rows keep their numbers, order and values while other rows are added or changed, as long as
    dtypes, the task and the classes stay. Groups are left out: they decide folds, which are here, and no fit.
    """
    states = [hashlib.sha256(b"tunejob fold 1\n") for _ in folds]
    told = f"{rows.task} {_labels(rows.classes)} {[(one.name, one.task, _labels(one.classes)) for one in rows.parts]}\n"
    for state, one in zip(states, folds, strict=True):
        state.update(told.encode("utf-8", "surrogatepass") + _order(rows))
        for numbers in (one.train, one.test):
            state.update(f"{len(numbers)}\n".encode())
            state.update(np.ascontiguousarray(numbers, dtype="<i8").data)
    for name, array in [*_inputs(rows.X), *_types(rows), *_targets(rows), ("sample_weight", rows.sample_weight)]:
        if array is None:
            continue
        header = f"{name!r} {_kind(array)} {array.shape[1:]}\n".encode()
        each = _by_row(array)
        for state, one in zip(states, folds, strict=True):
            state.update(header)
            for numbers in (one.train, one.test):
                state.update(np.ascontiguousarray(each[numbers]).reshape(-1).view(np.uint8).data)
    return tuple(state.hexdigest() for state in states)


def _order(rows: Rows) -> bytes:
    """A DataFrame's columns, as they are, where an estimator gets it so; a model's inputs are told by name."""
    if rows.frame is None:
        return b""
    return f"columns {frames.form(rows.frame)}\n".encode("utf-8", "surrogatepass")


def _types(rows: Rows) -> list[tuple[str, Array | None]]:
    """The types of objects in a DataFrame that an estimator gets as it is: ``X`` has their texts."""
    if rows.frame is None:
        return []
    return [(f"types of X.{name}", one) for name, one in frames.types(rows.frame).items()]


def _labels(classes: Array | None) -> list[Any] | None:
    return None if classes is None else classes.tolist()


def _by_row(array: Array) -> Array:
    """A short stand-in for each row, equal for equal values: the row itself where it is short, else a hash."""
    if array.dtype.kind not in "OUST" and array.itemsize * int(np.prod(array.shape[1:], dtype=np.int64)) <= SHORT:
        return np.asarray(array, dtype=array.dtype.newbyteorder("<"))
    found = np.empty((len(array), 16), np.uint8)
    for place in range(len(array)):
        state = hashlib.blake2b(digest_size=16)
        for chunk in _chunks(array[place : place + 1]):
            state.update(chunk)
        found[place] = np.frombuffer(state.digest(), np.uint8)
    return found


def _kind(array: Array) -> str:
    return "text" if array.dtype.kind in "OUST" else array.dtype.newbyteorder("<").str


def _inputs(X: Inputs) -> list[tuple[str, Array | None]]:
    if isinstance(X, np.ndarray):
        return [("X", X)]
    if isinstance(X, Mapping):
        return [(f"X.{name}", X[name]) for name in sorted(X)]
    return [(f"X[{place}]", one) for place, one in enumerate(X)]


def _targets(rows: Rows) -> list[tuple[str, Array | None]]:
    """As given: which form labels have, and which name a column, decides what a loss sees."""
    if len(rows.parts) == 1:
        return [("y", rows.parts[0].given)]
    names = [place if one.name is None else one.name for place, one in enumerate(rows.parts)]
    return [(f"y.{name}", one.given) for name, one in zip(names, rows.parts, strict=True)]


def _chunks(array: Array) -> Iterator[bytes | memoryview]:
    step = max(1, CHUNK // max(1, array.itemsize * int(np.prod(array.shape[1:], dtype=np.int64))))
    for begin in range(0, len(array), step):
        part = array[begin : begin + step]
        if array.dtype.kind in "OUST":
            yield from _text(part)
        else:
            yield np.ascontiguousarray(part, dtype=array.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data


def _text(part: Array) -> Iterator[bytes]:
    """Each text after its length, so that no two lists of texts give the same bytes."""
    for value in part.reshape(-1).tolist():
        data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        yield b"%d:" % len(data)
        yield data
