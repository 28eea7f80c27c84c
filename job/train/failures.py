"""Failed fits as data: the exception, its traceback, and the tail of the fit's own log."""

import math
import re
import traceback

from job.results.line import FitFailure
from job.train.limits import OverLimit

_MESSAGE = 2000  # characters kept
_TRACEBACK = 8000
_BRIEF = 400
_WRAPPING = ("Exception encountered when calling", "Arguments received by", "Could not automatically infer the output")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class NotFinite(Exception):
    """A loss or a prediction is NaN or infinite."""


def of(error: BaseException, log: str = "") -> FitFailure:
    """What is kept of a fit that raised."""
    kind = type(error).__name__
    if isinstance(error, OverLimit):
        kind = "limit"
    elif isinstance(error, NotFinite):
        kind = "non-finite"
    told = _COLOUR.sub("", "".join(traceback.format_exception(error)))
    return FitFailure(kind=kind, message=said(error)[:_MESSAGE], traceback=_middle_out(told, _TRACEBACK), log=log)


def said(error: BaseException) -> str:
    """An exception's message without the colours that Keras gives some."""
    return _COLOUR.sub("", str(error))


def brief(error: BaseException) -> str:
    """An exception's kind and message in one line: of what Keras wraps, what was raised inside."""
    text = said(error)
    inner = text.rpartition("Exception encountered:")[2].strip() or text  # what could not be deserialized
    parts = [part.strip() for part in re.split(r"\n\s*\n", inner) if part.strip()]
    told = next((part for part in parts if not part.startswith(_WRAPPING)), "")
    told = " ".join(told.split())
    told = told if len(told) <= _BRIEF else f"{told[:_BRIEF]}…"
    return f"{type(error).__name__}: {told}".rstrip(".: ")


def check_loss(loss: float, epoch: int) -> None:
    """Raises NotFinite when an epoch's loss is; epochs count from 0 and are told from 1, as Keras does."""
    if not math.isfinite(loss):
        raise NotFinite(f"the loss is {loss} in epoch {epoch + 1}")


def _middle_out(text: str, most: int) -> str:
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}\n[…]\n{text[-half:]}"
