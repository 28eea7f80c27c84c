"""Functions of stacks, traced: for any number of fits, of sizes that are seen or not, and what tracing tells."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L  # noqa: N812
from train.together import against

from job.train import clock
from job.train.fits import Material
from job.train.together.program.tracer import Tracer
from job.train.together.step import device_rows
from job.train.together.step.variables import Variables


def tracer(*, free: bool, layer: Any = None) -> Tracer:
    """Of a model with an optimizer's and metrics' variables."""
    model = keras.Sequential([keras.Input((12,)), *([] if layer is None else [L.Reshape((4, 3)), layer]), L.Dense(2)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    table = device_rows.make(Material(against.X, against.Y, None, 2), against.Y, weighted=False)
    return Tracer(model, Variables.of(model), table, [], free, [(model.layers[-1], "units")])


@pytest.mark.parametrize("free", [True, False])
def test_a_traced_function_is_for_any_number_of_fits(free: bool) -> None:  # noqa: FBT001
    """It is given state, settings, class weights, row numbers, all rows, and what more was specified."""
    of = tracer(free=free)

    def function(state: Any, numbers: Any, classes: Any, rows: Any, table: Any, factor: Any) -> Any:
        taken = tf.gather(table[0], rows)
        return [factor * tf.matmul(taken, state[0]) + state[1][:, None] * classes[:, :1, None] * (1 + len(numbers))]

    traced = of.traced(function, of.variables.trainable, [None, None], tf.TensorSpec([], tf.float32))
    rng = np.random.default_rng(0)
    for fits in (1, 3):
        kernels, biases = rng.normal(size=(fits, 12, 2)), rng.normal(size=(fits, 2))
        rows = rng.integers(0, 63, (fits, 5))
        state = [tf.constant(one, tf.float32) for one in (kernels, biases)]
        classes = tf.ones((fits, 2))
        (found,) = traced(state, [], classes, tf.constant(rows, tf.int32), of.table.tensors, tf.constant(2.0))
        np.testing.assert_allclose(found, 2 * against.X[rows] @ kernels + biases[:, None], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("free", [True, False])
def test_sizes_are_seen_only_where_a_program_is_of_one_shape(free: bool) -> None:  # noqa: FBT001
    """Neither in stacks nor in the model; metrics have their shapes in any case, and the model has its own again."""
    of, seen = tracer(free=free), list[Any]()

    def function(state: Any) -> Any:
        seen.extend([state[0].shape.as_list(), tuple(of.variables.trainable[0].shape), of.model.layers[-1].units])
        return state

    of.concrete(function, [[of.spec(of.variables.trainable[0])]])
    assert seen == ([[None] * 3, (None, None), None] if free else [[None, 12, 2], (12, 2), 2])
    for metric in of.variables.metrics:
        assert of.spec(metric).shape.as_list() == [None, *metric.shape]
    assert (tuple(of.variables.trainable[0].shape), of.model.layers[-1].units) == ((12, 2), 2)


def test_a_size_that_all_models_share_is_known() -> None:
    """A GRU has two biases, however wide it is."""
    layer = L.GRU(5)
    assert tracer(free=True, layer=layer).spec(layer.cell.bias).shape.as_list() == [None, 2, None]
    assert tracer(free=False, layer=layer).spec(layer.cell.bias).shape.as_list() == [None, 2, 15]


def test_what_a_graph_and_xla_draw_unlike_is_told_even_of_a_trace_that_fails() -> None:
    """So that such a program is never compiled."""
    of = tracer(free=True)

    def failing(x: Any) -> Any:
        keras.random.shuffle(x, seed=3)
        raise ZeroDivisionError

    of.concrete(lambda x: keras.random.uniform((2,), seed=3) + x, [tf.TensorSpec([None])])
    assert of.unlike == set()
    with pytest.raises(ZeroDivisionError):
        of.concrete(failing, [tf.TensorSpec([None])])
    assert of.unlike == {"shuffle"}


def test_seconds_of_tracing_the_steps_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock that steps are compared by."""
    of, ticks = tracer(free=False), iter([1.0, 3.5, 10.0, 10.25])
    monkeypatch.setattr(clock, "now", lambda: next(ticks))
    for _ in range(2):
        with of.timing():
            pass
    assert of.seconds == 2.75
