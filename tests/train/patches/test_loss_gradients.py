"""Losses in fewer operations, beside TensorFlow's and Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from keras import layers, losses, optimizers
from keras.src.losses import loss as keras_loss
from train.together import against

from job.train.patches import loss_gradients as shorter
from job.train.patches.patch import replaced

numbers = st.floats(-120, 120, width=32) | st.sampled_from([0.0, -0.0, 1e-30, 1e4, -1e4])
labels = st.sampled_from([0.0, 1.0]) | st.floats(0, 1, width=32)


def with_slopes(function, *given):
    """A loss and its gradients."""
    with tf.GradientTape() as tape:
        tape.watch(given)
        found = function(*given)
    return found, *tape.gradient(found, given)


@given(st.lists(st.tuples(labels, numbers), min_size=1, max_size=20))
def test_the_binary_crossentropy_is_tensorflows(pairs):
    """Of any logits, however large, and of labels between two classes; and so are its slopes by both."""
    y, z = (tf.constant(one, tf.float32) for one in zip(*pairs, strict=True))
    theirs = with_slopes(lambda y, z: tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=z), y, z)
    with replaced(shorter.replacements()):
        ours = with_slopes(lambda y, z: tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=z), y, z)
    for mine, its in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-5, atol=2e-7)


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=50))
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None])
def test_a_loss_of_rows_is_reduced_as_by_keras(reduction, values):
    """To their mean, or to what else was asked for; with its slope."""
    given = tf.constant(values, tf.float32)

    def reduced(one):
        return keras_loss.reduce_values(one, None, reduction)

    theirs = with_slopes(reduced, given)
    with replaced(shorter.replacements()):
        ours = with_slopes(reduced, given)
    for mine, its in zip(ours, theirs, strict=True):
        assert mine.shape == its.shape
        np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    ("loss", "activation"),
    [
        (losses.BinaryCrossentropy(label_smoothing=0.1), "sigmoid"),
        (losses.BinaryCrossentropy(from_logits=True), None),
        (losses.BinaryCrossentropy(reduction="sum"), "sigmoid"),
        (losses.BinaryFocalCrossentropy(), "sigmoid"),
        (losses.MeanSquaredError(reduction="mean_with_sample_weight"), None),
        (losses.Huber(), None),
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_losses_of_keras_train_as_by_keras(loss, activation, weighted):
    """Whatever their options; with and without weights of rows."""

    def build(learning_rate=0.01):
        parts = [layers.Dense(5, "relu"), layers.Dense(1, activation)]
        model = keras.Sequential([keras.Input((12,)), *parts])
        model.compile(optimizers.Adam(learning_rate), type(loss).from_config(loss.get_config()))
        return model

    weight = np.linspace(0.5, 2.0, len(against.X)).astype("float32") if weighted else None
    regression = isinstance(loss, losses.MeanSquaredError | losses.Huber)
    case = against.case(build, Y=against.X[:, 0] if regression else against.Y, sample_weight=weight)
    against.assert_as_keras(case, [{"learning_rate": 0.01}, {"learning_rate": 0.02}], by="any-shape graph")
