"""What plain Keras makes of the same initial weights and the same order of rows. Imports nothing of tunejob.

The order of an epoch is public: the rank of raw draws of NumPy's Philox under the key (seed, epoch).
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.together.given import Given


def search(given: Given, *, threads: int, nudged: int = 0) -> dict[str, Any]:
    """Trains every fit with so many threads; returns losses of all epochs and scores.

    Where ``nudged``, initial weights are the next larger numbers: as if one operation had rounded otherwise.
    """
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    x, y = given.data
    scores, losses = [], []
    for trial in given.trials:
        for fold in given.folds:
            train, test = given.rows(fold)
            model, history = _fit(given, trial, x[train], y[train], given.seeds[f"{trial}/{fold}"], nudged)
            scores.append((trial, fold, given.score(y[test], model.predict(x[test], verbose=0))))
            losses.append((trial, fold, history))
    return {"scores": scores, "losses": losses}


def _fit(given: Given, trial: int, x: Any, y: Any, seed: int, nudged: int) -> tuple[Any, list[float]]:
    build, fit = given.parts(trial)
    keras.utils.set_random_seed(seed & 0xFFFFFFFF)
    model = given.build(**build)
    for weight in model.trainable_variables if nudged else ():
        weight.assign(np.nextafter(weight.numpy(), np.float32(np.inf)))
    losses: list[float] = []
    for epoch in range(fit.pop("epochs")):
        at = order(seed, epoch, len(y))
        found = model.fit(x[at], y[at], shuffle=False, initial_epoch=epoch, epochs=epoch + 1, verbose=0, **fit)
        losses += found.history["loss"]
    return model, losses


def order(seed: int, epoch: int, rows: int) -> Any:
    """The order in which an epoch visits the rows."""
    draws = np.random.Philox(key=np.array([seed, epoch], dtype=np.uint64)).random_raw(rows)
    return np.argsort(draws, kind="stable")
