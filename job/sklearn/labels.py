"""A classifier's y as an array of booleans, numbers or text: holes, mixtures and lists never become classes."""

from typing import Any

import numpy as np
from sklearn.utils.multiclass import type_of_target

from job.data import missing
from job.data.rows import Array

_SEVERAL = (
    "y holds {kind} in each row, such as {value!r}; for several labels a row allowed is a matrix of zeros and ones, "
    "with a column for each label: MultiLabelBinarizer().fit_transform(y). For one label a row, give y as (n,)."
)
_COLLECTIONS = (list, tuple, set, frozenset, np.ndarray)


def read(y: Any) -> Array:
    """Labels as they are, of Python objects as text or numbers.

    Raises:
        ValueError: some are missing, of several kinds, or lists of labels; or objects that scikit-learn's metrics can't
            read either, so that no prediction could be scored.
    """
    found = _listed(y) if isinstance(y, list | tuple) else np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y)
    if found.dtype.kind != "O" or found.ndim == 0:  # of no rows, such as a sparse matrix
        return found
    values = found.ravel().tolist()
    _refuse(values, found)
    if not all(isinstance(one, str) for one in values) and type_of_target(y) == "unknown":
        kind = type(values[0])
        said = f"y.astype({kind.__name__})" if kind in (bool, int, float) else "text or numbers"
        raise ValueError(
            f"Unknown label type: unknown. y holds {kind.__name__} as Python objects (dtype object), which no metric "
            f"of scikit-learn reads, so that no prediction could be scored; give {said}."
        )
    return np.array(values).reshape(found.shape)


def without(known: Any, more: Any) -> list[Any]:
    """Labels in (n,) ``more`` that ``known`` lacks, sorted."""
    found = set(np.unique(more).tolist()) - set(np.unique(known).tolist())
    return sorted(found, key=lambda one: (str(type(one)), one))


def _listed(y: Any) -> Array:
    """A list as an array; as objects where NumPy would make text of what is none, such as NaN."""
    try:
        found = np.asarray(y)
    except ValueError:  # lists of several lengths
        found = _objects(y)
    is_text = found.dtype.kind == "U" and found.ndim == 1
    return _objects(y) if is_text and not all(isinstance(one, str) for one in y) else found


def _objects(y: Any) -> Array:
    found = np.empty(len(y), dtype=object)
    found[:] = y
    return found


def _refuse(values: list[Any], found: Array) -> None:
    """Refuses objects that are no labels."""
    columns = found.size // max(1, len(found))
    for place, value in enumerate(values):
        if missing.is_hole(value):
            raise ValueError(
                f"Input y contains NaN: {value} in row {place // columns} (rows count from 0, of those that this fit "
                "was given). Leave rows without a label out, or give them a label of their own."
            )
        if isinstance(value, _COLLECTIONS):
            said = _SEVERAL.format(kind=f"a {type(value).__name__}", value=value)
            raise ValueError(said)  # noqa: TRY004  # as scikit-learn refuses y
    kinds = {str if isinstance(one, str) else type(one) for one in values}
    if str in kinds and len(kinds) > 1:
        names = ", ".join(sorted(one.__name__ for one in kinds))
        raise ValueError(f"y mixes {names}; allowed are labels of one kind: all text, or all numbers.")
