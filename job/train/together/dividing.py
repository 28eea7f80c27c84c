"""Weights that come divided by their fit's learning rate, as the optimizer's kernel keeps them.

A dense layer multiplies its products by the rate, and not its weights: these are mostly more numbers, and are read
where they lie.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras import layers
from keras.src.backend.tensorflow import numpy as keras_numpy
from tensorflow.python.eager import record

from job.train.together.replacing import replaced


@contextmanager
def restored(model: Any, values: Sequence[Any], divided: Sequence[int], rate: Any) -> Iterator[list[Any]]:
    """Values of one fit; while this lasts, a dense layer's product takes divided weights in place of whole ones.

    Args:
        model: whose trainable variables' values come first.
        values: some of them divided.
        divided: places of these.
        rate: the learning rate, (1, 1).
    """
    whole = list(values)
    for place in divided:
        whole[place] = values[place] * tf.reshape(rate, [1] * values[place].shape.rank)
    kernels = {id(one._kernel) for one in model._flatten_layers() if type(one) is layers.Dense}  # noqa: SLF001
    variables = model.trainable_variables
    kept = {id(whole[place]): values[place] for place in divided if id(variables[place]) in kernels}
    original = keras_numpy.matmul

    def matmul(x1: Any, x2: Any) -> Any:
        given = tf.convert_to_tensor(x2) if isinstance(x2, keras.Variable) else x2
        if id(given) not in kept or not tf.is_tensor(x1) or x1.shape.rank != 2 or x1.dtype != given.dtype:
            return original(x1, x2)
        return _product(x1, given, kept[id(given)], rate)

    with replaced([(keras_numpy, "matmul", matmul)]):
        yield whole


def _product(rows: Any, whole: Any, divided: Any, rate: Any) -> Any:
    """``rows @ whole``, whose gradients are those by ``rows`` and by ``whole``, and which only looks at ``divided``."""
    with record.stop_recording():
        found = tf.matmul(rows, divided) * rate

    def slopes(slope: Any) -> tuple[Any, Any]:
        if record.could_possibly_record():  # someone derives this once more
            back = tf.matmul(slope, whole, transpose_b=True)
        else:
            back = tf.matmul(slope, divided, transpose_b=True) * rate
        return back, tf.matmul(rows, slope, transpose_a=True)

    record.record_operation("Product", [found], [rows, whole], slopes)
    return found
