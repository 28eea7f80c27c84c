"""Preprocessing layers that learn from data: adapted on each fit's training rows, so that no test row is looked at.

Which data reaches a layer is found by running the model up to it, whatever kind of model it is: the layer's ``call`` is
replaced for that while by one that takes note of its input and stops the run.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from job.data.rows import Indices, Inputs
from job.train import feeding
from job.train.heads import ModelMistake
from job.train.patches import private
from job.train.patches.patch import replaced

_ROWS = 1024  # of one run of the model
_WHOLE = 1024**3  # bytes of a layer's input that are held at once


class _Reached(BaseException):  # no error, and nobody between may catch it
    """The run came to a layer that waits; carries the layer and its input."""

    def __init__(self, layer: Any, value: Any) -> None:
        super().__init__()
        self.layer, self.value = layer, value


def waiting(model: Any) -> list[Any]:
    """The layers with ``adapt`` that ``build`` left unadapted.

    A layer class of the user's own counts as unadapted unless its ``is_adapted`` is true.
    """
    return [layer for layer in _adaptable(model) if not _is_adapted(layer)]


def adapt(model: Any, X: Inputs, rows: Indices) -> None:
    """Adapts every waiting layer on the rows as they reach it, the first one first.

    Raises:
        ModelMistake: a layer is never reached by calling the model on X.
    """
    while layers := waiting(model):
        layer = _first(model, layers, X, rows)
        if layer is None:
            names = ", ".join(f"{type(one).__name__} `{one.name}`" for one in layers)
            raise ModelMistake(
                f"{names}: unadapted, and not reached when the model is called on X, so there is nothing to adapt to. "
                "Use it in the model, or give it its vocabulary, mean or boundaries in build."
            )
        layer.adapt(_what_reaches(model, layer, X, rows))
        if not _is_adapted(layer):
            raise ModelMistake(f"{type(layer).__name__} `{layer.name}` learned nothing from {len(rows)} training rows.")


def _what_reaches(model: Any, layer: Any, X: Inputs, rows: Indices) -> Any:
    """A layer's input for these rows: whole, as a user would give it to ``adapt``; where that is much, a dataset."""

    def parts() -> Iterator[Any]:
        return (_input(model, layer, X, rows[i : i + _ROWS]) for i in range(0, len(rows), _ROWS))

    first = next(parts())
    size = sum(_bytes(one) for one in keras.tree.flatten(first))
    if size * len(rows) <= _WHOLE * min(_ROWS, len(rows)):
        return keras.tree.map_structure(lambda *values: _joined(values), *parts())
    signature = keras.tree.map_structure(lambda one: tf.TensorSpec((None, *one.shape[1:]), one.dtype), first)
    return tf.data.Dataset.from_generator(parts, output_signature=signature)


def _bytes(value: Any) -> int:
    if not isinstance(value, tf.Tensor):
        return 0  # ragged and sparse ones are text, cut to pieces
    return int(tf.size(value)) * (16 if value.dtype == tf.string else value.dtype.size)


def _adaptable(layer: Any) -> Iterator[Any]:
    if callable(getattr(layer, "adapt", None)):
        yield layer
        return
    for inner in private.layers_within(layer):
        yield from _adaptable(inner)


def _is_adapted(layer: Any) -> bool:
    if isinstance(layer, keras.layers.Normalization):
        return layer.input_mean is not None or (layer.built and not _untouched(layer))
    if isinstance(layer, keras.layers.Discretization):
        return layer.bin_boundaries is not None
    if hasattr(layer, "get_vocabulary"):
        return len(layer.get_vocabulary(include_special_tokens=False)) > 0
    return bool(getattr(layer, "is_adapted", False))


def _untouched(layer: Any) -> bool:
    """Whether a Normalization still has the mean 0 and the variance 1 it was built with."""
    mean, variance = np.asarray(layer.adapt_mean), np.asarray(layer.adapt_variance)
    return not mean.any() and bool((variance == 1).all())


def _first(model: Any, layers: Sequence[Any], X: Inputs, rows: Indices) -> Any:
    with _stopping_at(layers):
        try:
            _run(model, feeding.tensors(X, rows[:1]))
        except _Reached as reached:
            return reached.layer
    return None


def _input(model: Any, layer: Any, X: Inputs, rows: Indices) -> Any:
    with _stopping_at([layer]):
        try:
            _run(model, feeding.tensors(X, rows))
        except _Reached as reached:
            return reached.value
    raise ModelMistake(f"{type(layer).__name__} `{layer.name}` is reached with some rows and not with others.")


def _run(model: Any, inputs: Any) -> None:
    """Calls the model; an unbuilt Sequential layer by layer, as calling it would fix its number of rows."""
    if not isinstance(model, keras.Sequential) or model.built:
        model(inputs, training=False)
        return
    for layer in model.layers:
        inputs = layer(inputs)


def _stopping_at(layers: Sequence[Any]) -> AbstractContextManager[None]:
    return replaced([(layer, "call", _stop(layer)) for layer in layers])


def _stop(layer: Any) -> Callable[..., Any]:
    def call(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if any(not hasattr(one, "numpy") for one in keras.tree.flatten(inputs)):  # Keras only infers shapes
            return type(layer).call(layer, inputs, *args, **kwargs)
        raise _Reached(layer, inputs)

    return call


def _joined(values: Sequence[Any]) -> Any:
    """Batches as one: an array, as a user would give ``adapt``, or a tensor where there is no array of it."""
    if all(isinstance(one, tf.Tensor) and one.dtype != tf.string for one in values):
        return np.concatenate([one.numpy() for one in values])
    return tf.concat(list(values), axis=0)
