"""Which dimensions of tensors are the same, though nobody knows their sizes yet.

The gradient of ``a + b`` is summed over the dimensions in which one of them was stretched. Where sizes are unknown
TensorFlow finds these while the program runs, by ten operations in every step. What is known while tracing is enough
nearly always: rows that were gathered by the same numbers are as many, and a kernel has as many columns as its product.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras.src.layers.convolutional.base_conv import BaseConv
from tensorflow.python.framework.ops import gradient_registry
from tensorflow.python.ops import math_grad

from job.train.patches import dimension_rules, private
from job.train.patches.patch import replaced

Pair = tuple[Any, int, Any, int]
"""A tensor and its axis, and another tensor and the axis of it that is as long."""


@contextmanager
def known(pairs: Iterable[Pair] = ()) -> Iterator[None]:
    """While this lasts, gradients are summed over axes found beforehand, wherever they can be."""
    extents = Extents()
    for a, axis, b, other in pairs:
        extents.unify(extents.of(a)[axis], extents.of(b)[other])
    original = math_grad._ReduceGradientArgs

    def reduce(x: Any, y: Any, gx: Any, gy: Any) -> Any:
        axes = extents.stretched(x, y)
        if axes is None:
            return original(x, y, gx, gy)
        return _summed(gx, x, axes[0]), _summed(gy, y, axes[1])

    with replaced([(math_grad, "_ReduceGradientArgs", reduce)]), _means():
        yield


@contextmanager
def by_rank() -> Iterator[None]:
    """While this lasts, nothing is stretched but for the axes that the other one alone has."""
    original = math_grad._ReduceGradientArgs

    def reduce(x: Any, y: Any, gx: Any, gy: Any) -> Any:
        if x.shape.rank is None or y.shape.rank is None:
            return original(x, y, gx, gy)
        rank = max(x.shape.rank, y.shape.rank)
        return tuple(_summed(one, of, list(range(rank - of.shape.rank))) for one, of in ((gx, x), (gy, y)))

    with replaced([(math_grad, "_ReduceGradientArgs", reduce)]), _means():
        yield


def _means() -> AbstractContextManager[None]:
    """Gradients of means over dimensions of a known size don't look for it."""
    registered = gradient_registry._registry["Mean"]
    original = registered["type"]

    def gradient(operation: Any, of_mean: Any) -> Any:
        shape, axes = operation.inputs[0].shape, tf.get_static_value(operation.inputs[1])
        if axes is None or shape.rank is None:
            return original(operation, of_mean)
        over = sorted({int(axis) % shape.rank for axis in axes.reshape(-1)})
        if any(shape[axis] != 1 for axis in over):
            return original(operation, of_mean)
        for axis in () if operation.get_attr("keep_dims") else over:
            of_mean = tf.expand_dims(of_mean, axis)
        return of_mean, None

    return replaced([(registered, "type", gradient)])


@contextmanager
def noted(model: Any) -> Iterator[list[tuple[Any, Any]]]:
    """While this lasts, records each BatchNormalization's input; its weights have that input's channel count."""
    seen: list[tuple[Any, Any]] = []

    def noting(layer: Any) -> Any:
        def call(inputs: Any, *args: Any, **more: Any) -> Any:
            seen.append((layer, inputs))
            return type(layer).call(layer, inputs, *args, **more)

        return call

    layers = [one for one in private.layers(model) if type(one) is keras.layers.BatchNormalization]
    with replaced([(layer, "call", noting(layer)) for layer in layers]):
        yield seen


def of_weights(
    model: Any, seen: Iterable[tuple[Any, Any]], variables: Sequence[Any], values: Sequence[Any]
) -> Iterator[Pair]:
    """Pairs of dimensions known to be equal, such as a kernel's columns and its bias."""
    tensors = {id(variable): value for variable, value in zip(variables, values, strict=False)}
    for layer in private.layers(model):
        if isinstance(layer, keras.layers.Dense | BaseConv) and layer.bias is not None:
            kernel, bias = (tensors.get(id(one)) for one in (private.kernel(layer), layer.bias))
            if kernel is not None and bias is not None:
                yield kernel, -1, bias, -1
    for layer, inputs in seen:
        for one in (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance):
            if one is not None and isinstance(layer.axis, int) and id(one) in tensors:
                yield inputs, layer.axis, tensors[id(one)], 0


def _summed(gradient: Any, of: Any, axes: list[int]) -> Any:
    if gradient is None or not axes:
        return gradient
    before = gradient.shape.rank - of.shape.rank
    if axes == list(range(before)):
        return tf.reduce_sum(gradient, axes)
    found = tf.reduce_sum(gradient, axes, keepdims=True)
    return tf.squeeze(found, list(range(before))) if before else found


class Extents:
    """An extent is a number, or stands for one that is not known; those that must be the same are unified."""

    def __init__(self) -> None:
        self._known: dict[Any, tuple[Any, ...]] = {}
        self._same: dict[Any, Any] = {}

    def of(self, tensor: Any) -> tuple[Any, ...]:
        """The extents of a tensor of known rank, from those of what it was made of."""
        todo = [tensor]
        while todo:
            one = todo[-1]
            if one.ref() in self._known:
                todo.pop()
                continue
            missing = [given for given in dimension_rules.needed(one) if given.ref() not in self._known]
            if missing:
                todo += missing
                continue
            self._known[one.ref()] = self._made(one)
        return tuple(self.root(one) for one in self._known[tensor.ref()])

    def root(self, extent: Any) -> Any:
        """What stands for all that are the same as an extent."""
        while extent in self._same:
            extent = self._same[extent]
        return extent

    def unify(self, a: Any, b: Any) -> None:
        """Takes note that two extents are the same."""
        a, b = self.root(a), self.root(b)
        if a != b:
            a, b = (b, a) if isinstance(a, int) else (a, b)  # numbers stand for others
            self._same[a] = b

    def stretched(self, x: Any, y: Any) -> tuple[list[int], list[int]] | None:
        """The axes, of what comes of both, along which each was stretched; None where that can't be told."""
        if x.shape.rank is None or y.shape.rank is None:
            return None
        rank = max(x.shape.rank, y.shape.rank)
        sides = [(1,) * (rank - len(found)) + found for found in (self.of(x), self.of(y))]
        axes: tuple[list[int], list[int]] = ([], [])
        for axis, (a, b) in enumerate(zip(*sides, strict=True)):
            if a == b:
                continue
            if a != 1 and b != 1:
                return None
            axes[0 if a == 1 else 1].append(axis)
        for side, tensor in zip(axes, (x, y), strict=True):
            side[:0] = [axis for axis in range(rank - tensor.shape.rank) if axis not in side]
        return sorted(axes[0]), sorted(axes[1])

    def _made(self, tensor: Any) -> tuple[Any, ...]:
        found = dimension_rules.made(tensor, self)
        own = [(tensor.ref(), axis) for axis in range(tensor.shape.rank or 0)]
        if found is None or len(found) != len(own):
            found = tuple(own)
        shape = tensor.shape.as_list() if tensor.shape.rank is not None else []
        return tuple(
            size if size is not None else (place if one is None else one)
            for size, one, place in zip(shape, found, own, strict=True)
        )
