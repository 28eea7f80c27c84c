"""Where coverage is not measured: measuring makes training slower by half."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import coverage

PROCESSES = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")
"""Variables that have processes that are started measured too."""
ONCE = ("cli/test_init.py", "docs/", "examples/", "sklearn/", "train/")
"""Tests that train, whose further parameters cover little that the first does not."""
EACH = ("train/patches/",)
"""Those of them whose parameters each have a rule of their own."""
SHARE = 4
"""Of so many tests of a file, one has the processes measured that it starts: its first, and each so manieth after."""


@contextmanager
def unmeasured() -> Iterator[None]:
    """Neither this process is measured meanwhile, nor those that are started."""
    measuring = coverage.Coverage.current()
    if measuring is not None:
        measuring.stop()
    try:
        with alone():
            yield
    finally:
        if measuring is not None:
            measuring.start()


@contextmanager
def alone() -> Iterator[None]:
    """Processes that are started are not measured meanwhile; this one is, as before."""
    kept = {name: os.environ.pop(name) for name in PROCESSES if name in os.environ}
    try:
        yield
    finally:
        os.environ |= kept


class Seen:
    """Which tests have run with one of their parameters, and how many of each file."""

    def __init__(self) -> None:
        self._functions: set[str] = set()
        self._tests: Counter[str] = Counter()

    def how(self, place: str) -> AbstractContextManager[None]:
        """How a test (``file::name[parameters]``) is measured: wholly, without its processes, or not at all."""
        file = place.partition("::")[0]
        self._tests[file] += 1
        if self.again(place):
            return unmeasured()
        return nullcontext() if self._tests[file] % SHARE == 1 else alone()

    def again(self, place: str) -> bool:
        """Whether a test (``file::name[parameters]``) is one of ``ONCE`` that has run with other parameters."""
        function, _, parameters = place.partition("[")
        if not parameters or not place.startswith(ONCE) or place.startswith(EACH):
            return False
        seen = function in self._functions
        self._functions.add(function)
        return seen
