"""DataFrames as they are: for scikit-learn estimators, whose own preprocessing takes missing values and words."""

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


def _column(series: "pd.Series[Any]") -> Array:
    import pandas as pd  # half a second, only for tables

    missing = series.isna().to_numpy(dtype=bool)
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_complex_dtype(series.dtype):
        if missing.any():
            return series.to_numpy(dtype=np.float64, na_value=np.nan).reshape(-1, 1)
        return series.to_numpy(dtype=series.dtype.type if isinstance(series.dtype, np.dtype) else None).reshape(-1, 1)
    texts = series.astype(object).to_numpy()
    return np.array([None if gone else str(value) for value, gone in zip(texts, missing, strict=True)], dtype=object)
