"""Keep TensorFlow's kernels, simplify each graph once, and pause the garbage collector while building and tracing."""

import gc
import random
from collections.abc import Iterator
from contextlib import contextmanager

from tensorflow.core.protobuf import config_pb2, rewriter_config_pb2
from tensorflow.python.eager import context

from job.train.patches.patch import replaced


@contextmanager
def kernels() -> Iterator[None]:
    """Seeding TensorFlow also forgets all its kernels, graphs with them, which take a quarter of a second to make anew.

    Only operations with generators of their own have to be forgotten, and no model that goes together has such.
    """
    current = context.context()

    def seeded(seed: int) -> None:
        current._seed = seed
        current._rng = random.Random(seed)  # noqa: S311  # TensorFlow's own

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


@contextmanager
def simplified_once() -> Iterator[None]:
    """TensorFlow goes over a graph once instead of twice to make it simpler before it first runs.

    Its second way finds nothing in a program, and takes a quarter of the time. TensorFlow has no public setting for it.
    """
    current = context.context()
    config = config_pb2.ConfigProto()
    if current._config is not None:
        config.CopyFrom(current._config)
    config.graph_options.rewrite_options.meta_optimizer_iterations = rewriter_config_pb2.RewriterConfig.ONE
    with replaced([(current, "_config", config)]):
        current.function_call_options = None  # made anew of it
        try:
            yield
        finally:
            current.function_call_options = None
