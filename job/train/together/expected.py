"""Which errors are expected where fits are traced and stepped together, and what is told of each: the one place.

Expected are our own refusals, those of TensorFlow's vectorizer, of Keras and of TensorFlow's kernels, which do not take
a shape, a type or an operation, and whatever the user's own code raises: it was not written to be mapped over fits.
Anything else is a fault, most likely ours.
"""

import logging
import traceback
from pathlib import Path

import tensorflow as tf

from job.results.line import UNEXPECTED
from job.train import failures
from job.train.outside import INSTALLED, PYTHON
from job.train.refusals import Refusal

_FRAMES = ("Exception encountered", "Graph execution error", "Detected at", "Arguments received", "Stack trace")
_REFUSED = (ValueError, TypeError, NotImplementedError, tf.errors.OpError)  # as Keras and TensorFlow refuse
_OURS = str(Path(__file__).parents[2])

_log = logging.getLogger(__name__)


def told(error: Exception, *, strict: bool) -> str:
    """An exception in a line, for the reason why fits take another way; an unexpected one is logged and marked.

    Args:
        error: as it was raised.
        strict: whether an unexpected one is raised again, as in this project's own tests.
    """
    if is_expected(error):
        return str(error) if isinstance(error, Refusal) else _line(error)
    return unforeseen(error, strict=strict)


def unforeseen(error: Exception, *, strict: bool) -> str:
    """An exception that nobody foresaw in a line, marked as such; it is logged, or where ``strict`` raised again."""
    if strict:
        raise error
    _log.error("unexpected error while training together; these fits are trained in another way", exc_info=error)
    return f"{UNEXPECTED}{_line(error)}"


def is_expected(error: BaseException) -> bool:
    """Whether an exception is a refusal, or the user's own.

    Keras cuts its own and TensorFlow's frames out of the traceback, so which kind of exception came through theirs
    tells more than the last frame.
    """
    if isinstance(error, Refusal):
        return True
    files = _files(error)
    if not files or not files[-1].startswith((*INSTALLED, _OURS)):
        return bool(files)
    return isinstance(error, _REFUSED) and any(one.startswith(INSTALLED) for one in files)


def is_ours(error: BaseException) -> bool:
    """Whether an exception arose in this project's own code, and not in what it called.

    So it is looked at where a model is built without values: of those that are missing, libraries and the user's own
    code say whatever they say of nothing.
    """
    return _files(error)[-1:] != [] and _files(error)[-1].startswith(_OURS)


def _files(error: BaseException) -> list[str]:
    """The files of an exception's frames, those of Python's own left out."""
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    return [one for one in files if one.startswith(INSTALLED) or not one.startswith(PYTHON)]


def _line(error: Exception) -> str:
    """TensorFlow's and Keras's say what they mean somewhere amid much else."""
    lines = [line.strip() for line in failures.said(error).splitlines()]
    telling = [line for line in lines if line and not line.startswith(_FRAMES)]
    return f"{type(error).__name__}: {telling[0][:200]}" if telling else type(error).__name__
