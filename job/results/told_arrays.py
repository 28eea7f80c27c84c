"""Arrays, and beside them what is told of them as JSON, in one object of the store."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from job.data.rows import Array
from job.study import formats

FAULTS = (ValueError, KeyError, TypeError, IndexError, OSError, EOFError, zipfile.BadZipFile)
"""What reading an object raises that is none of these, or cut off."""


def dump(told: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """Return both as an object, which has the format's number."""
    text = np.frombuffer(json.dumps({"format": formats.FORMAT, **told}).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, told=text, **arrays)
    return buffer.getvalue()


def load(data: bytes, where: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return what ``dump`` was given.

    Raises:
        UsageError: a newer tunejob wrote it.
        Exception: one of ``FAULTS``.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        arrays = dict(archive)
    told = json.loads(arrays.pop("told").tobytes())
    formats.refuse_newer(told, where)
    return told, arrays
