"""Rows that lie in a file, memory-mapped: used where they lie, so that all workers of a machine hold them once."""

import mmap
from typing import Any

import numpy as np
import tensorflow as tf

from job.data.rows import Array

_ALIGNED = 64  # bytes: TensorFlow ends the process over rows that begin elsewhere


def tensor(rows: Array) -> Any:
    """Numbers as a tensor that is the file's own pages; None where they lie in no file, or the device is a GPU."""
    source = _source(rows)
    if source is None or source.filename is None or tf.config.list_physical_devices("GPU"):
        return None
    try:
        # TensorFlow takes nothing read-only; what is written into pages mapped so is this process's own, and nothing is
        again = np.memmap(source.filename, rows.dtype, "c", source.offset, rows.shape)
        if again.ctypes.data % _ALIGNED:
            return None
        return tf.experimental.dlpack.from_dlpack(again.__dlpack__())
    except (OSError, BufferError, tf.errors.InvalidArgumentError):  # the file is gone
        return None


def _source(rows: Array) -> "np.memmap[Any, Any] | None":
    """The whole of a file's rows that an array shows as they are; None of any other array."""
    found: Any = rows
    while isinstance(found, np.ndarray) and not isinstance(found.base, mmap.mmap):
        found = found.base
    if not isinstance(found, np.memmap) or rows.dtype.kind not in "fiu":
        return None
    return found if _is_whole(rows, found) else None


def _is_whole(rows: Array, found: "np.memmap[Any, Any]") -> bool:
    if found.mode == "c":
        return False  # what was changed in memory is not in the file
    same = rows.shape == found.shape and rows.dtype == found.dtype and rows.dtype.isnative
    return same and rows.flags.c_contiguous and rows.ctypes.data == found.ctypes.data
