"""DataFrames as they are: for scikit-learn estimators, whose own preprocessing takes missing values and words."""

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from job.data.rows import Array
from job.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def columns(frame: "pd.DataFrame", where: str) -> dict[str, Array]:
    """Returns a table's columns by name, to be fingerprinted and described: what is missing stays missing.

    Returns:
        (n, 1) booleans, integers and floats (NaN where one is missing); (n,) Python strings for all else, and None
        where one is missing.

    Raises:
        DataError: two columns have one name.
    """
    names = [str(name) for name in frame.columns]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"{where}: columns of one name: {', '.join(twice)}; give each its own.")
    return {name: _column(frame.iloc[:, place]) for place, name in enumerate(names)}


def form(frame: "pd.DataFrame") -> list[tuple[Any, str]]:
    """Returns each column's name and dtype, in their order: of a categorical one its categories, in theirs, too."""
    return [(name, _dtype(one)) for name, one in zip(frame.columns.tolist(), frame.dtypes, strict=True)]


def _dtype(dtype: Any) -> str:
    categories = getattr(dtype, "categories", None)
    if categories is None:
        return str(dtype)
    return f"{dtype} {'ordered' if dtype.ordered else 'unordered'} {categories.dtype} {categories.tolist()}"


def types(frame: "pd.DataFrame") -> dict[str, Array]:
    """Returns for columns of Python's objects, by name, a number of each value's type: (n,) uint64.

    Their texts alone don't tell ``1`` from ``"1"``, nor what is missing from ``"None"``.
    """
    objects = [place for place, one in enumerate(frame.dtypes) if one == object]  # noqa: E721  # a NumPy dtype
    return {str(frame.columns[place]): _types(frame.iloc[:, place]) for place in objects}


def _types(series: "pd.Series[Any]") -> Array:
    known: dict[type, int] = {}
    found = np.empty(len(series), np.uint64)
    for row, value in enumerate(series.to_numpy()):
        kind = type(value)
        if kind not in known:
            name = f"{kind.__module__}.{kind.__qualname__}".encode()
            known[kind] = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "little")
        found[row] = known[kind]
    return found


def _column(series: "pd.Series[Any]") -> Array:
    import pandas as pd  # half a second, only for tables

    missing = series.isna().to_numpy(dtype=bool)
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_complex_dtype(series.dtype):
        if missing.any():
            return series.to_numpy(dtype=np.float64, na_value=np.nan).reshape(-1, 1)
        return series.to_numpy(dtype=series.dtype.type if isinstance(series.dtype, np.dtype) else None).reshape(-1, 1)
    texts = series.astype(object).to_numpy()
    return np.array([None if gone else str(value) for value, gone in zip(texts, missing, strict=True)], dtype=object)
