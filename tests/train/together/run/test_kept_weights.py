"""Weights of a group's fits as they stopped and as they were best."""

import numpy as np
import tensorflow as tf

from job.study.study import EarlyStopping
from job.train.together.run import early_stopping
from job.train.together.run.kept_weights import KeptWeights
from job.train.together.run.metrics import logged


def weights(*values):
    """One number of each fit."""
    return [tf.constant(values, tf.float32)]


def test_fits_that_stop_keep_what_they_had_in_their_slots():
    """Slots of a stack from which others have gone; what has not stopped is as it began."""
    kept = KeptWeights(weights(0, 0, 0, 0), 4)
    kept.stop(np.array([2]), weights(1, 2, 3, 4), np.array([2]))
    kept.stop(np.array([3, 0]), weights(10, 20, 30), np.array([2, 0]))
    assert kept.final[0].numpy().tolist() == [10, 0, 3, 30]
    assert kept.best[0].numpy().tolist() == [0, 0, 0, 0]


def test_all_at_once_are_kept_as_they_are():
    """Nothing is copied."""
    kept = KeptWeights(weights(0, 0), 2)
    last = weights(5, 6)
    kept.stop(np.array([0, 1]), last, np.array([0, 1]))
    assert kept.final[0] is last[0]


def test_the_best_are_restored_where_the_callback_wants_it():
    """Each fit by itself."""
    fits = [
        *early_stopping.watched_fits(1, EarlyStopping(monitor="loss", patience=0, restore_best_weights=True), []),
        *early_stopping.watched_fits(1, EarlyStopping(monitor="loss", patience=0), []),
    ]
    kept = KeptWeights(weights(0, 0), 2)
    for epoch, (loss, values) in enumerate([(0.5, (1, 2)), (0.7, (3, 4))]):
        for place, fit in enumerate(fits):
            fit.ended(epoch, {"loss": loss})
            if fit.is_best:
                kept.improve(np.array([place]), weights(*values), np.array([place]))
    kept.stop(np.array([0, 1]), weights(3, 4), np.array([0, 1]))
    kept.restore(fits)
    assert kept.final[0].numpy().tolist() == [1, 4]


def test_metrics_of_an_epoch_are_named_as_by_keras():
    """One of several values, such as F1 of each class, has a name for each of them."""
    found = logged([tf.constant([0.5, 0.25]), tf.constant([[1.0, 2.0], [3.0, 4.0]])], ["loss", "f1"], 2)
    assert found == [{"loss": 0.5, "f1[0]": 1.0, "f1[1]": 2.0}, {"loss": 0.25, "f1[0]": 3.0, "f1[1]": 4.0}]
