"""Where coverage is not measured: measuring makes training slower by half."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import coverage

PROCESSES = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")
"""Variables that have processes that are started measured too."""
ONCE = ("cli/test_init.py", "docs/", "examples/", "sklearn/", "train/")
"""Tests that train, whose further parameters cover little that the first does not."""
EACH = ("train/patches/",)
"""Those of them whose parameters each have a rule of their own."""


@contextmanager
def unmeasured() -> Iterator[None]:
    """Neither this process is measured meanwhile, nor those that are started."""
    measuring = coverage.Coverage.current()
    kept = {name: os.environ.pop(name) for name in PROCESSES if name in os.environ}
    if measuring is not None:
        measuring.stop()
    try:
        yield
    finally:
        if measuring is not None:
            measuring.start()
        os.environ |= kept


class Seen:
    """Which tests have run with one of their parameters."""

    def __init__(self) -> None:
        self._functions: set[str] = set()

    def again(self, place: str) -> bool:
        """Whether a test (``file::name[parameters]``) is one of ``ONCE`` that has run with other parameters."""
        function, _, parameters = place.partition("[")
        if not parameters or not place.startswith(ONCE) or place.startswith(EACH):
            return False
        seen = function in self._functions
        self._functions.add(function)
        return seen
