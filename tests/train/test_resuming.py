"""A long fit by Keras ``fit`` goes on from the state that its lost worker stored."""

import numpy as np
import pytest
from train import models
from train.cases import Case
from train.kept import Kept

from job.train import state_archive
from job.train.programs import Programs

rng = np.random.default_rng(7)
X = rng.normal(size=(90, 6)).astype("float32")
Y = (X[:, 0] + 0.3 * rng.normal(size=90) > 0).astype(int)
PARAMS = {"units": 5, "rate": 0.4, "metrics": ("accuracy",)}
STOPPING = {"monitor": "val_loss", "patience": 2, "restore_best_weights": True}


@pytest.fixture(autouse=True)
def _every_epoch(monkeypatch):
    monkeypatch.setattr(state_archive, "EVERY", 0.0)


@pytest.mark.parametrize("fit", [{}, {"validation_split": 0.25, "early_stopping": STOPPING}], ids=["plain", "stopping"])
def test_a_lost_fit_is_the_fit_it_would_have_been(fit):
    """Lost after the third epoch, it goes on with the fourth: weights, optimizer, masks, order and stopping alike."""
    case = Case(models.dense, X, Y, settings={"fit": {"epochs": 7, "batch_size": 16, **fit}})
    whole = case.train(PARAMS)
    kept = Kept(ends_after=3)
    with pytest.raises(KeyboardInterrupt):
        case.train(PARAMS, checkpoint=kept)
    case.kept = Programs()
    found = case.train(PARAMS, checkpoint=kept)
    assert found.failure is None
    assert found.history == whole.history
    assert found.epochs == whole.epochs > 3
    np.testing.assert_array_equal(found.test_outputs, whole.test_outputs)


def test_a_state_of_another_fit_is_left_alone():
    """It has other params."""
    case = Case(models.dense, X, Y, settings={"fit": {"epochs": 2, "batch_size": 16}})
    kept = Kept()
    case.train(PARAMS, checkpoint=kept)
    other = {**PARAMS, "rate": 0.2}
    assert case.train(other, checkpoint=kept).history == case.train(other).history


def test_nothing_is_kept_of_callbacks_of_the_users_choice():
    """What they remember is theirs alone, so such a fit begins anew."""
    callbacks = [{"keras.callbacks:TerminateOnNaN": {}}]
    case = Case(models.dense, X, Y, settings={"fit": {"epochs": 2, "batch_size": 16, "callbacks": callbacks}})
    kept = Kept()
    assert case.train(PARAMS, checkpoint=kept).failure is None
    assert kept.data is None
