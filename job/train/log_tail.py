"""What a fit says while it runs: passed on, and its last 4 KB kept for the case that it fails."""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TextIO

_KEPT = 4096  # characters


class Tail:
    """The last characters of what was said."""

    def __init__(self) -> None:
        self._text = ""

    def add(self, text: str) -> None:
        """Takes note of more."""
        self._text = (self._text + text)[-_KEPT:]

    def __str__(self) -> str:
        """The last 4 KB."""
        return self._text


class _Through(io.TextIOBase):
    """A stream that passes on to another what it takes note of."""

    def __init__(self, stream: TextIO, tail: Tail) -> None:
        self._stream, self._tail = stream, tail

    def write(self, text: str) -> int:
        self._tail.add(text)
        return self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()


class _Noted(logging.Handler):
    """Takes note of log records; those who print them already do."""

    def __init__(self, tail: Tail) -> None:
        super().__init__()
        self._tail = tail
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._tail.add(self.format(record) + "\n")


@contextmanager
def kept() -> Iterator[Tail]:
    """Keeps the tail of what Python code writes to stdout and stderr, and logs, in any thread, while this lasts."""
    tail = Tail()
    handler = _Noted(tail)
    apart = (one for one in map(logging.getLogger, ("tensorflow", "absl")) if not one.propagate)
    loggers = [logging.getLogger(), *apart]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        with redirect_stdout(_Through(sys.stdout, tail)), redirect_stderr(_Through(sys.stderr, tail)):
            yield tail
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
