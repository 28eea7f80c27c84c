"""Rows that are lists, of several lengths or of labels: told with what makes an array of them."""

from typing import Any

import numpy as np

from job.data.rows import Array

COLLECTIONS = (list, tuple, set, frozenset, np.ndarray)
"""What a row of an array of Python objects is, where it holds more than one value."""

BINARIZED = (
    "for several labels a row allowed is a matrix of zeros and ones, with a column for each label: "
    "y = MultiLabelBinarizer().fit_transform(y) (of sklearn.preprocessing)"
)
"""What to do about lists of labels."""


def array(value: Any) -> Array:
    """What NumPy makes of a value; of lists of several lengths an array of Python objects, with one in each row."""
    try:
        return np.asarray(value)
    except ValueError:
        found: Array = np.empty(len(value), dtype=object)
        for row, one in enumerate(value):
            found[row] = one
        return found


def is_ragged(value: Any) -> bool:
    """Says whether a list or an array of Python objects holds rows of several lengths."""
    if not isinstance(value, list | tuple | np.ndarray) or not len(value):
        return False
    found = array(value)
    return found.dtype.kind == "O" and isinstance(found.flat[0], COLLECTIONS)


def of(values: Any) -> str:
    """What the first of many rows is, in a word."""
    return "an array" if isinstance(values, np.ndarray) else f"a {type(values).__name__}"


def remedy(rows: Any, name: str) -> str:
    """The line that makes one array of rows such as these."""
    first = rows[0]
    if len({_shape(row) for row in rows}) == 1:
        return f"make one array of them: {name} = np.stack(list({name}))"
    if isinstance(first, np.ndarray) and first.ndim > 1:
        return f"bring them to one shape, then {name} = np.stack(list({name}))"
    if any(isinstance(one, str) for row in rows[:1] for one in row):
        return f'make one text of each: {name} = np.array([" ".join(words) for words in {name}])'
    return f"bring them to one length: {name} = keras.utils.pad_sequences({name})"


def _shape(row: Any) -> tuple[int, ...]:
    return array(row).shape if isinstance(row, COLLECTIONS) else ()
