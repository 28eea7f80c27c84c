"""When a process has grown so much by tracing models that a fresh one is the cheaper way to go on."""

import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

_SETTLED = 30  # fits after which a process holds what it needs
_GROWTH = 80 * 1024 * 1024  # bytes since then
_MOST = 0.4  # of what it held after its first group; starting afresh costs more than that much memory
_MODELS = 20  # traced, where memory can't be read


@dataclass
class _Seen:
    """What the process has done and held: it has one memory.

    Attributes:
        fits: trained so far.
        first: bytes after the first group.
        settled: bytes after as many fits as it takes to settle.
    """

    fits: int = 0
    first: int | None = None
    settled: int | None = None


_seen = _Seen()
"""Of the process, as its memory is."""


def should_retire(fits: int, traced: int) -> bool:
    """Says whether the process should be replaced by a fresh one before its next group.

    To be asked after each group. Each new shape leaves something behind that TensorFlow never gives back: the models
    that ``fit`` traces, and, on CPUs, the code that oneDNN generates for each size of a matrix product.

    Args:
        fits: how many the group had.
        traced: how many models Keras has traced in this process.
    """
    size = resident()
    if size is None:
        return traced >= _MODELS
    _seen.fits += fits
    if _seen.first is None:
        _seen.first = size
    if _seen.settled is None and _seen.fits >= _SETTLED:
        _seen.settled = size
    grown = _seen.settled is not None and size - _seen.settled > _GROWTH
    return grown or size - _seen.first > _MOST * _seen.first


def resident() -> int | None:
    """Returns this process's resident memory in bytes; None where the system does not tell (it does on Linux)."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def peak_megabytes() -> int:
    """Returns the most memory this process ever held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most >> (20 if sys.platform == "darwin" else 10)  # macOS counts bytes, Linux kilobytes
