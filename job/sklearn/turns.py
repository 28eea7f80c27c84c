"""Whose turn it is to use Keras: one thread's, as seeds, names and what is patched are the whole process's."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from job.train.patches import keras_state

_turn = threading.RLock()
"""Held while models are built, trained or asked, and never while another thread's code is waited for."""


@contextmanager
def unnoticed() -> Iterator[None]:
    """Takes the turn; random generators and Keras's state are as before after this.

    Each build seeds the generators of the whole process, and those are the user's: splitters and searches without a
    ``random_state`` draw from them, between fits too.
    """
    with _turn:
        drawn, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002  # the one that users seed
        try:
            with keras_state.kept():
                yield
        finally:
            random.setstate(drawn)
            np.random.set_state(numpys)  # noqa: NPY002
