"""A fit's limit of time: kept by the system's alarm clock, whatever the fit is doing."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from job.study import times

_AGAIN = 5.0  # seconds after which the alarm rings anew, should what it interrupted have swallowed it


class OverLimit(BaseException):  # user code that catches Exception must not catch it
    """A fit ran longer than its limit."""


@contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """Raises ``OverLimit`` in the main thread once these seconds are over; None is no limit.

    In another thread there are no alarms, and nothing is raised.
    """
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # a signal handler's arguments
        raise OverLimit(f"over the limit of {times.duration(seconds)} (`limits.fit`)")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
