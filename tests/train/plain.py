"""Plain Keras, fed by hand: the reference. Of ours it uses the public order of rows and nothing else."""

from typing import Any

import keras
import numpy as np

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


def fit(build, params, x, y, seed: int, *, batch_size=32, weights=None, traced=False, **arguments: Any):
    """Builds and fits a new model as a user would; returns it and its history.

    Not ``traced``, Keras calls operation by operation: of a few steps that takes a third of the time, and of many it
    rounds otherwise here and there.
    """
    keras.utils.set_random_seed(keras_seed(seed))
    model = build(**params)
    model.run_eagerly = not traced
    history = model.fit(Ordered(x, y, batch_size, seed, weights), shuffle=False, verbose=0, **arguments)
    return model, history.history
