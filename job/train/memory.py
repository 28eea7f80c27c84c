"""When a process has grown so much by tracing models that a fresh one is the cheaper way to go on."""

import os
import resource
import sys
from pathlib import Path

from job.train import by_fit

_GROWTH = 0.4  # of what the process needs; starting afresh costs more than that much memory
_MODELS = 20  # traced, where memory can't be read

_first: int | None = None


def should_retire() -> bool:
    """Says whether the process should be replaced by a fresh one before its next group.

    To be asked after each group: what the process holds after the first is what it needs; what comes on top of
    that with new models is, by and large, what TensorFlow never gives back.
    """
    global _first  # noqa: PLW0603  # a process has one memory
    size = resident()
    if size is None:
        return by_fit.models_built() >= _MODELS
    if _first is None:
        _first = size
    return size > _first * (1 + _GROWTH)


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
