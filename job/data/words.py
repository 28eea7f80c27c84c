"""Text in arrays: byte strings as Python's own, by UTF-8."""

from typing import Any

import numpy as np

from job.data.rows import Array
from job.errors import DataError


def decoded(value: bytes, row: int, name: str, where: str, *, whole: bool) -> str:
    """One text of an array, which comes as bytes.

    Args:
        value: the bytes.
        row: names its place in messages, from 0.
        name: of the array.
        where: names the data.
        whole: whether the array is of NumPy's bytes, and not of Python objects.

    Raises:
        DataError: it is no UTF-8; names the row, and a line that decodes all.
    """
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        line = f'np.char.decode({name}, "latin-1")' if whole else f'[one.decode("latin-1") for one in {name}]'
        raise DataError(
            f"{where}: {name} has bytes in row {row} that are no UTF-8 text: {value[:40]!r} (rows count from 0). "
            f"Decode them by the encoding that they are in, such as {name} = {line}"
        ) from None


def strings(array: Array, name: str, where: str) -> Array:
    """NumPy's own text of any kind, bytes by UTF-8, as its strings.

    Raises:
        DataError: bytes are no UTF-8.
    """
    if array.dtype.kind != "S":
        return array.astype(str)
    try:
        found: Any = np.char.decode(array, "utf-8")
    except UnicodeDecodeError:
        for at, value in np.ndenumerate(array):
            decoded(bytes(value), at[0], name, where, whole=True)
        raise
    return np.asarray(found)
