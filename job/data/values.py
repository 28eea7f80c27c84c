"""One array of targets from whatever holds it: as booleans, numbers or text."""

from decimal import Decimal
from typing import Any

import numpy as np

from job.data import missing, ragged, words
from job.data.given import kind
from job.data.rows import Array
from job.errors import DataError
from job.study.mistakes import shown


def read(y: Any, where: str) -> Array:
    """Returns y as booleans, integers, floats or text, of any shape, without holes.

    Raises:
        DataError: it is masked, has holes, or is of something else; says what to do.
    """
    missing.refuse_masked(y, "y", where)
    array = ragged.array(y.to_numpy() if hasattr(y, "to_numpy") else y)
    if array.ndim == 0:
        raise DataError(
            f"{where}: y is a {kind(y)}; needed is an array (n,) or (n, k): a label or amount for each row."
        )
    if not array.size:
        raise DataError(f"{where}: y has shape {array.shape}; allowed are (n,) and (n, k), with at least one row.")
    if array.dtype.kind == "O":
        array = _objects(array, where)
    if array.dtype.kind in "ST":
        array = words.strings(array, "y", where)
    if array.dtype.kind not in "biufU":
        raise DataError(f"{where}: y has dtype {array.dtype}; allowed are booleans, integers, floats and text.")
    missing.refuse_holes(array, "y", where)
    return array


def _objects(array: Array, where: str) -> Array:
    """An array of Python objects of one kind, as numbers or text."""
    width = array.size // len(array)
    flat = [_plain(value, place // width, where) for place, value in enumerate(array.ravel().tolist())]
    for place, value in enumerate(flat):
        if missing.is_hole(value):
            raise DataError(missing.holes(f"{where}: y", [f"{value} in row {place // width}"], 1))
    found = {type(value) for value in flat}
    if found <= {str} or found <= {bool} or found <= {int} or found <= {int, float}:
        return np.array(flat).reshape(array.shape)
    names = ", ".join(sorted(one.__name__ for one in found))
    holds = f"mixes {names}" if len(found) > 1 else f"holds {names} as Python objects, such as {shown(flat[0])}"
    raise DataError(f"{where}: y {holds}; allowed are labels of one kind, text or whole numbers, or amounts.")


def _plain(value: Any, row: int, where: str) -> Any:
    """One object: NumPy's and ``Decimal`` as Python's own, bytes as text.

    Raises:
        DataError: it is several labels, or bytes that are no text.
    """
    if isinstance(value, ragged.COLLECTIONS):
        raise DataError(
            f"{where}: y holds {ragged.of(value)} in row {row}, such as {shown(value)}; {ragged.BINARIZED}. For a "
            "label for each step, bring rows to one length: y = keras.utils.pad_sequences(y)"
        )
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        return words.decoded(value, row, "y", where, whole=False)
    return float(value) if isinstance(value, Decimal) else value
