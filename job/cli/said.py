"""What is said on standard error: at once, and whatever the stream can write; streams that were closed are let be."""

import codecs
import errno
import io
import os
import sys
from typing import Any

_INSTEAD = {
    "\N{MULTIPLICATION SIGN}": "x", "±": "+/-", "→": "->", "…": "...", "—": "-", "\N{EN DASH}": "-", "“": '"', "”": '"',
    "\N{LEFT SINGLE QUOTATION MARK}": "'", "\N{RIGHT SINGLE QUOTATION MARK}": "'", "≤": "<=", "≥": ">=", "·": "*",
    "━": "-", "╸": "-", "╺": "-", "─": "-", "│": "|", "²": "2", "µ": "u", "\xa0": " ",
}  # fmt: skip
"""What is written for characters that a stream does not have."""
_CLOSED = {errno.EPIPE, errno.EBADF, errno.EIO, errno.ESHUTDOWN, errno.ECONNRESET}


def now(sentence: str) -> None:
    """Writes a line on standard error."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def loudly(lines: list[str]) -> None:
    """Writes lines on standard error that must not be overlooked: in yellow where a terminal shows colours."""
    if not lines:
        return
    coloured = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    sys.stdout.flush()
    now("\n".join(["\x1b[33m" * coloured + lines[0], *lines[1:-1], *lines[1:][-1:]]) + "\x1b[0m" * coloured)


class Patient(io.TextIOWrapper):
    """A text stream that goes on when nobody reads it any more: a pipe to `head` that ended, a closed terminal."""

    def write(self, text: str, /) -> int:
        """Writes text, or drops it."""
        try:
            return super().write(text)
        except (OSError, ValueError) as error:
            self._let_be(error)
        return len(text)

    def flush(self) -> None:
        """Flushes what was written, or drops it."""
        try:
            super().flush()
        except (OSError, ValueError) as error:
            self._let_be(error)

    def _let_be(self, error: OSError | ValueError) -> None:
        if isinstance(error, OSError) and error.errno not in _CLOSED:
            raise error
        if isinstance(error, OSError):  # what is still in the buffer goes nowhere
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)


def patiently() -> None:
    """Makes this process's output break nothing: no character and no closed stream ends a run."""
    codecs.register_error("tunejob", _instead)
    for name in ("stdout", "stderr"):
        stream: Any = getattr(sys, name)
        if stream is None:  # closed before we began
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  # for as long as we live
        elif type(stream) is io.TextIOWrapper:
            by_line = stream.line_buffering
            encoding = stream.encoding
            setattr(sys, name, Patient(stream.detach(), encoding, "tunejob", line_buffering=by_line))


def _instead(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_INSTEAD.get(one, "?") for one in text), error.end
