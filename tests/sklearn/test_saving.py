"""Fitted estimators and searches in pickles, where a model or a search holds code of the user's own."""

import copy
import pickle
import subprocess
import sys

import joblib
import keras
import numpy as np
import pytest

from job import GridSearchCV, KerasClassifier


def _focal(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2 * (1 + y_true), axis=-1)


def _mean(y_true, y_pred):
    return keras.ops.mean(y_pred, axis=-1)


class _Scale(keras.layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(shape=(), initializer="ones")

    def call(self, inputs):
        return inputs * self.scale


class Closed(keras.Model):
    """Keras can't make one again from its config."""

    def __init__(self, units):
        super().__init__()
        self.hidden = keras.layers.Dense(units, "relu")
        self.last = keras.layers.Dense(1, "sigmoid")

    def call(self, inputs):
        return self.last(self.hidden(inputs))


def _compiled(*layers, loss="binary_crossentropy", **more):
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3), *layers, keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", loss, **more)
    return model


def _subclass():
    model = Closed(3)
    model.compile("adam", "binary_crossentropy")
    return model


OWN = {
    "loss": lambda: _compiled(loss=_focal),
    "metric": lambda: _compiled(metrics=[_mean]),
    "layer": lambda: _compiled(_Scale()),
    "lambda": lambda: _compiled(keras.layers.Dense(2, lambda x: keras.ops.relu(2 * x))),
    "Lambda": lambda: _compiled(keras.layers.Lambda(lambda x: x * 2)),
    "model": _subclass,
}
ROADS = [lambda one: pickle.loads(pickle.dumps(one)), copy.deepcopy]  # noqa: S301  # our own


@pytest.mark.parametrize("kind", OWN)
def test_a_model_with_own_code_is_loaded_with_it(kind, rows):
    """It predicts the same, once more when it is saved again, and is fitted again."""
    X, y = rows
    estimator = KerasClassifier(OWN[kind], epochs=2, random_state=0).fit(X, y)
    expected = estimator.predict_proba(X)
    for road in ROADS:
        loaded = road(road(estimator))
        assert loaded.predict_proba(X) == pytest.approx(expected, abs=1e-6)
        assert road(loaded).predict_proba(X) == pytest.approx(expected, abs=1e-6)
    assert loaded.fit(X, y).predict_proba(X) == pytest.approx(expected, abs=1e-5)


def test_a_model_that_was_trained_on_is_saved_as_it_is(rows):
    """Where Keras can't make it again, too: what the user changed after the fit is kept."""
    X, y = rows
    estimator = KerasClassifier(_subclass, random_state=0).fit(X, y)
    estimator.model_.last.bias.assign([5.0])
    assert ROADS[0](estimator).predict_proba(X) == pytest.approx(estimator.predict_proba(X), abs=1e-6)


def test_a_template_with_own_code_is_loaded_with_it(rows):
    """The template itself travels with the estimator, fitted or not."""
    estimator = KerasClassifier(OWN["lambda"](), random_state=0)
    loaded = ROADS[0](estimator).fit(*rows)
    assert loaded.predict_proba(rows[0]) == pytest.approx(estimator.fit(*rows).predict_proba(rows[0]), abs=1e-5)


def test_own_code_that_is_not_there_is_told(rows, monkeypatch):
    """By name, with what to do: code of modules travels by reference."""
    data = pickle.dumps(KerasClassifier(OWN["loss"]).fit(*rows))
    monkeypatch.delattr(sys.modules[__name__], "_focal")
    with pytest.raises(ValueError, match=r"code of your own that can't be imported here \(.*_focal.*put the module"):
        pickle.loads(data).predict(rows[0])  # noqa: S301


def test_a_search_is_loaded_with_its_function(build, rows, tmp_path):
    """One that was defined inside another function, and a template, before and after they are fitted."""
    X, y = rows
    searches = [GridSearchCV(build, {"hidden_units": [3]}, cv=2), GridSearchCV(OWN["layer"](), {"epochs": [1]}, cv=2)]
    for search in searches:
        assert ROADS[0](search).fit(X, y).best_params_ == search.fit(X, y).best_params_
        joblib.dump(search, tmp_path / "search.joblib")
        loaded = joblib.load(tmp_path / "search.joblib")
        assert loaded.predict_proba(X) == pytest.approx(search.predict_proba(X), abs=1e-6)
        assert loaded.fit(X, y).classes_.tolist() == [0, 1]
        assert not hasattr(search.estimator, "fit") or search.estimator is searches[1].estimator


_SCRIPT = """
import joblib
from job import GridSearchCV
def build(units=4):
    import keras
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model
joblib.dump(GridSearchCV(build, {"units": [3]}, cv=2), "search.joblib")
"""


def test_a_search_of_a_scripts_function_is_loaded_elsewhere(tmp_path):
    """What ``__main__`` defines is no other process's ``__main__``'s."""
    subprocess.run([sys.executable, "-c", _SCRIPT], cwd=tmp_path, check=True, capture_output=True)
    X = np.random.default_rng(0).normal(size=(20, 2))
    search = joblib.load(tmp_path / "search.joblib").fit(X, X[:, 0] > 0)
    assert search.best_estimator_.model_.layers[0].units == 3
