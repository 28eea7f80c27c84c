"""One fit's values in the place of a model's variables."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, optimizers

from job.train.together.step.variables import Scope, Unmapped, Variables


def model(optimizer=None, **more):
    """Of every kind of variable: weights, statistics, an optimizer's and metrics'."""
    found = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.BatchNormalization(), layers.Dense(1)])
    found.compile(optimizer or optimizers.Adam(**more), "mse", metrics=["mae"])
    found.optimizer.build(found.trainable_variables)
    return found


def test_a_state_is_parted_as_it_was_put_together():
    """Weights, what else a prediction depends on, the optimizer's, metrics'; together the whole."""
    variables = Variables.of(model())
    state = list(range(len(variables.all)))
    parts = variables.parted(state)
    assert [len(one) for one in parts] == [
        len(one) for one in (variables.trainable, variables.other, variables.optimizer, variables.metrics)
    ]
    assert list(itertools.chain(*parts)) == state
    assert variables.fit == variables.model + variables.optimizer


def test_a_scope_s_values_take_the_place_of_variables():
    """A layer computes with them; what it assigns is in the scope, and its own variables stay as they were."""
    found = model()
    variables = Variables.of(found).model
    before = [one.numpy() for one in variables]
    values = [tf.ones_like(one) for one in before]
    with Scope(variables, values) as scope:
        outputs = found(np.ones((4, 3), "float32"), training=True)
    np.testing.assert_allclose(outputs, 3.0, atol=1e-5)  # a column of equals is normalized to 0: 0 + 1, twice, and 1
    means = [value for value, one in zip(scope.values(variables), variables, strict=True) if one.name == "moving_mean"]
    np.testing.assert_allclose(means[0], 0.99 + 0.01 * 4.0, rtol=1e-6)
    for one, old in zip(variables, before, strict=True):
        np.testing.assert_array_equal(one.numpy(), old)


def test_a_variable_that_is_no_part_of_the_state_is_an_error():
    """As a constant it would be the same for all fits."""
    other = keras.Variable(1.0, name="mine")
    with Scope([], []), pytest.raises(Unmapped, match="mine"):
        other + 1.0


AVERAGING = {
    "itself": lambda: optimizers.Adam(use_ema=True),
    "inner": lambda: optimizers.LossScaleOptimizer(optimizers.Adam(use_ema=True)),
}
if hasattr(optimizers, "MultiOptimizer"):  # since Keras 3.15
    AVERAGING["one of several"] = lambda: optimizers.MultiOptimizer(
        optimizers.OptimizerMap(optimizers.Adam(), {".*bias": optimizers.SGD(use_ema=True)})
    )


@pytest.mark.parametrize("name", AVERAGING)
def test_moving_averages_are_the_final_weights(name):
    """Where an optimizer keeps some, or one within; else the weights themselves."""
    found = model()
    variables = Variables.of(found)
    assert variables.final(found.optimizer, range(len(variables.all))) == list(range(len(variables.model)))
    averaged = model(AVERAGING[name]())
    variables = Variables.of(averaged)
    state = [np.full(one.shape, place) for place, one in enumerate(variables.all)]
    final = variables.final(averaged.optimizer, state)
    for one, value in zip(variables.all, state, strict=True):
        one.assign(value)
    averaged.optimizer.finalize_variable_values(averaged.trainable_variables)  # as ``fit`` ends
    for value, one in zip(final, variables.model, strict=True):
        np.testing.assert_array_equal(value, one.numpy())
