"""Which generators a build draws from, beside those whose numbers follow from its seed."""

import os
import random
import types
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from job.train.patches import keras_state, randomness

held = np.random.default_rng(0)
legacy = np.random.RandomState(0)
another = types.ModuleType("another")
another.__file__ = __file__  # as a module of the user's beside the study
vars(another)["pythons"] = random.Random(0)  # noqa: S311  # no secret


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    """As before every build."""
    with keras_state.kept():
        keras.utils.set_random_seed(5)
        yield


def from_module() -> object:
    """Draws from a generator of this module."""
    return held.normal()


def from_numpy() -> object:
    """Draws from what NumPy has for all."""
    return np.random.rand()  # noqa: NPY002  # as builds do


def from_old() -> object:
    """The same, from one of the old kind."""
    return legacy.rand()


def from_another() -> object:
    """Draws from a generator of another module of the user's."""
    return another.pythons.random()


def closing() -> Callable[[], object]:
    """A build that closes over a generator."""
    own = keras.random.SeedGenerator(1)

    def build() -> object:
        return own.next()

    return build


DRAWS: dict[str, tuple[Callable[[], object], str]] = {
    "random": (random.random, "Python's `random`"),
    "numpy.random": (from_numpy, "NumPy's global generator"),
    "of a module": (from_module, "the generator `held`"),
    "of a module, an old one": (from_old, "the generator `legacy`"),
    "of another module of the user's": (from_another, "the generator `pythons`"),
    "of a closure": (closing(), "the generator `0`"),
    "numpy.random.default_rng()": (np.random.default_rng, "an unseeded generator"),
    "random.Random()": (random.Random, "an unseeded generator"),
    "the system": (lambda: os.urandom(4), "an unseeded generator"),
    "uuid": (uuid.uuid4, "an unseeded generator"),
    "tensorflow.random": (lambda: tf.random.normal([2]), "TensorFlow's generator"),
    "tensorflow.random.Generator": (tf.random.Generator.from_non_deterministic_state, "TensorFlow's generator"),
    "keras.random": (lambda: keras.random.normal((2,)), "Keras's global generator"),
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_is_told_by_its_generator(name: str) -> None:
    """Once, however often it is drawn from."""
    build, told = DRAWS[name]
    with randomness.watch(build) as found:
        build()
        build()
    assert [one.partition(" (or a")[0] for one in found] == [told]


def model() -> Any:
    """Keras's own seeds, all of which follow from the seed that was set."""
    parts = [keras.layers.Dense(3), keras.layers.Dropout(0.3), keras.layers.GaussianNoise(0.1)]
    return keras.Sequential([keras.Input((4,)), *parts])


@pytest.mark.parametrize(
    "build",
    [
        model,
        lambda: np.random.default_rng(3).normal(),
        lambda: random.Random(3).random(),  # noqa: S311  # no secret
        lambda: keras.random.normal((2,), seed=3),
        lambda: tf.random.stateless_normal([2], [1, 2]),
        lambda: keras.initializers.GlorotUniform()((2, 2)),
    ],
)
def test_what_follows_from_a_seed_is_no_draw(build: Callable[[], object]) -> None:
    """Of Keras's layers and initializers, and of generators that the build makes with a seed of its own."""
    with randomness.watch(build) as found:
        build()
    assert found == []


def test_a_draw_beside_keras_s_seeds_is_seen() -> None:
    """They come from Python's generator too: one number more than they took is one too many."""

    def build() -> None:
        model()
        random.random()  # noqa: S311  # no secret
        model()

    with randomness.watch(build) as found:
        build()
    assert found == ["Python's `random`"]


def test_generators_are_as_they_were_when_nobody_watches() -> None:
    """Even after an error: what Python, NumPy and TensorFlow draw by is theirs again."""

    def own() -> list[Any]:
        return [os.urandom, random.Random.seed, keras.src.random.seed_generator.make_default_seed]

    before = own()
    with suppress(ZeroDivisionError), randomness.watch(model):
        assert own() != before
        raise ZeroDivisionError
    assert own() == before
