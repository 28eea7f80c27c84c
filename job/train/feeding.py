"""Rows on their way into Keras: gathered by number, batch by batch, in the order each epoch asks for."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from job.data.rows import Array, Indices, Inputs
from job.train import pulse
from job.train.order import epoch_order


def take(X: Inputs, rows: Indices | slice) -> Any:
    """Gathers rows of the inputs as Keras takes them: floats in its own precision, text as string tensors."""
    return mapped(lambda array: ready(array[rows]), X)


def mapped(function: Callable[[Array], Any], X: Inputs) -> Any:
    """Applies a function to every array of the inputs, keeping their structure."""
    if isinstance(X, Mapping):
        return {name: function(array) for name, array in X.items()}
    if isinstance(X, tuple):
        return tuple(function(array) for array in X)
    return function(X)


def ready(array: Array) -> Any:
    """Converts one array as Keras's own array adapter does, and text to a string tensor."""
    if array.dtype.kind in "OUS":
        return tf.convert_to_tensor(array, dtype=tf.string)
    if array.dtype.kind == "f":
        return np.asarray(array, dtype=keras.config.floatx())
    return np.asarray(array)


class Feed(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """Batches of some rows: in their own order, or in ``epoch_order`` of a seed, anew in each epoch.

    Args:
        X: inputs of all rows.
        rows: which rows, in order.
        batch_size: rows of a batch; the last may be smaller.
        y: targets of all rows; None to predict.
        weights: a weight for each of ``rows``, or None.
        seed: of the order of rows; None leaves them as they are.
    """

    def __init__(
        self,
        X: Inputs,
        rows: Indices,
        batch_size: int,
        y: Any = None,
        weights: Array | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self._X, self._rows, self._batch, self._y, self._weights, self._seed = X, rows, batch_size, y, weights, seed
        self._order = np.arange(len(rows))
        self._epoch = 0

    def __len__(self) -> int:
        """The number of batches."""
        return math.ceil(len(self._rows) / self._batch)

    def __getitem__(self, index: int) -> Any:
        """One batch: ``(inputs,)``, ``(inputs, targets)`` or ``(inputs, targets, weights)``."""
        pulse.beat()
        places = self._order[index * self._batch : (index + 1) * self._batch]
        rows = self._rows[places]
        inputs = take(self._X, rows)
        if self._y is None:
            return (inputs,)
        targets = mapped(lambda array: array[rows], self._y)
        return (inputs, targets) if self._weights is None else (inputs, targets, self._weights[places])

    def on_epoch_begin(self) -> None:
        """Sets the epoch's order. Not ``on_epoch_end``, which Keras also calls once before the first epoch."""
        if self._seed is not None:
            self._order = epoch_order(self._seed, self._epoch, len(self._rows))
            self._epoch += 1
