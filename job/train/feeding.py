"""Rows on their way into Keras: gathered by number, batch by batch, in the order each epoch asks for.

One stream serves all epochs, because Keras takes 10 to 50 ms to start its input anew for each.
"""

import math
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from job.data.rows import Array, Indices, Inputs
from job.train import pulse
from job.train.order import epoch_order

_AHEAD = 2  # batches gathered before they are asked for


def take(X: Inputs, rows: Indices | slice) -> Any:
    """Gathers rows of the inputs as Keras takes them: floats in its own precision, text as string tensors."""
    return mapped(lambda array: ready(array[rows]), X)


def tensors(X: Inputs, rows: Indices) -> Any:
    """Rows to call a model with: tensors all, because Keras takes no mixture of arrays and tensors."""
    return keras.tree.map_structure(tf.convert_to_tensor, take(X, rows))


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


def dtype(array: Array) -> str:
    """The type that ``ready`` gives an array."""
    kind = array.dtype.kind
    return "string" if kind in "OUS" else keras.config.floatx() if kind == "f" else str(array.dtype)


def symbolic(X: Inputs) -> Any:
    """The inputs' shapes and types without their rows: KerasTensors of unknown batch."""

    def tensor(array: Array) -> Any:
        return keras.KerasTensor((None, *array.shape[1:]), dtype=dtype(array))

    return mapped(tensor, X)


@dataclass(eq=False)
class Feed:
    """Batches of some rows: in their own order, or in ``epoch_order`` of a seed, anew in each epoch.

    Attributes:
        X: inputs of all rows.
        rows: which rows, in order.
        batch_size: rows of a batch; the last of an epoch may be smaller.
        y: targets of all rows, an array or a structure of them; None to predict.
        weights: a weight for each of ``rows``, or None.
        seed: of the order of rows; None leaves them as they are.
        epoch: the one that ``one_epoch`` gives.
        purpose: of two feeds in use at once, each has its own.
    """

    X: Inputs
    rows: Indices
    batch_size: int
    y: Any = None
    weights: Array | None = None
    seed: int | None = None
    epoch: int = 0
    purpose: str = "train"

    @property
    def steps(self) -> int:
        """The number of batches of an epoch."""
        return math.ceil(len(self.rows) / self.batch_size)

    def epochs(self, end: int, begin: int = 0) -> tf.data.Dataset:
        """The batches of the epochs from ``begin`` until ``end``, one epoch after the other."""
        return self._dataset(range(begin, end))

    def one_epoch(self) -> tf.data.Dataset:
        """The batches of ``epoch``, as it is when the dataset is iterated; of known number."""
        dataset = self._dataset(None)
        return dataset.apply(tf.data.experimental.assert_cardinality(self.steps))

    def batches(self, epochs: range | None) -> Iterator[Any]:
        """The batches of some epochs, as ``_batches``; None: of ``epoch``."""
        if epochs is None:
            return self._batches(self.epoch)
        return (batch for epoch in epochs for batch in self._batches(epoch))

    def _batches(self, epoch: int) -> Iterator[Any]:
        """Batches of an epoch: ``(inputs,)``, ``(inputs, targets)`` or ``(inputs, targets, weights)``."""
        n = len(self.rows)
        order = np.arange(n) if self.seed is None else epoch_order(self.seed, epoch, n)
        for start in range(0, n, self.batch_size):
            pulse.beat()
            places = order[start : start + self.batch_size]
            rows = self.rows[places]
            targets = None if self.y is None else keras.tree.map_structure(lambda array, at=rows: array[at], self.y)
            weights = None if self.weights is None else self.weights[places]
            yield _without_none(take(self.X, rows), targets, weights)

    def _dataset(self, epochs: range | None) -> tf.data.Dataset:
        """Batches of this feed, which whoever iterates them has to hold meanwhile."""
        targets = None if self.y is None else keras.tree.map_structure(_spec, self.y)
        weights = None if self.weights is None else _spec(self.weights)
        signature = _without_none(mapped(_spec, self.X), targets, weights)
        key = f"{self.purpose} {signature}"
        _flowing[key] = weakref.ref(self), epochs
        if key not in _streams:
            _streams[key] = _stream(key, signature)
        return _streams[key]


_flowing: dict[str, tuple[weakref.ref[Feed], range | None]] = {}
_streams: dict[str, tf.data.Dataset] = {}
"""TensorFlow takes 20 ms to make a dataset of a generator, so each is made once and given new batches to flow.

Of the process, as the generators are that TensorFlow registers with it and never forgets. Feeds, which hold the rows,
are not: they go when the fit or prediction that made them ends.
"""


def _stream(key: str, signature: Any) -> tf.data.Dataset:
    options = tf.data.Options()
    options.autotune.enabled = False  # measuring and tuning costs more than such a stream takes
    options.experimental_optimization.apply_default_optimizations = False

    def batches() -> Iterator[Any]:
        held, epochs = _flowing[key]
        feed = held()
        assert feed is not None  # noqa: S101  # see ``Feed._dataset``
        return feed.batches(epochs)

    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    return dataset.prefetch(_AHEAD).with_options(options)


def _without_none(*parts: Any) -> tuple[Any, ...]:
    return tuple(part for part in parts if part is not None)


def _spec(array: Array) -> Any:
    return tf.TensorSpec((None, *array.shape[1:]), dtype(array))
