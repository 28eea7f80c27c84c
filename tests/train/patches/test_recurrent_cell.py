"""One time step as a function: stepped by hand, it is the layer; its gradient is that of the step."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L  # noqa: N812

from job.train.patches.recurrent_cell import Cell, Untraceable

rng = np.random.default_rng(8)
ROWS = rng.normal(size=(4, 5, 3)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0], [0, 1, 0, 1, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
W, U = (tf.constant(rng.normal(size=shape), tf.float32) for shape in ((3, 2), (2, 2)))


def plain(rows: Sequence[Any], states: Sequence[Any]) -> Any:
    """An output that is the state, of weights from outside."""
    new = tf.tanh(rows[0] @ W + states[0] @ U)
    return new, [new]


def counting(rows: Sequence[Any], states: Sequence[Any]) -> Any:
    """An output that is no state."""
    new = tf.tanh(rows[0] @ W + states[0] @ U)
    return tf.stop_gradient(new) * 0.5 + new * 0.5 + 1.0, [new, states[1] + new]


def cell(step: Any, *, mask: Any = None, zeros: bool = False, every: bool = True) -> Cell:
    """Of four rows with five steps."""
    states = [tf.zeros((4, 2))] * (2 if step is counting else 1)
    told = None if mask is None else tf.constant(mask)[..., None]
    return Cell.of(step, [tf.constant(ROWS)], states, told, zeros=zeros, every=every)


def looped(of: Cell) -> tuple[list[Any], list[Any]]:
    """Outputs of each step and the last states, as the loop makes them."""
    states, outputs = of.states, []
    for at in range(5):
        output, *states = of.step(*(one[:, at] for one in of.rows), *states)
        outputs.append(np.asarray(output))
    return outputs, states


def alone(step: Any, mask: Any, *, zeros: bool) -> tuple[list[Any], list[Any]]:
    """The same by NumPy: each row by itself, its masked steps left out."""
    outputs = np.zeros((5, 4, 2), "float32")
    last = np.zeros((2 if step is counting else 1, 4, 2), "float32")
    for row in range(4):
        states, before = last[:, row], np.zeros(2)
        for at in range(5):
            if mask is None or mask[row, at]:
                new = np.tanh(ROWS[row, at] @ W.numpy() + states[0] @ U.numpy())
                states = np.stack([new, states[1] + new]) if step is counting else new[None]
                before = new + 1.0 if step is counting else new
                outputs[at, row] = before
            else:
                outputs[at, row] = 0.0 if zeros else before
        last[:, row] = states
    return list(outputs), list(last)


@pytest.mark.parametrize("step", [plain, counting])
@pytest.mark.parametrize(("mask", "zeros"), [(None, False), (MASK, False), (MASK, True)])
def test_steps_one_after_the_other_are_the_layer(step: Any, mask: Any, zeros: bool) -> None:  # noqa: FBT001
    """A masked step changes no state, and gives out what the one before gave, or nothing."""
    found = cell(step, mask=mask, zeros=zeros)
    outputs, states = looped(found)
    expected, last = alone(step, mask, zeros=zeros)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(states[len(states) - found.layers :], last, rtol=1e-5, atol=1e-6)
    assert found.layers == len(last)
    assert len(found.rows) == (1 if mask is None else 2)


@pytest.mark.parametrize("step", [plain, counting])
@pytest.mark.parametrize("mask", [None, MASK], ids=["all seen", "masked"])
def test_the_last_output_alone_is_among_the_states(step: Any, mask: Any) -> None:
    """Where outputs of all steps are not wanted."""
    found = cell(step, mask=mask, every=False)
    _, states = looped(found)
    expected, _ = alone(step, mask, zeros=False)
    assert found.last is not None
    np.testing.assert_allclose(states[found.last], expected[-1], rtol=1e-5, atol=1e-6)


def test_a_cell_of_keras_is_stepped_with_what_it_takes_from_outside() -> None:
    """Its weights are captured, and the outputs are those of the layer around it."""
    layer = L.LSTM(2, return_sequences=True)
    expected = layer(ROWS)
    found = Cell.of(
        lambda rows, states: layer.cell(rows[0], states),
        [tf.constant(ROWS)],
        layer.cell.get_initial_state(4),
        None,
        zeros=False,
        every=True,
    )
    np.testing.assert_allclose(np.stack(looped(found)[0], 1), expected, rtol=1e-5, atol=1e-6)
    assert len(found.captures) == 3


@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize("step", [plain, counting])
def test_slopes_are_those_of_the_step(step: Any, alike: bool) -> None:  # noqa: FBT001
    """By rows, states and captures, for slopes of its output and of its new states."""
    found = cell(step)
    given = [tf.constant(rng.normal(size=one.shape), tf.float32) for one in found.step.inputs[: 1 + found.layers]]
    back = [tf.constant(rng.normal(size=(4, 2)), tf.float32) for _ in found.step.outputs]
    mine = found.slopes(alike=alike)(*given, *(one for one in (W, U)), *back)
    with tf.GradientTape() as tape:
        tape.watch([*given, W, U])
        output, new = step(given[:1], given[1:])
        whole = sum(tf.reduce_sum(one * slope) for one, slope in zip([output, *new], back, strict=True))
    about = [*given, *(W if one is found.captures[0] else U for one in found.captures)]
    for one, theirs in zip(mine, tape.gradient(whole, about, unconnected_gradients="zero"), strict=True):
        np.testing.assert_allclose(one, theirs, rtol=1e-5, atol=1e-6)


def test_states_that_count_are_refused() -> None:
    """Whole numbers have no slopes: such a cell is stepped as Keras does."""
    with pytest.raises(Untraceable):
        Cell.of(plain, [tf.constant(ROWS)], [tf.zeros((4, 2), tf.int32)], None, zeros=False, every=True)


def test_a_first_output_of_unknown_size_is_refused() -> None:
    """What comes before the first step is zeros of its shape, which has to be known where it is no state."""

    def unknown(width: Any) -> Any:
        def step(rows: Sequence[Any], states: Sequence[Any]) -> Any:
            return tf.zeros(tf.stack([4, width])), [states[0] + rows[0][:, :2]]

        with pytest.raises(Untraceable):
            Cell.of(
                step, [tf.constant(ROWS)], [tf.zeros((4, 2))], tf.constant(MASK)[..., None], zeros=False, every=True
            )
        return width

    tf.function(unknown, input_signature=[tf.TensorSpec([], tf.int32)], autograph=False).get_concrete_function()
