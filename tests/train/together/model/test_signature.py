"""What can go together: shapes and some numbers are taken out of the comparison, all else tells models apart."""

from functools import partial

import keras
import pytest
from keras import layers, optimizers, regularizers

from job.train import building
from job.train.together.model import signature


def of(made):
    """The signature of the model that a function makes, its names counted from the beginning."""
    model = building.fresh(made, {}, 1)
    return signature.of(model, model.outputs[0])


def model(*parts, optimizer="sgd", loss="mse", inputs=(6,), **more):
    """A compiled Sequential of these layers."""
    found = keras.Sequential([keras.Input(inputs), *parts])
    found.compile(optimizer, loss, **more)
    return found


def of_columns(first):
    """A model of two parts of its rows."""
    rows = keras.Input((6,))
    found = keras.Model(rows, layers.Dense(1)(rows[:, :3]) + layers.Dense(1)(rows[:, first:]))
    found.compile("sgd", "mse")
    return found


SHAPES = {
    "units": lambda v: model(layers.Dense(v), layers.Dense(1)),
    "filters": lambda v: model(layers.Conv1D(v, 2), layers.Flatten(), layers.Dense(1), inputs=(6, 2)),
    "embedded": lambda v: model(layers.Embedding(9, v), layers.Flatten(), layers.Dense(1)),
    "tokens": lambda v: model(layers.Embedding(v, 3), layers.Flatten(), layers.Dense(1)),
    "an LSTM's units": lambda v: model(layers.LSTM(v), layers.Dense(1), inputs=(4, 2)),
}
NUMBERS = {
    "learning rate": (lambda v: model(layers.Dense(1), optimizer=optimizers.SGD(v)), 0.1, 0.2),
    "momentum": (lambda v: model(layers.Dense(1), optimizer=optimizers.SGD(momentum=v)), 0.9, 0.8),
    "decay": (lambda v: model(layers.Dense(1), optimizer=optimizers.AdamW(weight_decay=v)), 0.1, 0.2),
    "dropout": (lambda v: model(layers.Dropout(v), layers.Dense(1)), 0.1, 0.2),
    "noise": (lambda v: model(layers.GaussianNoise(v), layers.Dense(1)), 0.1, 0.2),
    "L2": (lambda v: model(layers.Dense(1, kernel_regularizer=regularizers.L2(v))), 0.1, 0.2),
    "a schedule": (lambda v: model(layers.Dense(1), optimizer=optimizers.SGD(_decay(v))), 0.9, 0.8),
}
_COLUMNS = (slice(0, 2), slice(1, 3))
OTHERS = {
    "zero is no number": (lambda v: model(layers.Dropout(v), layers.Dense(1)), 0.0, 0.2),
    "one has its own way": (lambda v: model(layers.Dense(1), optimizer=optimizers.SGD(_polynomial(v))), 1.0, 2.0),
    "activation": (lambda v: model(layers.Dense(3, v), layers.Dense(1)), "relu", "tanh"),
    "bias": (lambda v: model(layers.Dense(3, use_bias=v), layers.Dense(1)), True, False),
    "loss": (lambda v: model(layers.Dense(1), loss=v), "mse", "mae"),
    "metrics": (lambda v: model(layers.Dense(1), metrics=v), ["mae"], ["mse"]),
    "optimizer": (lambda v: model(layers.Dense(1), optimizer=v), "sgd", "adam"),
    "slope": (lambda v: model(layers.LeakyReLU(negative_slope=v), layers.Dense(1)), 0.1, 0.2),
    "depth": (lambda v: model(*(layers.Dense(2) for _ in range(v))), 2, 3),
    "trainable": (lambda v: model(layers.Dense(2, trainable=v), layers.Dense(1)), True, False),
    "outputs": (lambda v: model(layers.Dense(v)), 1, 2),
    "a user's number": (lambda v: model(layers.Lambda(lambda x: x * v), layers.Dense(1)), 2.0, 3.0),
    "columns that are taken": (of_columns, 2, 3),
    "columns that a function takes": (lambda v: model(layers.Lambda(lambda x: x[:, v]), layers.Dense(1)), *_COLUMNS),
    "kernel size": (lambda v: model(layers.Conv1D(3, v), layers.GlobalMaxPooling1D(), inputs=(6, 2)), 2, 3),
}


def _decay(rate):
    return optimizers.schedules.ExponentialDecay(0.1, 10, rate)


def _polynomial(power):
    return optimizers.schedules.PolynomialDecay(0.1, 10, power=power)


@pytest.mark.parametrize("name", SHAPES)
def test_sizes_are_apart_from_the_digest(name):
    """One program of unknown dimensions trains both; one of known dimensions trains one of them."""
    one, two, again = (of(partial(SHAPES[name], size)) for size in (4, 5, 4))
    assert one.digest == two.digest == again.digest
    assert one.shapes == again.shapes != two.shapes


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_that_a_program_holds_per_fit_are_leaves(name):
    """They differ in value alone, in the same place."""
    build, a, b = NUMBERS[name]
    one, two = of(partial(build, a)), of(partial(build, b))
    assert (one.digest, one.shapes) == (two.digest, two.shapes)
    values = [[leaf.value for leaf in found.leaves] for found in (one, two)]
    if name != "learning rate":  # a variable, and so part of the state
        differ = [pair for pair in zip(*values, strict=True) if pair[0] != pair[1]]
        assert differ == [(pytest.approx(a), pytest.approx(b))]


@pytest.mark.parametrize("name", OTHERS)
def test_all_else_tells_models_apart(name):
    """Whatever a trace could bake in, and what Keras asks in Python."""
    build, a, b = OTHERS[name]
    assert of(partial(build, a)).digest != of(partial(build, b)).digest
    assert of(partial(build, a)).digest == of(partial(build, a)).digest


def test_a_leaf_is_an_attribute_of_an_object():
    """Its owner's, by name, with what Keras's branches tell apart."""
    found = of(lambda: model(layers.Dropout(0.25), layers.Dense(1)))
    (leaf,) = [one for one in found.leaves if one.name == "rate"]
    assert (leaf.owner.rate, leaf.value, leaf.sort) == (0.25, 0.25, "positive")


def test_outputs_of_a_row_are_told():
    """Of every head, without the batch."""
    assert of(lambda: model(layers.Dense(3))).heads == ((3,),)
