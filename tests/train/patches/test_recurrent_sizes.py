"""Recurrent cells whose sizes are not known: weights of another width, beside Keras's cell of that width."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L  # noqa: N812

from job.train.patches import recurrent_sizes
from job.train.patches.patch import replaced

rng = np.random.default_rng(3)


def series(*parts: Any) -> Any:
    """A model on series of three numbers."""
    return keras.Sequential([keras.Input((4, 3)), *parts])


@keras.saving.register_keras_serializable("tests")
class Own(L.SimpleRNNCell):  # type: ignore[misc]  # Keras ships no types
    """A cell of the user's."""


ONE_STEP: dict[str, Callable[[int], Any]] = {
    "LSTM": L.LSTM,
    "GRU": L.GRU,
    "GRU, reset before": lambda n: L.GRU(n, reset_after=False),
    "GRU without biases": lambda n: L.GRU(n, use_bias=False),
    "SimpleRNN": L.SimpleRNN,
}


@pytest.mark.parametrize("name", ONE_STEP)
def test_a_cell_is_as_wide_as_the_weights_it_is_given(name: str) -> None:
    """How its states begin, and what it makes of one step: of weights for three, in a layer of width five."""
    wide, real = ONE_STEP[name](5), ONE_STEP[name](3)
    found = series(wide)
    series(real)
    rows = rng.normal(size=(2, 3)).astype("float32")
    states = [rng.normal(size=(2, 3)).astype("float32") for _ in real.cell.get_initial_state(2)]
    scope = keras.StatelessScope()
    for variable, value in zip(wide.cell.trainable_variables, real.cell.trainable_variables, strict=True):
        value.assign(rng.normal(size=value.shape))
        scope.add_update((variable, value.value))
    with replaced(recurrent_sizes.replacements(found)), scope:
        begin = wide.cell.get_initial_state(2)
        output, after = wide.cell.call(rows, states)
    expected, its = real.cell.call(rows, states)
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-6)
    for mine, theirs in zip(after, its, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)
    assert [one.shape for one in begin] == [(2, 3)] * len(states)
    assert not np.any(begin)
    assert [one.shape for one in wide.cell.get_initial_state(2)] == [(2, 5)] * len(states)
    assert "call" not in vars(wide.cell)


def test_a_convolving_cell_has_the_channels_of_its_weights() -> None:
    """Traced without its filters' number, it steps as one of two filters; a layer of four was traced."""
    wide, real = L.ConvLSTM1D(4, 2, padding="same"), L.ConvLSTM1D(2, 2, padding="same")
    found = keras.Sequential([keras.Input((3, 5, 1)), wide])
    keras.Sequential([keras.Input((3, 5, 1)), real])
    values = [rng.normal(size=one.shape).astype("float32") for one in real.trainable_variables]
    for variable, value in zip(real.trainable_variables, values, strict=True):
        variable.assign(value)
    rows = rng.normal(size=(2, 5, 1)).astype("float32")

    def step(rows: Any, *values: Any) -> Any:
        scope = keras.StatelessScope()
        for variable, value in zip(wide.trainable_variables, values, strict=True):
            scope.add_update((variable, value))
        with scope:
            return wide.cell.call(rows, wide.cell.get_initial_state(tf.shape(rows)[0]))

    specs = [tf.TensorSpec([None, 5, 1]), *(tf.TensorSpec([None] * one.ndim) for one in values)]
    with replaced(recurrent_sizes.replacements(found)):
        traced = tf.function(step, input_signature=specs, autograph=False).get_concrete_function()
    output, states = traced(rows, *map(tf.constant, values))
    expected, its = real.cell.call(rows, [tf.zeros((2, 5, 2))] * 2)
    for mine, theirs in zip((output, *states), (expected, *its), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def test_a_gru_s_two_biases_stay_two() -> None:
    """Whatever its width; no other variable has a size that all models share."""
    gru = L.GRU(5)
    found = series(L.LSTM(4, return_sequences=True), gru)
    assert recurrent_sizes.fixed(found) == {id(gru.cell.bias): [2, None]}
    for other in (L.GRU(5, reset_after=False), L.GRU(5, use_bias=False), L.SimpleRNN(5)):
        assert recurrent_sizes.fixed(series(other)) == {}


@pytest.mark.parametrize(
    ("layer", "alike"),
    [
        (L.LSTM(3), True),
        (L.GRU(3, activation="relu"), True),
        (L.RNN([L.LSTMCell(3), L.SimpleRNNCell(2)]), True),
        (L.Bidirectional(L.GRU(3)), True),
        (L.Flatten(), True),
        (L.LSTM(3, activation="softmax"), False),
        (L.GRU(3, recurrent_activation="hard_sigmoid"), False),
        (L.RNN(Own(3)), False),
        (L.RNN([L.LSTMCell(3), Own(2)]), False),
        (L.Bidirectional(L.RNN(Own(3))), False),
    ],
)
def test_only_cells_that_keras_alone_made_are_known_to_be_alike(layer: Any, alike: bool) -> None:  # noqa: FBT001
    """With activations that look at each number by itself, wherever the cell is."""
    assert recurrent_sizes.are_alike(series(layer)) is alike
