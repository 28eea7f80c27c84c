"""Convolutions as matrix products: what a stack of fits, each with filters of its own, can do at once.

TensorFlow's kernels take one set of filters; mapped over fits they loop, and the gradient's loop XLA refuses. The
pieces of an image under each place of a filter, side by side, times the filters as a matrix, are the same sum in
another order.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from job.train.patches import private

_LARGEST = 256 * 1024
"""Most bytes of pieces of one row: of large images they are many times the image, and the loop is no burden."""


def replacements(model: Any) -> list[tuple[Any, str, Callable[[Any, Any], Any]]]:
    """What a model's convolutions are replaced by while its step is traced: the layer, its method, a function."""
    layers = [layer for layer in private.layers(model) if _is_suitable(layer)]
    return [(layer, "convolution_op", _as_product(layer)) for layer in layers]


def _is_suitable(layer: Any) -> bool:
    if type(layer) not in (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D) or not layer.built:
        return False
    shape = private.built_shapes(layer).get("input_shape")
    if layer.groups != 1 or layer.data_format != "channels_last" or layer.padding == "causal":
        return False
    if shape is None or None in shape[1:]:
        return False
    out = [_out(layer, axis, size) for axis, size in enumerate(shape[1:-1])]
    return bool(4 * math.prod(out) * math.prod(layer.kernel_size) * int(shape[-1]) <= _LARGEST)


def _out(layer: Any, axis: int, size: int) -> int:
    """The output's size along an axis."""
    if layer.padding == "same":
        return -(-size // int(layer.strides[axis]))
    reach = int((layer.kernel_size[axis] - 1) * layer.dilation_rate[axis])
    return (size - reach - 1) // int(layer.strides[axis]) + 1


def _as_product(layer: Any) -> Callable[[Any, Any], Any]:
    original = layer.convolution_op

    def convolution_op(inputs: Any, kernel: Any) -> Any:
        if None in inputs.shape[1:-1]:
            return original(inputs, kernel)
        kernel = tf.convert_to_tensor(kernel)
        pieces = _pieces(layer, inputs)
        width = tf.shape(kernel)[-1]
        rows = tf.reshape(pieces, [-1, tf.shape(pieces)[-1]])
        product = tf.matmul(rows, tf.reshape(kernel, [-1, width]))
        out = tf.reshape(product, tf.concat([tf.shape(pieces)[:-1], [width]], 0))
        out.set_shape([*pieces.shape[:-1], kernel.shape[-1]])
        return out

    return convolution_op


def _pieces(layer: Any, inputs: Any) -> Any:
    """What lies under each place of the filters: (rows, places …, filter's places by channels)."""
    out = [_out(layer, axis, size) for axis, size in enumerate(inputs.shape[1:-1])]
    if layer.padding == "same":
        inputs = tf.pad(
            inputs, [[0, 0], *(_margins(layer, axis, size) for axis, size in enumerate(inputs.shape[1:-1])), [0, 0]]
        )
    rows, channels = tf.shape(inputs)[0], tf.shape(inputs)[-1]
    found = []
    for offsets in itertools.product(*(range(size) for size in layer.kernel_size)):
        starts = [offset * rate for offset, rate in zip(offsets, layer.dilation_rate, strict=True)]
        if all(stride == 1 for stride in layer.strides):
            piece = tf.slice(inputs, [0, *starts, 0], tf.stack([rows, *out, channels]))
            piece.set_shape([inputs.shape[0], *out, inputs.shape[-1]])
        else:
            cuts = [
                slice(start, start + (count - 1) * stride + 1, stride)
                for start, count, stride in zip(starts, out, layer.strides, strict=True)
            ]
            piece = inputs[(slice(None), *cuts, slice(None))]
        found.append(piece)
    return tf.concat(found, axis=-1)


def _margins(layer: Any, axis: int, size: int) -> list[int]:
    """Zeros before and after, as padding "same" has them."""
    reach = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis] + 1
    total = max((_out(layer, axis, size) - 1) * int(layer.strides[axis]) + reach - size, 0)
    return [total // 2, total - total // 2]
