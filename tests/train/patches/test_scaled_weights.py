"""Weights divided by their fit's rate, and whoever uses them, beside plain Keras."""

import keras
import pytest
import tensorflow as tf
from keras import layers, optimizers
from train.together import against


def shared(rate):
    """One layer used twice, and its weights once more by hand."""
    given = keras.Input((12,))
    twice = layers.Dense(12, "tanh")
    found = layers.Lambda(lambda x: x @ tf.transpose(twice.kernel))(twice(twice(given)))
    return compiled(given, layers.Dense(1, "sigmoid")(found), rate)


def of_steps(rate):
    """A dense layer on every step of a sequence, and one on its end."""
    given = keras.Input((12,))
    found = layers.Dense(5, "relu")(layers.Reshape((4, 3))(given))
    return compiled(given, layers.Dense(1, "sigmoid")(layers.Flatten()(found)), rate)


def regularized(rate):
    """Weights that the loss looks at by themselves."""
    given = keras.Input((12,))
    found = layers.Dense(5, "relu", kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02))(given)
    return compiled(given, layers.Dense(1, "sigmoid")(found), rate)


def penalized(rate):
    """A loss of slopes, which is derived once more."""

    class Penalty(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner, self.outer = layers.Dense(6, "tanh"), layers.Dense(6, "softplus")

        def call(self, x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                found = self.outer(self.inner(x))
            self.add_loss(0.1 * keras.ops.mean(tape.gradient(found, x) ** 2))
            return found

    given = keras.Input((12,))
    return compiled(given, layers.Dense(1, "sigmoid")(Penalty()(given)), rate)


def mixed(rate):
    """Products in half precision."""
    given = keras.Input((12,))
    found = layers.Dense(5, "relu", dtype="mixed_bfloat16")(given)
    return compiled(given, layers.Dense(1, "sigmoid", dtype="float32")(found), rate)


def compiled(given, found, rate):
    """A model that is stepped by the kernel."""
    model = keras.Model(given, found)
    model.compile(optimizers.Adam(rate), "binary_crossentropy")
    return model


@pytest.mark.parametrize("build", [shared, of_steps, regularized, penalized, mixed])
def test_weights_divided_by_their_rate_serve_whoever_uses_them(epochs, build):
    """Products of dense layers, which take them as they are, and everything else, which does not."""
    case = against.case(build)
    within = 1e-2 if build is mixed else 1e-4
    against.assert_as_keras(case, [{"rate": 0.003}, {"rate": 0.03}], within=within)
