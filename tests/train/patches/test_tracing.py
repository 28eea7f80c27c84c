"""What is otherwise while a step is traced, and that Keras is as it was after."""

from contextlib import suppress

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras.src import backend
from keras.src.backend.tensorflow import numpy as keras_numpy

from job.train.patches import tracing

rng = np.random.default_rng(6)


def model(*layers, shape=(5, 3)):
    """Compiled, and built."""
    found = keras.Sequential([keras.Input(shape), *layers])
    found.compile("sgd", "mse")
    return found


def test_sizes_are_not_to_be_seen_inside():
    """Of variables, and of layers' attributes; a trace of one shape hides nothing."""
    found = model(L.Dense(7), L.Conv1D(6, 2))
    dense, conv = found.layers
    with tracing.of(found, found.trainable_variables, [(dense, "units"), (conv, "filters")]):
        assert [tuple(one.shape) for one in dense.trainable_variables] == [(None, None), (None,)]
        assert (dense.units, conv.filters) == (None, -1)
    assert [tuple(one.shape) for one in dense.trainable_variables] == [(3, 7), (7,)]
    assert (dense.units, conv.filters) == (7, 6)
    with tracing.of(found, (), ()):
        assert dense.units == 7


def test_keras_is_as_it_was_even_after_an_error():
    """Its functions, TensorFlow's log, and what layers said of their losses."""
    found = model(L.Dense(3, activity_regularizer="l2"))
    before = keras_numpy.add, backend.rnn, list(tf.get_logger().filters), found.layers[0].call
    with suppress(ZeroDivisionError), tracing.of(found, found.trainable_variables, ()):
        assert keras_numpy.add is not before[0]
        raise ZeroDivisionError
    assert (keras_numpy.add, backend.rnn, list(tf.get_logger().filters), found.layers[0].call) == before
    assert found.losses == []


def test_a_bias_is_added_plainly():
    """To one row and to many, as Keras adds it."""
    found = model(L.Dense(3), shape=(4,))
    rows = rng.normal(size=(1, 4)).astype("float32")
    plain = found(rows)
    with tracing.of(found, (), ()):
        np.testing.assert_allclose(found(rows), plain, rtol=1e-6)
