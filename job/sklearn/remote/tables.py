"""A DataFrame on its way to workers: Parquet, and beside it what that does not keep of columns of Python objects."""

import io
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from job.data.rows import Array
from job.sklearn.recipes import plain

FRAME = "table.parquet"
_OBJECTS, _HOLES, _JSON = "table.objects", "table.holes", "table.json"
_PLAIN = (str, bool, int, float)


def sent(X: Any) -> dict[str, Array]:
    """Return a table as arrays.

    Args:
        X: a DataFrame; its index stays here.

    Raises:
        ValueError: something of it does not travel; says what to do.
    """
    _check_names(list(X.columns))
    objects = [name for name in X.columns if X[name].dtype == object]
    holes = np.zeros((len(X), len(objects)), dtype=np.uint8)
    mixed, found = [], X.reset_index(drop=True)
    for place, name in enumerate(objects):
        values = [_own(one) for one in X[name].tolist()]
        holes[:, place] = [_hole(one) for one in values]
        values = [None if hole else one for one, hole in zip(values, holes[:, place], strict=True)]
        if _is_mixed(values):
            mixed.append(name)
            values = [None if one is None else json.dumps(one) for one in values]
        found[name] = _objects(values)
    return {
        FRAME: np.frombuffer(_parquet(found), dtype=np.uint8),
        _OBJECTS: np.array(objects, dtype=str),
        _HOLES: holes,
        _JSON: np.array(mixed, dtype=str),
    }


def arrived(found: Mapping[str, Array]) -> Any:
    """Return the table that was sent as these arrays."""
    import pandas as pd

    table = pd.read_parquet(io.BytesIO(found[FRAME].tobytes()), engine="pyarrow")
    kinds, mixed = (None, None, math.nan, pd.NA, pd.NaT), set(found[_JSON].tolist())
    for place, name in enumerate(found[_OBJECTS].tolist()):
        values = table[name].to_numpy(dtype=object, copy=True).tolist()
        both = zip(values, found[_HOLES][:, place].tolist(), strict=True)
        read = json.loads if name in mixed else lambda one: one
        column = _objects([kinds[hole] if hole else read(one) for one, hole in both])
        table[name] = pd.Series(column, dtype=object, index=table.index)
    return table


def _check_names(names: list[Any]) -> None:
    if strange := [name for name in names if not isinstance(name, str)]:
        raise ValueError(
            f"X has the column {strange[0]!r}; a table's columns have text for names: X.columns.astype(str)"
        )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(
            f"X has several columns named {twice[0]!r}; give each a name of its own to send it to workers."
        )


def _own(value: Any) -> Any:
    """NumPy's values as Python's or pandas's own: Python has no times as fine, and would make counts of them."""
    import pandas as pd

    if isinstance(value, np.datetime64):
        return pd.Timestamp(value)
    return pd.Timedelta(value) if isinstance(value, np.timedelta64) else plain(value)


def _hole(value: Any) -> int:
    """Which kind of nothing a value is; 0: it is something."""
    import pandas as pd

    if value is None or value is pd.NA or value is pd.NaT:
        return 1 if value is None else 3 if value is pd.NA else 4
    return 2 if isinstance(value, float) and math.isnan(value) else 0


def _is_mixed(values: list[Any]) -> bool:
    """Whether they are text and numbers, or numbers, of which Parquet would make others of one kind."""
    kinds = {type(one) for one in values if one is not None}
    return bool(kinds - {str}) and kinds <= set(_PLAIN)


def _objects(values: list[Any]) -> Array:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _parquet(table: Any) -> bytes:
    out = io.BytesIO()
    try:
        table.to_parquet(out, engine="pyarrow", index=False)
    except ImportError:
        raise ValueError(
            "a DataFrame travels as Parquet, which needs pyarrow: pip install 'tunejob[parquet]'"
        ) from None
    except (ValueError, TypeError, NotImplementedError) as error:
        raise ValueError(
            f"X can't be sent to workers: Parquet does not take it ({error}). Make its columns numbers, text, dates or "
            "categories, such as by X.astype({'COLUMN': str}). Without backend=…, the search trains in this process "
            "and takes it."
        ) from error
    return out.getvalue()
