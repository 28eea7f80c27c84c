"""Seconds this process has spent tracing, compiling and stepping, for the worker's log and for results."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Literal

What = Literal["tracing", "compiling", "waiting", "stepping", "proving"]
"""Waiting is for compiling: it goes on in a thread beside, and may take longer than the steps meanwhile."""

_seconds: defaultdict[str, float] = defaultdict(float)
_counts: list[defaultdict[str, float]] = []
_under_way: set[str] = set()
"""Of the process, whose seconds they are: tracing and compiling happen where no value could be handed down to."""


def add(what: What, seconds: float) -> None:
    """Counts seconds; from any thread: compiling goes on beside stepping."""
    for one in (_seconds, *_counts):
        one[what] += seconds


@contextmanager
def on(what: What) -> Iterator[None]:
    """Counts the seconds this lasts; those of the same kind inside are not counted again."""
    if what in _under_way:
        yield
        return
    _under_way.add(what)
    began = perf_counter()
    try:
        yield
    finally:
        _under_way.remove(what)
        add(what, perf_counter() - began)


@contextmanager
def on_proving() -> Iterator[None]:
    """Counts the seconds of holding programs against models of their own, without those of tracing inside."""
    began = perf_counter()
    with counted() as inside:
        try:
            yield
        finally:
            add("proving", perf_counter() - began - inside["tracing"])


@contextmanager
def counted() -> Iterator[Mapping[str, float]]:
    """Counts the seconds of each kind that are spent inside; they can be read at any time."""
    found: defaultdict[str, float] = defaultdict(float)
    _counts.append(found)
    try:
        yield found
    finally:
        _counts[:] = [one for one in _counts if one is not found]


def taken() -> dict[str, float]:
    """Seconds of each kind since this was called last, to the millisecond."""
    found = {f"{what}_seconds": round(seconds, 3) for what, seconds in sorted(_seconds.items())}
    _seconds.clear()
    return found
