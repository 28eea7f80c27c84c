"""Scaled weights: divided by their fit's share of the largest learning rate, as the optimizer's kernel keeps them.

A dense layer multiplies its products by the share instead of its weights, which are mostly more numbers.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.src.backend.tensorflow import numpy as keras_numpy
from tensorflow.python.eager import record

from job.train.patches import private
from job.train.patches.patch import replaced


class Rates(NamedTuple):
    """Learning rates of some fits.

    Attributes:
        largest: of them all, whatever its sign, so that no share is above one.
        shares: of the largest that each has, (fits,).
    """

    largest: Any
    shares: Any

    @classmethod
    def of(cls, rates: Any) -> "Rates":
        """Those of fits whose rates are these. Where they have one rate, nothing is rounded by dividing."""
        largest = rates[np.argmax(np.abs(rates))]
        return cls(largest, rates / largest)


def kernels(model: Any) -> set[int]:
    """Identities of the variables that can be taken divided."""
    return {id(private.kernel(one)) for one in private.layers(model) if type(one) is layers.Dense}


@contextmanager
def restored(model: Any, values: Sequence[Any], divided: Sequence[int], share: Any) -> Iterator[list[Any]]:
    """Values of one fit; while this lasts, a dense layer's product takes divided weights in place of whole ones.

    Args:
        model: whose trainable variables' values come first.
        values: some of them divided.
        divided: places of these.
        share: what they were divided by, (1, 1).
    """
    whole = list(values)
    for place in divided:
        whole[place] = values[place] * tf.reshape(share, [1] * values[place].shape.rank)
    own, variables = kernels(model), model.trainable_variables
    kept = {id(whole[place]): values[place] for place in divided if id(variables[place]) in own}
    original = keras_numpy.matmul

    def matmul(x1: Any, x2: Any) -> Any:
        given = tf.convert_to_tensor(x2) if isinstance(x2, keras.Variable) else x2
        if id(given) not in kept or not tf.is_tensor(x1) or x1.shape.rank != 2 or x1.dtype != given.dtype:
            return original(x1, x2)
        return _product(x1, given, kept[id(given)], share)

    with replaced([(keras_numpy, "matmul", matmul)]):
        yield whole


def _product(rows: Any, whole: Any, divided: Any, share: Any) -> Any:
    """``rows @ whole`` computed from scaled weights (``divided``), with the gradients of the unscaled product."""
    with record.stop_recording():
        found = tf.matmul(rows, divided) * share

    def slopes(slope: Any) -> tuple[Any, Any]:
        if record.could_possibly_record():  # someone derives this once more
            back = tf.matmul(slope, whole, transpose_b=True)
        else:
            back = tf.matmul(slope, divided, transpose_b=True) * share
        return back, tf.matmul(rows, slope, transpose_a=True)

    record.record_operation("Product", [found], [rows, whole], slopes)
    return found
