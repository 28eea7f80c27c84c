"""A build without values: what variables would begin with is kept, and nothing is made of it."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, optimizers

from job.train.patches.recording import recording

START = np.arange(3, dtype="float32")


def test_variables_tell_what_they_would_begin_with_and_have_no_value() -> None:
    """A layer's weights: their initializers, and the shapes that they will have."""
    origins: dict[int, Any] = {}
    begin = keras.initializers.HeNormal(seed=3)
    with recording(origins):
        layer = layers.Dense(4, kernel_initializer=begin, bias_initializer="ones")
        layer.build((None, 3))
    assert origins[id(layer.kernel)] is begin
    np.testing.assert_array_equal(origins[id(layer.bias)]((4,), dtype="float32"), np.ones(4))
    assert [tuple(one.shape) for one in layer.weights] == [(3, 4), (4,)]
    assert [one._value for one in layer.weights] == [None, None]


def test_no_initializer_is_called() -> None:
    """Of a layer that is as large as a machine's memory, nothing is made."""
    with recording({}):
        layer = layers.Dense(2**22)
        layer.build((None, 2**22))
    assert layer.count_params() == 2**44 + 2**22


def test_a_value_that_was_given_is_kept() -> None:
    """A variable made of numbers begins with them, whatever the seed."""
    origins: dict[int, Any] = {}
    with recording(origins):
        variable = keras.Variable(START)
    np.testing.assert_array_equal(origins[id(variable)], START)


def test_what_is_initialized_later_is_recorded_too() -> None:
    """Where Keras puts values off, as while it works out shapes, and makes up for it after."""
    origins: dict[int, Any] = {}
    begin = keras.initializers.Constant(2.0)
    with recording(origins):
        with keras.StatelessScope():
            variable = keras.Variable(begin, shape=(3,), dtype="float32")
            assert origins == {}
        assert origins == {id(variable): begin}
        assert variable._value is None


def test_an_optimizer_is_built_on_variables_without_values() -> None:
    """It has a momentum of the shape of each."""
    with recording({}):
        layer = layers.Dense(4)
        layer.build((None, 3))
        optimizer = optimizers.SGD(0.1, momentum=0.9)
        optimizer.build(layer.trainable_variables)
    assert [tuple(one.shape) for one in optimizer.variables[2:]] == [(3, 4), (4,)]


def test_variables_have_values_again_after_an_error() -> None:
    """Keras makes them as it did."""
    origins: dict[int, Any] = {}
    with pytest.raises(ZeroDivisionError), recording(origins):
        raise ZeroDivisionError
    np.testing.assert_array_equal(keras.Variable("ones", shape=(3,)), np.ones(3))
    assert origins == {}
