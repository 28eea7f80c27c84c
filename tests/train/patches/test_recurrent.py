"""Recurrent layers of all fits as one loop, beside each fit alone by Keras: loss and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L  # noqa: N812  # as short as Keras's own examples have it

from job.train.patches import recurrent_sizes, tracing
from job.train.patches.vectorize import over_fits
from job.train.together.model import signature

ROWS, STEPS, FEATURES = 5, 4, 3
rng = np.random.default_rng(7)


@keras.saving.register_keras_serializable("tests")
class Halving(L.Layer):
    """A cell of the user's own, whose output is none of its states."""

    def __init__(self, units, **more):
        super().__init__(**more)
        self.units, self.state_size, self.output_size = units, [units, units], units

    def build(self, shape):
        self.w, self.u = self.add_weight(shape=(shape[-1], self.units)), self.add_weight(shape=(self.units,) * 2)

    def call(self, x, states):
        new = keras.ops.tanh(x @ self.w + states[0] @ self.u)
        return new / 2, [new, states[1] + new]


@keras.saving.register_keras_serializable("tests")
class Noisy(Halving):
    """A cell that draws a mask in every step: it can be no function, so Keras's own steps stay."""

    def build(self, shape):
        super().build(shape)
        self.draws = keras.random.SeedGenerator(3)

    def call(self, x, states):
        output, new = super().call(x, states)
        return keras.random.dropout(output, 0.3, seed=self.draws), new


def series(*parts):
    """On rows of numbers."""
    return keras.Sequential([keras.Input((STEPS, FEATURES)), *parts, L.Flatten(), L.Dense(1)])


def words(*parts):
    """On tokens, of which some are masked: at the end, at the beginning, all."""
    inputs = keras.Input((STEPS,), dtype="int32")
    return keras.Sequential([inputs, L.Embedding(5, FEATURES, mask_zero=True), *parts, L.Flatten(), L.Dense(1)])


def states_given_back(n):
    """The states of one layer begin another."""
    inputs = keras.Input((STEPS, FEATURES))
    sequence, *states = L.LSTM(n, return_sequences=True, return_state=True)(inputs)
    return keras.Model(inputs, L.Dense(1)(L.LSTM(n)(sequence, initial_state=states)))


OWN = {
    "LSTM": lambda n: series(L.LSTM(n)),
    "GRU": lambda n: series(L.GRU(n, return_sequences=True)),
    "GRU, reset before": lambda n: series(L.GRU(n, reset_after=False)),
    "SimpleRNN, backwards": lambda n: series(L.SimpleRNN(n, go_backwards=True, return_sequences=True)),
    "dropping": lambda n: series(L.GRU(n, dropout=0.2, recurrent_dropout=0.1)),
    "both ways, then one": lambda n: series(L.Bidirectional(L.LSTM(n, return_sequences=True)), L.GRU(n)),
    "masked": lambda n: words(L.LSTM(n)),
    "masked, both ways": lambda n: words(
        L.Bidirectional(L.GRU(n, return_sequences=True)), L.LSTM(n, go_backwards=True)
    ),
    "masked to zeros": lambda n: words(
        L.RNN(L.GRUCell(n), zero_output_for_mask=True, return_sequences=True, go_backwards=True),
        L.GlobalAveragePooling1D(),
    ),
    "cells in a row": lambda n: series(L.RNN([L.LSTMCell(n), L.GRUCell(n)])),
}
"""Traced for all widths too."""

OTHERS = {
    "a cell of the user's": lambda n: series(L.RNN(Halving(n))),
    "a cell of the user's, masked": lambda n: words(L.RNN(Halving(n))),
    "a cell that draws": lambda n: series(L.RNN(Noisy(n), unroll=True)),
    "states given back": states_given_back,
}


def values(model, fits):
    """Stacks of all variables: weights drawn for each fit, the rest as it is; and rows."""
    weights = [rng.normal(0, 0.4, (fits, *one.shape)).astype("float32") for one in model.trainable_variables]
    rest = [np.stack([np.asarray(one.value)] * fits) for one in model.non_trainable_variables]
    shape = (fits, ROWS, *model.input_shape[1:])
    if model.inputs[0].dtype == "int32":
        rows = rng.integers(0, 5, shape).astype("int32")
        rows[0, 0, :2], rows[0, 1], rows[0, 2, -1] = 0, 0, 0
    else:
        rows = rng.normal(size=shape).astype("float32")
    return [tf.constant(one) for one in (*weights, *rest, rows)]


def step(model):
    """One fit's loss and gradients, as a function of its variables and rows."""
    variables, count = [*model.trainable_variables, *model.non_trainable_variables], len(model.trainable_variables)

    def of_one(leaves):
        scope = keras.StatelessScope(collect_losses=True)
        for variable, value in zip(variables, leaves[:-1], strict=True):
            scope.add_update((variable, value))
        with tf.GradientTape() as tape:
            tape.watch(leaves[:count])
            with scope:
                loss = tf.reduce_mean(model(leaves[-1], training=True) ** 2)
        return [loss, *map(tf.convert_to_tensor, tape.gradient(loss, leaves[:count]))]

    return of_one


def mapped(model, stacks, *, free):
    """The step of all fits, traced of one model, with its sizes known or not."""
    fixed, variables = recurrent_sizes.fixed(model), model.trainable_variables if free else []
    shapes = [fixed.get(id(one), [None] * len(one.shape)) for one in variables]
    shapes += [one.shape[1:] for one in stacks[len(variables) : -1]] + [[None, *stacks[-1].shape[2:]]]
    specs = [tf.TensorSpec([None, *shape], one.dtype) for shape, one in zip(shapes, stacks, strict=True)]
    model.compile("sgd", "mse")
    sizes = signature.of(model, model.outputs).sizes if free else ()
    with tracing.of(model, variables, sizes):
        whole = tf.function(
            lambda *given: over_fits(step(model), list(given), tf.shape(given[-1])[0]),
            input_signature=specs,
            autograph=False,
        )
        return whole.get_concrete_function()


def assert_as_alone(whole, model, stacks):
    """Each fit's loss and gradients are those it has alone."""
    found = whole(*stacks)
    alone = tf.function(step(model), autograph=False)
    for fit in range(len(stacks[0])):
        for mine, its in zip(found, alone([one[fit] for one in stacks]), strict=True):
            np.testing.assert_allclose(mine[fit], its, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", [*OWN, *OTHERS])
def test_each_fit_has_what_it_has_alone(name):
    """Loss and gradients of two fits, with sizes known."""
    keras.utils.set_random_seed(1)
    model = (OWN | OTHERS)[name](4)
    stacks = values(model, 2)
    assert_as_alone(mapped(model, stacks, free=False), model, stacks)


@pytest.mark.parametrize("name", OWN)
def test_one_trace_is_for_all_widths(name):
    """Traced of a model of one width, it is right for a model of another."""
    keras.utils.set_random_seed(1)
    traced, model = OWN[name](4), OWN[name](3)
    stacks = values(model, 2)
    assert_as_alone(mapped(traced, stacks, free=True), model, stacks)


def test_xla_compiles_a_layer_on_a_layer():
    """What XLA makes of both ways and a layer upon them is what the graph computes, and the loop stays a loop."""
    model = OWN["both ways, then one"](4)
    stacks = values(model, 2)
    whole = mapped(model, stacks, free=False)
    compiled = tf.function(whole, jit_compile=True, autograph=False)
    for mine, its in zip(compiled(*stacks), whole(*stacks), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-6)
