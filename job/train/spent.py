"""Seconds this process has spent tracing, compiling and stepping, for the worker's log."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Literal

What = Literal["tracing", "compiling", "stepping"]

_seconds: defaultdict[str, float] = defaultdict(float)


def add(what: What, seconds: float) -> None:
    """Counts seconds; from any thread: compiling goes on beside stepping."""
    _seconds[what] += seconds


@contextmanager
def on(what: What) -> Iterator[None]:
    """Counts the seconds this lasts."""
    began = perf_counter()
    try:
        yield
    finally:
        add(what, perf_counter() - began)


def taken() -> dict[str, float]:
    """Seconds of each kind since this was called last, to the millisecond."""
    found = {f"{what}_seconds": round(seconds, 3) for what, seconds in sorted(_seconds.items())}
    _seconds.clear()
    return found
