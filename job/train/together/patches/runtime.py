"""What TensorFlow would throw away, and Python look through for nothing, while models are built and traced."""

import gc
import random
from collections.abc import Iterator
from contextlib import contextmanager

from tensorflow.python.eager import context

from job.train.together.patches.patch import replaced


@contextmanager
def kernels() -> Iterator[None]:
    """Seeding TensorFlow also forgets all its kernels, graphs with them, which take a quarter of a second to make anew.

    Only operations with generators of their own have to be forgotten, and no model that goes together has such.
    """
    current = context.context()

    def seeded(seed: int) -> None:
        current._seed = seed  # noqa: SLF001
        current._rng = random.Random(seed)  # noqa: SLF001, S311  # TensorFlow's own

    with replaced([(current, "_set_global_seed", seeded)]):
        yield


@contextmanager
def objects() -> Iterator[None]:
    """Tracing makes ten thousand objects that stay; looking for garbage among all there are is a fifth of its time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
