"""Whether two built models are the same program: what a trace bakes in tells them apart, initial values do not."""

import keras
import numpy as np
import pytest
from keras import layers, optimizers

from job.train import building
from job.train.sameness import NotComparable, Same


def compiled(*parts, optimizer="adam", loss="mse", metrics=("mae",), inputs=(4,), **more):
    """A compiled Sequential of these layers."""
    model = keras.Sequential([keras.Input(inputs), *parts])
    model.compile(optimizer=optimizer, loss=loss, metrics=list(metrics), **more)
    return model


def own_loss(power):
    """A user's loss that closes over a parameter."""

    def loss(y, p):
        return keras.ops.mean(abs(y - p) ** power, axis=-1)

    return loss


class Scaled(layers.Layer):
    """A user's layer whose config Keras does not know."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, x):
        """Scales."""
        return x * self.factor["by"]


class Noisy(layers.Layer):
    """A layer that draws from NumPy, which a trace would freeze."""

    def call(self, x):
        """Adds a draw."""
        return x + np.random.normal()  # noqa: NPY002


class Drawing(layers.Layer):
    """A layer that draws from Keras's global generator."""

    def call(self, x):
        """Adds a draw."""
        return x + keras.random.normal(keras.ops.shape(x))


def decayed(rate):
    """SGD with a schedule."""
    return optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 10, rate), momentum=0.9)


def functional(size):
    """Branches, attention and a nested model."""
    inputs = keras.Input((5, size))
    x = layers.MultiHeadAttention(2, 4)(inputs, inputs)
    x = layers.Concatenate()([layers.GRU(3, dropout=0.1)(x), compiled(layers.LSTM(2), inputs=(5, size))(x)])
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizer=optimizers.SGD(0.1, momentum=0.9), loss="mse")
    return model


SAME = {
    "plain": lambda: compiled(layers.Dense(3), layers.Dropout(0.2), layers.BatchNormalization(), layers.Dense(1)),
    "functional": lambda: functional(3),
    "own loss": lambda: compiled(layers.Dense(1), loss=own_loss(2)),
    "own layer": lambda: compiled(Scaled({"by": 2.0}), layers.Dense(1)),
    "lambda": lambda: compiled(layers.Lambda(lambda x: x * 2), layers.Dense(1)),
    "schedule": lambda: compiled(layers.Dense(1), optimizer=decayed(0.9)),
    "images": lambda: compiled(layers.RandomFlip(), layers.Conv2D(2, 3), layers.Flatten(), inputs=(8, 8, 1)),
    "spectral": lambda: compiled(layers.SpectralNormalization(layers.Dense(2))),
    "loss scale": lambda: compiled(layers.Dense(1), optimizer=optimizers.LossScaleOptimizer(optimizers.Adam())),
}
OTHER = {
    "units": (lambda v: compiled(layers.Dense(v)), 3, 4),
    "rate": (lambda v: compiled(layers.Dropout(v), layers.Dense(1)), 0.2, 0.3),
    "activation": (lambda v: compiled(layers.Dense(1, activation=v)), "relu", "tanh"),
    "regularizer": (lambda v: compiled(layers.Dense(1, kernel_regularizer=keras.regularizers.L2(v))), 0.1, 0.2),
    "own loss": (lambda v: compiled(layers.Dense(1), loss=own_loss(v)), 2, 3),
    "own layer": (lambda v: compiled(Scaled({"by": v}), layers.Dense(1)), 2.0, 3.0),
    "schedule": (lambda v: compiled(layers.Dense(1), optimizer=decayed(v)), 0.9, 0.8),
    "momentum": (lambda v: compiled(layers.Dense(1), optimizer=optimizers.SGD(momentum=v)), 0.9, 0.8),
    "trainable": (lambda v: compiled(layers.Dense(2, trainable=v), layers.Dense(1)), True, False),
    "metrics": (lambda v: compiled(layers.Dense(1), metrics=v), ["mae"], ["mse"]),
    "steps": (lambda v: compiled(layers.Dense(1), steps_per_execution=v), 1, 2),
    "constant": (lambda v: compiled(layers.Normalization(mean=v, variance=1.0), layers.Dense(1)), 1.0, 2.0),
    "vocabulary": (lambda v: compiled(layers.IntegerLookup(vocabulary=v), layers.Dense(1)), [1, 2], [1, 3]),
}


def same(build, seed):
    """What is found of a model built with a seed, ready to train."""
    model = building.fresh(build, {}, seed)
    model.optimizer.build(model.trainable_variables)
    return Same(model)


@pytest.mark.parametrize("name", SAME)
def test_the_same_build_with_another_seed_is_the_same_program(name):
    """Initial values, seeds and automatic names do not tell models apart, and variables come in the same order."""
    one, two = same(SAME[name], 1), same(SAME[name], 2)
    assert one.digest == two.digest
    assert [v.shape for v in one.variables] == [v.shape for v in two.variables]
    assert len(one.variables) >= 2


@pytest.mark.parametrize("name", OTHER)
def test_what_a_trace_bakes_in_tells_models_apart(name):
    """Each setting, however the user hid it, makes another program."""
    build, one, two = OTHER[name]
    assert same(lambda: build(one), 1).digest != same(lambda: build(two), 1).digest
    assert same(lambda: build(one), 1).digest == same(lambda: build(one), 2).digest


def test_the_learning_rate_is_a_variable_like_weights():
    """Models that differ in it are one program, and it is among the variables that are copied."""
    one, two = (same(lambda r=rate: compiled(layers.Dense(1), optimizer=optimizers.Adam(r)), 1) for rate in (0.1, 0.2))
    assert one.digest == two.digest
    rates = [{round(float(v.numpy()), 3) for v in found.variables if v.shape == ()} for found in (one, two)]
    assert 0.1 in rates[0]
    assert 0.2 in rates[1]


def test_randomness_beside_keras_is_refused():
    """A draw from NumPy would be frozen into a trace with one fit's seed."""
    with pytest.raises(NotComparable, match=r"Noisy\.call draws randomness of its own"):
        same(lambda: compiled(Noisy(), layers.Dense(1)), 1)


def test_draws_from_the_global_generator_give_each_fit_its_own_model():
    """Such a trace is tied to one generator, so no other fit may have it: each trains as in a fresh process."""
    from train.cases import Case

    x = np.random.default_rng(0).normal(size=(30, 4)).astype("float32")
    build = lambda units: compiled(layers.Dense(units), Drawing(), layers.Dense(1))  # noqa: E731
    case = Case(build, x, x[:, 0])
    first = case.train({"units": 2})
    case.train({"units": 2, "epochs": 3})
    again = case.train({"units": 2})
    assert case.kept.built == 3
    assert first.history == again.history


def test_a_layer_of_keras_that_draws_while_traced_is_refused():
    """Each trace of AugMix chooses anew what it does to images, so no other fit may have it."""
    with pytest.raises(NotComparable, match="AugMix draws by Python's own generator"):
        same(lambda: compiled(layers.AugMix(), layers.Flatten(), layers.Dense(1), inputs=(4, 4, 3)), 1)
