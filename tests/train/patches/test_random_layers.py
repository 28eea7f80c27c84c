"""Random numbers that a graph and XLA draw alike, beside those that Keras draws."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from job.train.patches import random_layers

SEEDS = [np.array([seed, count], "uint32") for seed, count in ((1, 0), (12345, 7), (10**9, 3))]
DRAWS = {
    "uniform": lambda seed: keras.random.uniform((4, 3), -1.0, 2.0, seed=seed),
    "normal": lambda seed: keras.random.normal((5, 3), 0.5, 2.0, seed=seed),
    "an odd number of normal ones": lambda seed: keras.random.normal((7,), seed=seed),
    "a mask": lambda seed: keras.random.dropout(tf.ones((6, 5)), 0.3, seed=seed),
    "a mask of columns": lambda seed: keras.random.dropout(tf.ones((6, 5)), 0.3, noise_shape=(1, None), seed=seed),
    "no mask": lambda seed: keras.random.dropout(tf.ones((6, 5)), 0.0, seed=seed),
    "double precision": lambda seed: keras.random.uniform((4,), dtype="float64", seed=seed),
}


class Fixed:
    """A generator that is where it is told to be."""

    def __init__(self, state):
        self.state = state

    def next(self):
        """Its state."""
        return tf.constant(self.state)


def drawn(draw, state, *, xla):
    """What is drawn inside a graph, compiled or not."""
    generator = keras.random.SeedGenerator(1)
    generator.next = Fixed(state).next
    return tf.function(lambda: draw(generator), jit_compile=xla, autograph=False)().numpy()


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("state", SEEDS, ids=str)
def test_draws_are_keras_s_own(name, state):
    """In a graph as Keras draws there; under XLA the same, where nothing is said against it."""
    theirs = drawn(DRAWS[name], state, xla=False)
    with random_layers.alike() as unlike:
        ours = drawn(DRAWS[name], state, xla=False)
        compiled = None if unlike else drawn(DRAWS[name], state, xla=True)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    assert (compiled is None) == (name == "double precision")
    if compiled is not None:
        np.testing.assert_allclose(compiled, theirs, rtol=1e-5, atol=1e-5)


def test_what_has_no_such_form_is_told_by_name():
    """So that such a program stays a graph; and Keras is as before when all is done."""
    before = keras.src.backend.tensorflow.random.shuffle
    with random_layers.alike() as unlike:
        keras.random.shuffle(tf.range(4.0), seed=3)
    assert unlike == ["shuffle"]
    assert keras.src.backend.tensorflow.random.shuffle is before
