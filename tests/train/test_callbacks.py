"""Callbacks of Keras and of the user, by import path, and early stopping by what is measured."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from train import models, plain
from train.cases import Case

from job.errors import UsageError
from job.plan.plan import Trial
from job.train import by_fit, callbacks, requests

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


def test_a_callbacks_texts_are_filled_in_for_each_fit(tmp_path):
    """A log of each fit's own by trial, fold and run; the format goes by, and Keras's own braces stay Keras's."""
    log = {"keras.callbacks:CSVLogger": {"filename": f"{tmp_path}/{{run}}-{{trial:03d}}-{{fold}}.csv"}}
    kept = {"keras.callbacks:ModelCheckpoint": {"filepath": f"{tmp_path}/{{trial}}-{{fold}}-{{epoch:02d}}.keras"}}
    case = Case(models.dense, X, Y, settings={"fit": {"epochs": 2, "callbacks": [log, kept]}})
    material = replace(case.material, run="run-1")
    for trial in (0, 12):
        request = case.request({"units": 4}, trial=trial)
        assert by_fit.train(request, case.build, material).failure is None
    refit = requests.refit(case.study, case.facts, Trial(12, {"units": 4}), case.rows)
    assert by_fit.train(refit, case.build, material).failure is None
    logs = ["run-1-000-0.csv", "run-1-012-0.csv", "run-1-012-refit.csv"]
    models_ = [f"{fit}-{epoch}.keras" for fit in ("0-0", "12-0", "12-refit") for epoch in ("01", "02")]
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([*logs, *models_])


def test_texts_within_lists_and_mappings_are_filled_in_too():
    """Whatever holds them; what is no text, and other braces, stay."""
    given = {"paths": ["{trial}/{fold}", 3], "how": {"to": "{run}.json"}, "x": 1.5, "shape": "{epoch}{val_loss:.2f}"}
    found = callbacks.filled(given, "r", 7, -1)
    assert found == {"paths": ["7/refit", 3], "how": {"to": "r.json"}, "x": 1.5, "shape": "{epoch}{val_loss:.2f}"}


WRITES = """
import keras

class Writes(keras.callbacks.Callback):
    def __init__(self, folder):
        super().__init__()
        self.folder = folder
    def on_epoch_end(self, epoch, logs=None):
        self.model.save_weights(f"{self.folder}/best.weights.h5")
        with open(f"{self.folder}/log.txt", "a") as log:
            log.write(f"{epoch}\\n")
        open(f"{self.folder}/log.txt").close()
    def on_train_end(self, logs=None):
        self.model.save(f"{self.folder}/last.keras")
"""


def test_files_that_a_callback_writes_are_told(tmp_path):
    """By whatever call, each once; what is read is not among them, nor what another process of Keras keeps."""
    (tmp_path / "mine.py").write_text(WRITES)
    fit = {"epochs": 2, "callbacks": [{"mine:Writes": {"folder": str(tmp_path)}}]}
    case = Case(models.dense, X, Y, settings={"fit": fit}, folder=tmp_path)
    trained = case.train({"units": 4})
    assert trained.failure is None
    assert trained.wrote == tuple(str(tmp_path / name) for name in ("best.weights.h5", "log.txt", "last.keras"))
    assert keras.Model.save_weights.__module__.startswith("keras")
    assert Case(models.dense, X, Y).train({"units": 4}).wrote == ()
