"""Tables to inputs: numeric columns form one float32 matrix; with any text column X is a dict of columns."""

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from job.data.missing import holes
from job.data.rows import Array, Inputs
from job.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_TOLD = 5


def is_frame(value: Any) -> bool:
    """Says whether a value is a pandas DataFrame; pandas is not imported for it."""
    return "pandas" in sys.modules and isinstance(value, sys.modules["pandas"].DataFrame)


def is_series(value: Any) -> bool:
    """Says whether a value is a pandas Series."""
    return "pandas" in sys.modules and isinstance(value, sys.modules["pandas"].Series)


def inputs(frame: "pd.DataFrame", where: str, *, lines: bool = False) -> Inputs:
    """Returns a table's columns as inputs.

    Returns:
        All numeric (booleans too): a float32 matrix (n, columns). Otherwise a dict by the columns' names, with float32
        (n, 1) for numbers, as ``Input(shape=(1,), name=...)`` takes them, and (n,) Python strings for text and
        categories, the one form of text in NumPy that Keras takes for ``Input(shape=(1,), dtype="string", name=...)``.

    Args:
        frame: n rows.
        where: names the table in messages.
        lines: whether rows are also told by their line in a file under one line of header.
    """
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{where}: columns of one name: {', '.join(twice)}; give each its own.")
    refuse_holes(frame, where, lines=lines)
    found = {name: column(frame.iloc[:, place], name, where) for place, name in enumerate(names)}
    if any(one.dtype.kind == "O" for one in found.values()):
        return {name: one if one.dtype.kind == "O" else one.reshape(-1, 1) for name, one in found.items()}
    matrix = np.empty((len(frame), len(names)), dtype=np.float32)
    for place, one in enumerate(found.values()):
        matrix[:, place] = one
    return matrix


def column(series: "pd.Series[Any]", name: str, where: str) -> Array:
    """Returns one column: (n,) float32 for numbers and booleans, (n,) Python strings for text and categories."""
    import pandas as pd  # half a second, only for tables

    types = pd.api.types
    if types.is_bool_dtype(series) or (types.is_numeric_dtype(series) and not types.is_complex_dtype(series)):
        return series.to_numpy(dtype=np.float32)
    if isinstance(series.dtype, pd.CategoricalDtype) or types.is_string_dtype(series):
        return series.astype(str).to_numpy(dtype=object)
    if types.is_object_dtype(series) and all(isinstance(value, str) for value in series):
        return series.to_numpy(dtype=object)
    raise DataError(
        f"{where}: column {name!r} has dtype {series.dtype}, such as {series.iloc[0]!r}; allowed are numbers, "
        "booleans, text and categories. Turn dates into numbers, and mixed columns into text."
    )


def refuse_holes(frame: "pd.DataFrame", where: str, *, lines: bool = False) -> None:
    """Refuses missing values and infinities, by row and column.

    Raises:
        DataError: names the first five, and counts the others.
    """
    missing = {place: _holes(frame.iloc[:, place]) for place in range(frame.shape[1])}
    count = sum(len(rows) for rows in missing.values())
    if not count:
        return
    first = sorted((int(row), place) for place, rows in missing.items() for row in rows[:_TOLD])[:_TOLD]
    told = [_told(frame, row, place, lines=lines) for row, place in first]
    raise DataError(holes(where, told, count))


def _holes(series: "pd.Series[Any]") -> Array:
    bad = series.isna().to_numpy(dtype=bool)
    if series.dtype.kind == "f":
        bad = bad | ~np.isfinite(series.to_numpy(dtype=np.float64, na_value=np.nan))
    return np.flatnonzero(bad)


def _told(frame: "pd.DataFrame", row: int, place: int, *, lines: bool) -> str:
    line = f" (line {row + 2})" if lines else ""
    return f"row {row}{line}, column {str(frame.columns[place])!r}"
