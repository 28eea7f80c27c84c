"""Losses and their slopes in fewer operations than Keras and TensorFlow make of them, with the same values."""

from typing import Any

import tensorflow as tf
from keras.src.losses import loss as keras_loss
from tensorflow.python.eager import record


def replacements() -> list[tuple[Any, str, Any]]:
    """What to replace while a step is traced."""
    reduced, crossentropy = keras_loss.reduce_values, tf.nn.sigmoid_cross_entropy_with_logits

    def reduce_values(values: Any, sample_weight: Any = None, reduction: Any = "sum_over_batch_size") -> Any:
        weighted = reduction == "mean_with_sample_weight" and sample_weight is not None
        if reduction in (None, "none", "sum") or weighted or values.shape.rank != 1:
            return reduced(values, sample_weight, reduction)
        return _mean(values)

    def binary(labels: Any = None, logits: Any = None, name: str | None = None) -> Any:
        if not (tf.is_tensor(labels) and tf.is_tensor(logits)) or labels.dtype != logits.dtype:
            return crossentropy(labels=labels, logits=logits, name=name)
        return _crossentropy(labels, logits)

    return [(keras_loss, "reduce_values", reduce_values), (tf.nn, "sigmoid_cross_entropy_with_logits", binary)]


def _mean(values: Any) -> Any:
    """The same of one number per row: rows are counted once, and not by shapes, which takes many operations."""
    with record.stop_recording():
        ones = tf.ones_like(values)
        each = ones / tf.reduce_sum(ones)
        found = tf.reduce_mean(values)
    record.record_operation("Mean", [found], [values], lambda slope: [each * slope])
    return found


def _crossentropy(labels: Any, logits: Any) -> Any:
    """``max(z, 0) - y z + log(1 + exp(-|z|))``; by z its slope is ``sigmoid(z) - y``, by y ``-z``."""
    with record.stop_recording():
        found = tf.nn.relu(logits) - logits * labels + tf.nn.softplus(-tf.abs(logits))

    def slopes(slope: Any) -> tuple[Any, Any]:
        return -slope * logits, slope * (tf.sigmoid(logits) - labels)

    record.record_operation("Crossentropy", [found], [labels, logits], slopes)
    return found
