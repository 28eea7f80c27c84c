"""What a store warns of while it is waited for, told to whoever follows the controller."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from time import monotonic

EVERY = 60.0
"""Seconds between two warnings that are told, at least: an outage gives one for every few seconds."""


@dataclass
class _Telling(logging.Handler):
    say: Callable[[str], None]
    _next: float = 0.0

    def __post_init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Tells a warning, unless one was told just now."""
        if monotonic() >= self._next:
            self._next = monotonic() + EVERY
            self.say(record.getMessage())

    __hash__ = logging.Handler.__hash__


@contextmanager
def told(say: Callable[[str], None]) -> Iterator[None]:
    """Tells them from a thread of its own: neither the store nor who waits for it waits for the cluster to hear it."""
    waiting: SimpleQueue[logging.LogRecord] = SimpleQueue()
    handler, listener = QueueHandler(waiting), QueueListener(waiting, _Telling(say))
    log = logging.getLogger("job.store")
    log.addHandler(handler)
    listener.start()
    try:
        yield
    finally:
        log.removeHandler(handler)
        listener.stop()
