"""Plain Keras, fed by hand: the reference. Of ours it uses the public order of rows and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter
from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

from job.train.order import epoch_order, keras_seed


class Ordered(keras.utils.PyDataset):
    """Batches of arrays in the public order of each epoch, as any user of Keras could write it."""

    def __init__(self, x, y, batch_size, seed, weights=None):
        super().__init__()
        self.x, self.y, self.weights = x, y, weights
        self.batch_size, self.seed, self.epoch = batch_size, seed, 0
        self.rows = len(keras.tree.flatten(y)[0])
        self.order = np.arange(self.rows)

    def __len__(self):
        return int(np.ceil(self.rows / self.batch_size))

    def __getitem__(self, index):
        at = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        x = {k: v[at] for k, v in self.x.items()} if isinstance(self.x, dict) else self.x[at]
        y = keras.tree.map_structure(lambda one: one[at], self.y)
        return (x, y) if self.weights is None else (x, y, self.weights[at])

    def on_epoch_begin(self):
        """Sets the order; ``on_epoch_end`` would also come once before the first epoch."""
        self.order = epoch_order(self.seed, self.epoch, self.rows)
        self.epoch += 1


class Batches:
    """What Keras's own adapter gives in an epoch, as tensors, and without ``tf.data`` in between."""

    def __init__(self, adapter):
        self._adapter = adapter

    def __iter__(self) -> Iterator[Any]:
        for batch in self._adapter.get_numpy_iterator():
            yield keras.tree.map_structure(lambda one: one if one is None else tf.convert_to_tensor(one), batch)


def _batches(adapter) -> Batches:
    return Batches(adapter)


@contextmanager
def by_hand() -> Iterator[None]:
    """Models that run eagerly get their batches straight: threads of ``tf.data`` cost more than such small steps."""
    adapters = (ArrayDataAdapter, PyDatasetAdapter)
    with patch.object(adapters[0], "get_tf_dataset", _batches), patch.object(adapters[1], "get_tf_dataset", _batches):
        yield


def fit(build, params, x, y, seed: int, *, batch_size=32, weights=None, traced=False, **arguments: Any):
    """Builds and fits a new model as a user would; returns it and its history.

    Not ``traced``, Keras calls operation by operation: of a few steps that takes a third of the time, and of many it
    rounds otherwise here and there.
    """
    keras.utils.set_random_seed(keras_seed(seed))
    model = build(**params)
    model.run_eagerly = not traced
    if "validation_data" in arguments:  # as of arrays, whose batch size Keras takes for these too
        arguments.setdefault("validation_batch_size", batch_size)
    with nullcontext() if traced else by_hand():
        history = model.fit(Ordered(x, y, batch_size, seed, weights), shuffle=False, verbose=0, **arguments)
    return model, history.history
