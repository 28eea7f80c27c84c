"""Callbacks of Keras and of the user, by import path, and early stopping by what is measured."""

import keras
import numpy as np
import pytest
from train import models, plain
from train.cases import Case

from job.errors import UsageError

rng = np.random.default_rng(9)
X = rng.normal(size=(60, 6)).astype("float32")
Y = (X[:, 0] > 0).astype(int)

MINE = """
import keras

class Freeze(keras.callbacks.Callback):
    '''After an epoch, the first layer stays as it is; says so in the logs.'''
    def __init__(self, after):
        super().__init__()
        self.after = after
    def on_epoch_end(self, epoch, logs=None):
        logs["frozen"] = float(not self.model.layers[0].trainable)
        if epoch + 1 == self.after:
            self.model.layers[0].trainable = False
            self.model.make_train_function(force=True)
"""


def test_a_callback_of_keras_does_what_it_does_in_plain_keras():
    """ReduceLROnPlateau changes the learning rate, which the history tells; the next fit starts from its own."""
    arguments = {"monitor": "loss", "patience": 0, "min_delta": 10.0, "factor": 0.5}
    fit = {"epochs": 3, "callbacks": [{"keras.callbacks:ReduceLROnPlateau": arguments}]}
    case = Case(models.dense, X, Y, settings={"fit": fit})
    for _ in range(2):
        trained = case.train({"units": 4})
        assert trained.failure is None
        _, history = plain.fit(
            models.dense, {"units": 4}, X[:40], Y[:40], trained.request.seed,
            epochs=3, callbacks=[keras.callbacks.ReduceLROnPlateau(**arguments)],
        )  # fmt: skip
        assert trained.history["learning_rate"] == pytest.approx([0.01, 0.01, 0.005], rel=1e-5)
        assert trained.history["loss"] == pytest.approx(history["loss"], rel=1e-5)


def test_a_callback_of_the_users_has_a_model_of_its_own(tmp_path):
    """It lies beside the study, and what it does to a model is no other fit's affair."""
    (tmp_path / "mine.py").write_text(MINE)
    fit = {"epochs": 3, "callbacks": [{"mine:Freeze": {"after": 1}}]}
    case = Case(models.dense, X, Y, settings={"fit": fit}, folder=tmp_path)
    first, second = case.train({"units": 4}), case.train({"units": 4})
    assert first.failure is None
    assert case.kept.built == 2
    assert first.history["frozen"] == [0.0, 1.0, 1.0]
    assert first.history == second.history


def test_early_stopping_by_what_is_not_measured_is_told():
    """Keras may never stop then: ``val_`` without held-out rows is the study's mistake, another name the fit's."""
    stopping = {"early_stopping": {"monitor": "val_loss"}, "epochs": 2}
    with pytest.raises(UsageError, match="no rows are held out"):
        Case(models.dense, X, Y, settings={"fit": stopping}).request({})
    fit = {"early_stopping": {"monitor": "val_acuracy"}, "epochs": 2, "validation_split": 0.25}
    failure = Case(models.dense, X, Y, settings={"fit": fit}).train({"metrics": ("accuracy",)}).failure
    assert "measures accuracy, loss, val_accuracy, val_loss. Did you mean `val_accuracy`?" in failure.message
