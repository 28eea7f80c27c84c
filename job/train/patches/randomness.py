"""Whether a build drew random numbers from generators that are not Keras's: such numbers are one fit's alone.

Keras's own seeds follow from the fit's seed and are drawn again for any other fit. What NumPy, Python or TensorFlow
gave, or the system, is in what was built and nowhere else. It shows in the generators: their states differ after.
"""

import os
import random
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow import random as keras_random
from keras.src.random import seed_generator
from tensorflow.python.framework import random_seed
from tensorflow.python.ops import stateful_random_ops

from job.train import outside
from job.train.patches import private
from job.train.patches.patch import Replacement, replaced

_HOLDERS = (np.random.Generator, np.random.RandomState, random.Random, tf.random.Generator, keras.random.SeedGenerator)
_MOST_MODULES = 200  # of the user's that are looked through


@contextmanager
def watch(build: Callable[..., Any]) -> Iterator[list[str]]:
    """Notes which generators are drawn from while this lasts.

    Args:
        build: the user's; generators that its modules hold are looked at too.

    Yields:
        A list that gets their names when this ends, or as they are drawn from.
    """
    found: list[str] = []
    seeds: list[int] = []
    python, numpy, held = random.getstate(), np.random.get_state(legacy=False), _held(build)  # noqa: NPY002
    states = [_state(one) for _, one in held]
    with _asked(found, seeds):
        yield found
    if random.getstate() != _after(python, len(seeds)):
        found.append("Python's `random`")
    if not _same(np.random.get_state(legacy=False), numpy):  # noqa: NPY002
        found.append("NumPy's global generator")
    if private.drew_globally():
        found.append("Keras's global generator")
    found += [name for (name, one), state in zip(held, states, strict=True) if not _same(_state(one), state)]
    found[:] = dict.fromkeys(found)


@contextmanager
def _asked(found: list[str], seeds: list[int]) -> Iterator[None]:
    """Counts the seeds that Keras draws, and notes who asks the system or TensorFlow for randomness."""

    def counting(*args: Any) -> Any:
        seeds.append(1)
        return default_seed(*args)

    unseeded = "an unseeded generator (or a `RandomState`; `np.random.default_rng(seed)` is seen to be seeded)"

    def seeding(self: random.Random, a: Any = None, version: int = 2) -> None:
        if a is None:
            found.append(unseeded)
        python_seed(self, a, version)

    default_seed, python_seed = seed_generator.make_default_seed, random.Random.seed
    tensorflows = "TensorFlow's generator"
    ints = _noting(found, tensorflows, stateful_random_ops.non_deterministic_ints)
    places: list[Replacement] = [
        (seed_generator, "make_default_seed", counting),
        (keras_random, "make_default_seed", counting),
        (random_seed, "get_seed", _noting(found, tensorflows, random_seed.get_seed)),
        (stateful_random_ops, "non_deterministic_ints", ints),
        (random, "_urandom", _noting(found, unseeded, random._urandom)),  # type: ignore[attr-defined]
        (os, "urandom", _noting(found, unseeded, os.urandom)),
        (random.Random, "seed", seeding),
    ]
    with replaced(places):
        yield


def _noting(found: list[str], what: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def asked(*args: Any, **more: Any) -> Any:
        found.append(what)
        return original(*args, **more)

    return asked


def _after(state: Any, seeds: int) -> Any:
    """Python's generator after so many of Keras's seeds."""
    generator = random.Random(0)  # noqa: S311  # Keras's own
    generator.setstate(state)
    for _ in range(seeds):
        generator.randint(1, int(1e9))
    return generator.getstate()


def _held(build: Callable[..., Any]) -> list[tuple[str, Any]]:
    """Generators that the modules of the user's code hold, and TensorFlow's global one."""
    found: list[tuple[str, Any]] = []
    if stateful_random_ops.global_generator is not None:
        found.append(("TensorFlow's generator", stateful_random_ops.global_generator))
    todo: list[dict[str, Any]] = [getattr(build, "__globals__", {})]
    closure = [cell.cell_contents for cell in getattr(build, "__closure__", None) or () if _filled(cell)]
    todo.append(dict(enumerate(closure)))  # type: ignore[arg-type]
    seen: set[int] = set()
    while todo and len(seen) < _MOST_MODULES:
        names = todo.pop()
        if id(names) in seen:
            continue
        seen.add(id(names))
        for name, value in list(names.items()):
            if isinstance(value, _HOLDERS):
                found.append((f"the generator `{name}`", value))
            elif isinstance(value, types.ModuleType) and outside.is_users(value):
                todo.append(vars(value))
            elif isinstance(value, types.FunctionType) and outside.is_file_of_users(value.__globals__.get("__file__")):
                todo.append(value.__globals__)
    return found


def _filled(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _state(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    if isinstance(generator, random.Random):
        return generator.getstate()
    return np.asarray(generator.state)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[name], b[name]) for name in a)
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else bool(a == b)
