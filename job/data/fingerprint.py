"""A digest of a study's rows: equal for equal values, wherever they lie and however they are stored."""

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np

from job.data.rows import Array, Inputs, Rows

CHUNK = 1 << 24
"""Bytes hashed together: memory-mapped arrays are streamed."""


def of(rows: Rows) -> str:
    """Returns the sha256 of X, y, groups and sample_weight: names, dtypes, shapes, values.

    The same whether an array is in memory or mapped, of either memory order or byte order; text is hashed as UTF-8, so
    that fixed-width and Python strings agree.
    """
    state = hashlib.sha256(b"tunejob rows 1\n")
    named = [*_inputs(rows.X), *_targets(rows), ("groups", rows.groups), ("sample_weight", rows.sample_weight)]
    for name, array in named:
        if array is None:
            continue
        kind = "text" if array.dtype.kind in "OUST" else array.dtype.newbyteorder("<").str
        state.update(f"{name!r} {kind} {array.shape}\n".encode())
        for chunk in _chunks(array):
            state.update(chunk)
    return state.hexdigest()


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
