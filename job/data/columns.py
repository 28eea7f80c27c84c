"""Tables to inputs: columns keep their kind, numbers of one kind form one matrix; with words X is a dict of columns."""

import sys
from collections.abc import Callable, Mapping
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from job.data.missing import holes
from job.data.rows import Array, Inputs
from job.errors import DataError
from job.study.mistakes import shown

if TYPE_CHECKING:
    import pandas as pd

_TOLD = 5

FirstLine = Callable[[], int | None]
"""Asked only where something is amiss, as it may have to read a file; None where rows have no lines to be told by."""


def _no_lines() -> None:
    """Rows of no file."""


def is_frame(value: Any) -> bool:
    """Says whether a value is a pandas DataFrame; pandas is not imported for it."""
    return "pandas" in sys.modules and isinstance(value, sys.modules["pandas"].DataFrame)


def is_series(value: Any) -> bool:
    """Says whether a value is a pandas Series."""
    return "pandas" in sys.modules and isinstance(value, sys.modules["pandas"].Series)


def inputs(frame: "pd.DataFrame", where: str, *, first_line: FirstLine = _no_lines) -> Inputs:
    """Returns a table's columns as inputs.

    Returns:
        Numbers alone: a matrix (n, columns), int64 where all are integers, or integers and booleans; bool where all are
        booleans; float32 otherwise, if every integer is exact in it. With any text: a dict by the columns' names,
        numbers (n, 1) of their own kind, as ``Input(shape=(1,), name=...)`` takes them, and (n,) Python strings for
        text and categories, the one form of text in NumPy that Keras takes for ``Input(shape=(1,), dtype="string",
        name=...)``.

    Args:
        frame: n rows.
        where: names the table in messages.
        first_line: in a file, the line of the first row, where each row is one line.
    """
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{where}: columns of one name: {', '.join(twice)}; give each its own.")
    refuse_holes(frame, where, first_line=first_line)
    found = {name: column(frame.iloc[:, place], name, where) for place, name in enumerate(names)}
    if any(one.dtype.kind == "O" for one in found.values()):
        return {name: one if one.dtype.kind == "O" else one.reshape(-1, 1) for name, one in found.items()}
    return _matrix(found, where)


def _matrix(found: Mapping[str, Array], where: str) -> Array:
    """Numbers side by side, in the one kind that holds them all exactly.

    Raises:
        DataError: there are floats, and integers that float32 would round.
    """
    kinds = {one.dtype for one in found.values()}
    floats = any(kind.kind == "f" for kind in kinds)
    dtype = np.dtype(np.float32 if floats else bool if kinds == {np.dtype(bool)} else np.int64)
    matrix = np.empty((len(next(iter(found.values()))), len(found)), dtype=dtype)
    for place, (name, one) in enumerate(found.items()):
        matrix[:, place] = one
        if floats and one.dtype.kind == "i":
            _refuse_rounded(one, matrix[:, place], name, found, where)
    return matrix


def _refuse_rounded(column: Array, rounded: Array, name: str, all_: Mapping[str, Array], where: str) -> None:
    with np.errstate(invalid="ignore"):  # what is rounded out of int64 differs too
        wrong = np.flatnonzero(rounded.astype(np.int64) != column)
    if not len(wrong):
        return
    others = [other for other, one in all_.items() if one.dtype.kind == "f"]
    raise DataError(
        f"{where}: column {name!r} is of integers such as {column[wrong[0]]}, which float32 would round to "
        f"{rounded[wrong[0]]:.0f}, and {others[0]!r} is of floats; one matrix cannot hold both. Keep both as a dict of "
        f"inputs, from a loader of your own: X = {{{name!r}: frame[[{name!r}]].to_numpy(), 'numbers': "
        f"frame[[{others[0]!r}]].to_numpy()}}, for keras.Input((1,), dtype='int64', name={name!r}) and "
        f"keras.Input((1,), name='numbers'); or make words of it: frame[{name!r}] = frame[{name!r}].astype(str)."
    )


def column(series: "pd.Series[Any]", name: str, where: str) -> Array:
    """Returns one column: (n,) bool, int64 or float32 for numbers, (n,) Python strings for text and categories."""
    import pandas as pd  # half a second, only for tables

    types = pd.api.types
    if types.is_bool_dtype(series.dtype):
        return series.to_numpy(dtype=np.bool_)
    if types.is_integer_dtype(series.dtype):
        return _integers(series, name, where)
    if types.is_float_dtype(series.dtype):
        return series.to_numpy(dtype=np.float32)
    if isinstance(series.dtype, pd.CategoricalDtype) or types.is_string_dtype(series):
        return series.astype(str).to_numpy(dtype=object)
    if types.is_object_dtype(series) and all(isinstance(value, str) for value in series):
        return series.to_numpy(dtype=object)
    if types.is_object_dtype(series) and all(isinstance(value, Number) for value in series):
        raise DataError(
            f"{where}: column {name!r} holds numbers as Python objects (dtype object), such as {series.iloc[0]!r}; "
            f"give it a dtype of its own: frame[{name!r}] = frame[{name!r}].astype(float), or of all such columns: "
            "frame = frame.infer_objects()"
        )
    raise DataError(
        f"{where}: column {name!r} has dtype {series.dtype}, such as {shown(series.iloc[0])}; allowed are numbers, "
        "booleans, text and categories. Turn dates into numbers, and mixed columns into text."
    )


def _integers(series: "pd.Series[Any]", name: str, where: str) -> Array:
    largest = int(series.max()) if len(series) else 0
    if largest > np.iinfo(np.int64).max:
        raise DataError(
            f"{where}: column {name!r} has {largest}, more than int64 holds, which integers of a table are; make words "
            f"of it, frame[{name!r}] = frame[{name!r}].astype(str), or a smaller number."
        )
    return series.to_numpy(dtype=np.int64)


def refuse_holes(frame: "pd.DataFrame", where: str, *, first_line: FirstLine = _no_lines) -> None:
    """Refuses missing values and infinities, by row and column.

    Raises:
        DataError: names the first five, and counts the others.
    """
    missing = {place: _holes(frame.iloc[:, place]) for place in range(frame.shape[1])}
    count = sum(len(rows) for rows in missing.values())
    if not count:
        return
    first = sorted((int(row), place) for place, rows in missing.items() for row in rows[:_TOLD])[:_TOLD]
    line = first_line()
    told = [_told(frame, row, place, line) for row, place in first]
    raise DataError(holes(where, told, count))


def _holes(series: "pd.Series[Any]") -> Array:
    bad = series.isna().to_numpy(dtype=bool)
    if series.dtype.kind == "f":
        bad = bad | ~np.isfinite(series.to_numpy(dtype=np.float64, na_value=np.nan))
    return np.flatnonzero(bad)


def _told(frame: "pd.DataFrame", row: int, place: int, first_line: int | None) -> str:
    line = "" if first_line is None else f" (line {first_line + row})"
    return f"row {row}{line}, column {str(frame.columns[place])!r}"
