"""What TensorFlow's log leaves out for a while: of the thread that asks, and of no other.

Who asks adds a filter of its own and takes it away again. So fits of several threads need not wait for each other, as
they would for what ``replaced`` changes, and none can put back what another has changed meanwhile.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import tensorflow as tf


def silent() -> AbstractContextManager[None]:
    """It does not say what can't be vectorized: the refusal is told as the reason of a way."""
    return _without(lambda record: record.levelno < logging.CRITICAL)


def traced_on_purpose() -> AbstractContextManager[None]:
    """Many models are traced; TensorFlow takes them for one that is traced again and again by mistake."""
    return _without(lambda record: "triggered tf.function retracing" in record.getMessage())


@contextmanager
def _without(unwanted: Callable[[logging.LogRecord], bool]) -> Iterator[None]:
    logger, mine = tf.get_logger(), threading.get_ident()

    def wanted(record: logging.LogRecord) -> bool:
        return record.thread != mine or not unwanted(record)

    logger.addFilter(wanted)
    try:
        yield
    finally:
        logger.removeFilter(wanted)
