"""A fit that its callback stops: the epochs and the weights are those of plain Keras with the same callback."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.study.study import EarlyStopping
from job.train.together.run import early_stopping

CURVE = st.lists(st.sampled_from([0.5, 0.4, 0.45, 0.3, 0.31, 0.2]), min_size=1, max_size=8)


def keras_alone(curve, **told):
    """What Keras's callback makes of a model whose weights are the number of the epoch: epochs, weights at the end."""
    model = SimpleNamespace(stop_training=False, metrics=[], epoch=None)
    model.get_weights = lambda: model.epoch
    model.set_weights = lambda epoch: setattr(model, "epoch", epoch)
    callback = keras.callbacks.EarlyStopping(**told)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(curve):
        model.epoch, epochs = epoch, epoch + 1
        callback.on_epoch_end(epoch, {"loss": loss})
        if model.stop_training:
            break
    callback.on_train_end()
    return epochs, model.epoch


@given(CURVE, st.integers(0, 3), st.booleans(), st.sampled_from([0.0, 0.04]))
def test_a_seat_stops_and_restores_as_keras_does(curve, patience, restore, least):
    """Whatever the losses: as many epochs, and the same epoch's weights in the end."""
    told = {"monitor": "loss", "patience": patience, "restore_best_weights": restore, "min_delta": least}
    (fit,) = early_stopping.watched_fits(1, EarlyStopping(**told), [])
    best = None
    for epoch, loss in enumerate(curve):
        fit.ended(epoch, {"loss": loss})
        best = epoch if fit.is_best else best
        if fit.stop_training:
            break
    fit.callback.on_train_end()
    assert (epoch + 1, best if fit.restores else epoch) == keras_alone(curve, **told)
    assert fit.history["loss"] == curve[: epoch + 1]


@given(CURVE, st.integers(0, 7))
def test_a_seat_goes_on_from_what_was_kept(curve, at):
    """Through JSON, as a state keeps it: the rest is as if it had never been lost."""
    told = EarlyStopping(monitor="loss", patience=1, restore_best_weights=True)
    (whole,), (before,), (after,) = (early_stopping.watched_fits(1, told, []) for _ in range(3))
    for epoch, loss in enumerate(curve):
        if epoch == at:
            after.restore(json.loads(json.dumps(before.kept(), default=float)))
        for fit in (whole, before if epoch < at else after):
            fit.ended(epoch, {"loss": loss})
        if whole.stop_training:
            break
    last = before if epoch < at else after
    assert (last.stop_training, last.is_best, last.history) == (whole.stop_training, whole.is_best, whole.history)


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_ends_a_fit(loss):
    """Also where nobody asked for early stopping; it has failed."""
    (fit,) = early_stopping.watched_fits(1, None, [])
    fit.ended(0, {"loss": 0.5})
    assert not fit.stop_training
    fit.ended(1, {"loss": loss})
    assert fit.stop_training
    assert "epoch 2" in str(fit.failure)


def test_what_is_not_measured_stops_a_fit_as_failed():
    """In the words that a fit by Keras fails with; the other fits of the group fail alike, each by itself."""
    (fit,) = early_stopping.watched_fits(1, EarlyStopping(monitor="val_acuracy"), [])
    fit.ended(0, {"loss": 0.5, "val_accuracy": 0.5})
    assert fit.stop_training
    assert "`val_acuracy` is not measured; a fit of this model measures loss, val_accuracy. Did" in str(fit.failure)
    assert not fit.is_best


def test_places_are_of_those_of_which_it_is_true():
    """In the order of fits."""
    fits = early_stopping.watched_fits(4, None, [])
    fits[1].stop_training = fits[3].stop_training = True
    assert early_stopping.places(fits, "stop_training").tolist() == [1, 3]
