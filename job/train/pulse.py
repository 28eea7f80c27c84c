"""The worker's pulse: training says that it moves, and when standing still is to be expected.

``work`` sets ``listener``; whoever trains calls ``beat`` now and then (every batch or epoch is fine: it is cheap)
and wraps tracing, compiling and downloading in ``excused``, during which silence is no stall.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

_EVERY = 2.0  # seconds between two beats that are passed on

# Of the process: whoever trains, however deep, beats for the one that watches it.
listener: Callable[[str], None] | None = None
_last = 0.0


def beat() -> None:
    """Says that training moves; passed on at most every two seconds."""
    global _last  # noqa: PLW0603  # one worker process has one pulse
    now = monotonic()
    if listener is not None and now - _last >= _EVERY:
        _last = now
        listener("beat")


@contextmanager
def excused(what: str) -> Iterator[None]:
    """While this lasts (``what``: tracing, compiling, downloading) silence is no stall; the next beat ends that."""
    global _last  # noqa: PLW0603
    if listener is not None:
        listener(f"excused {what}")
        _last = 0.0  # that beat is passed on, or silence would stay excused
    try:
        yield
    finally:
        if listener is not None:
            listener("beat")
