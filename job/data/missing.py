"""Values that are missing, refused by row and column: no model trains on a hole."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from job.data.rows import Array
from job.errors import DataError

CHUNK = 1 << 22
"""Values looked at together: bounds memory on memory-mapped arrays."""
MASKED = "{name} is a masked array; fill its holes: {name} = {name}.filled(value)"
"""The sentence that refuses one."""
_TOLD = 5


def refuse_holes(array: Array, name: str, where: str) -> None:
    """Refuses NaN and infinities in floats of any shape; rows count from 0.

    Raises:
        DataError: names the first five by row and column, and counts the others where they can be counted cheaply.
    """
    if array.dtype.kind != "f" or not array.size:
        return
    step = max(1, CHUNK // max(1, array[0].size))
    for begin in range(0, len(array), step):
        part = np.asarray(array[begin : begin + step])
        bad = np.argwhere(~np.isfinite(part))
        if len(bad):
            places = [_place(part[tuple(at)], (at[0] + begin, *at[1:])) for at in bad[:_TOLD]]
            raise DataError(holes(f"{where}: {name}", places, len(bad)))


def refuse_masked(array: Any, name: str, where: str) -> None:
    """Refuses a masked array, which NumPy would otherwise take with whatever lies under its mask.

    Raises:
        DataError: it is one; says how to fill it.
    """
    if np.ma.isMaskedArray(array):
        raise DataError(f"{where}: {MASKED.format(name=name)}")


def is_hole(value: Any) -> bool:
    """Whether one of many Python objects stands for none: None, NaN, or pandas' own NA and NaT."""
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    return value is None or type(value).__name__ in ("NAType", "NaTType")  # pandas is not imported for them


def holes(what: str, places: Sequence[str], count: int) -> str:
    """The sentence that refuses holes."""
    more = f" and {count - len(places)} more" if count > len(places) else ""
    return (
        f"{what} has values that are missing or infinite: {'; '.join(places)}{more} (rows count from 0). "
        "Leave these rows out, fill the values in, or put a number in their place that the model knows to be missing."
    )


def _place(value: float, at: tuple[int, ...]) -> str:
    row, rest = at[0], at[1:]
    column = f", column {rest[0]}" if len(rest) == 1 else f", at {tuple(map(int, rest))}" if rest else ""
    return f"{value} in row {row}{column}"
