"""The refit: trained on all rows, saved whole with its provenance, loaded again before it is done."""

import json
import zipfile

import keras
import numpy as np
import pytest
from train import models
from train.cases import Case

from job.errors import DataError, UsageError
from job.plan.plan import Trial
from job.train import requests, saving

rng = np.random.default_rng(4)
X = {"age": rng.normal(40, 10, 60).astype("float32"), "city": rng.choice(["ulm", "bonn"], 60).astype(object)}
Y = np.where(X["age"] > 40, "old", "young")


def columns(units=3):
    """A model that scales and looks up by itself, and gives logits."""
    age, city = keras.Input((1,), name="age"), keras.Input((1,), name="city", dtype="string")
    known = keras.layers.StringLookup(max_tokens=4, output_mode="multi_hot", pad_to_max_tokens=True)(city)
    x = keras.layers.Concatenate()([keras.layers.Normalization()(age), known])
    x = keras.layers.Dense(1)(keras.layers.Dense(units, activation="relu")(x))
    model = keras.Model({"age": age, "city": city}, x)
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
    return model


def refit(case, build, path):
    """The refit of a trial."""
    request = requests.refit(case.study, case.facts, Trial(5, {"units": 4}), case.rows)
    return saving.refit(request, build, case.material, case.rows, path, {"study": "case", "run": "case-1"})


def test_the_saved_model_predicts_from_raw_rows_and_says_what_it_is(tmp_path):
    """Preprocessing travels inside; the provenance names classes, logits and origin; nothing else is left behind."""
    case = Case(columns, X, Y, settings={"fit": {"epochs": 2}})
    path = tmp_path / "model.keras"
    trained = refit(case, columns, path)
    assert trained.epochs == 2
    assert [one.name for one in tmp_path.iterdir()] == ["model.keras"]
    found = saving.provenance(path)
    assert found["classes"] == ["old", "young"]
    assert found["activation"] == "sigmoid"
    assert found["outputs"].startswith("logits of each class")
    assert (found["params"], found["rows"], found["run"], found["epochs"]) == ({"units": 4}, 60, "case-1", 2)
    model = keras.models.load_model(path)
    rows = {"age": X["age"][:5, None], "city": X["city"][:5, None].astype(str)}
    assert model({name: keras.ops.convert_to_tensor(array) for name, array in rows.items()}).shape == (5, 1)
    scaled = next(layer for layer in model.layers if isinstance(layer, keras.layers.Normalization))
    np.testing.assert_allclose(scaled.adapt_mean, [X["age"].mean()], rtol=1e-5)


class Forgetful(keras.layers.Layer):
    """A layer of the user's whose setting is not saved with it."""

    def __init__(self, factor=None, **kwargs):
        super().__init__(**kwargs)
        self.factor = 1.0 if factor is None else factor[0]

    def call(self, x):
        """Multiplies."""
        return x * self.factor


def forgetful(units=3):
    """A model with that layer."""
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(units), Forgetful([3.0]), keras.layers.Dense(1)])
    model.compile(loss="mse")
    return model


def test_a_model_that_is_not_what_was_saved_is_refused(tmp_path):
    """A layer without its own get_config is told, with the remedy, and no file is left."""
    values = rng.normal(size=(60, 6)).astype("float32")
    case = Case(forgetful, values, values[:, 0])
    with pytest.raises(UsageError, match=r"get_config\(\)"):
        refit(case, forgetful, tmp_path / "model.keras")
    assert list(tmp_path.iterdir()) == []


def test_a_refit_that_fails_says_why(tmp_path):
    """The exception of the fit is in the message."""

    def broken(units):
        raise ValueError(f"no {units} units")

    case = Case(broken, X["age"], Y)
    with pytest.raises(DataError, match="the refit on all 60 rows failed: ValueError: no 4 units"):
        refit(case, broken, tmp_path / "model.keras")


def test_a_model_saved_by_a_newer_version_is_refused(tmp_path):
    """Its provenance may mean something else."""
    with zipfile.ZipFile(tmp_path / "newer.keras", "w") as archive:
        archive.writestr(saving.PROVENANCE, json.dumps({"format": 2}))
    with pytest.raises(UsageError, match="has format 2"):
        saving.provenance(tmp_path / "newer.keras")


def test_a_file_of_others_has_no_provenance(tmp_path):
    """A model that Keras saved alone is told from ours."""
    models.dense().save(tmp_path / "other.keras")
    with pytest.raises(UsageError, match="no model saved by tunejob"):
        saving.provenance(tmp_path / "other.keras")
