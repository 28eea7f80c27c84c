"""Keras models as estimators: all kinds of y, parameters by name, saving."""

import copy
import pickle

import joblib
import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.model_selection import cross_val_predict

from job import GridSearchCV, KerasClassifier, KerasRegressor


def _classes(kind, n=60):
    X, y = make_classification(n, 6, n_informative=4, n_classes=3, random_state=0)
    X = X.astype("float32")
    if kind == "multilabel":
        return make_multilabel_classification(n, 6, n_classes=4, random_state=0)
    return X, {"numbers": y, "words": np.array(["low", "mid", "top"])[y], "one-hot": np.eye(3, dtype=int)[y]}[kind]


@pytest.mark.parametrize("kind", ["numbers", "words", "one-hot", "multilabel"])
def test_all_kinds_of_labels(kind):
    """Labels come back as they were given, and probabilities have a column for each class."""

    def build(meta):
        labels = kind == "multilabel"
        last = keras.layers.Dense(4 if labels else 3, "sigmoid" if labels else "softmax")
        model = keras.Sequential([keras.Input((6,)), last])
        losses = {"multilabel": "binary_crossentropy", "one-hot": "categorical_crossentropy"}
        model.compile("adam", losses.get(kind, "sparse_categorical_crossentropy"))
        return model

    X, y = _classes(kind)
    estimator = KerasClassifier(build, epochs=2, random_state=0)
    with joblib.parallel_config("tunejob"):
        together = cross_val_predict(estimator, X, y, cv=2)
    alone = cross_val_predict(estimator, X, y, cv=2)
    assert together.shape == y.shape
    assert set(np.unique(together)) <= set(np.unique(y))
    assert (together == alone).mean() > 0.98
    estimator.fit(X, y)
    assert estimator.predict_proba(X).shape == (len(X), 4 if kind == "multilabel" else 3)
    assert 0 <= estimator.score(X, y) <= 1


def test_a_compiled_model_is_a_template(compiled, rows):
    """Its layers, its optimizer and its loss are set by name; the model that was given stays as it was."""
    model = compiled()
    before = model.get_weights()
    estimator = KerasClassifier(
        model, wide__units=3, dropout__rate=0.1, optimizer__learning_rate=0.5, loss="binary_focal_crossentropy"
    )
    made = estimator.fit(*rows).model_
    assert made.get_layer("wide").units == 3
    assert made.get_layer("dropout").rate == 0.1
    assert made.optimizer.learning_rate.numpy() == 0.5
    assert made.loss == "binary_focal_crossentropy"
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_parameters_of_the_function_are_attributes(build, for_any_rows, compiled, rows):
    """As those of scikit-learn's own estimators are: they are read, and set, by name; others are none."""
    found = GridSearchCV(KerasClassifier(build), {"hidden_units": [3]}).fit(*rows).best_estimator_
    assert found.hidden_units == found.get_params()["hidden_units"] == 3
    found.hidden_units = 5
    assert clone(found).get_params()["hidden_units"] == 5
    assert found.fit(*rows).model_.layers[0].units == 5
    assert KerasClassifier(build, model__hidden_units=7).hidden_units == 7
    assert KerasClassifier(compiled()).wide__units == compiled().get_layer("wide").units
    assert copy.deepcopy(KerasClassifier(for_any_rows, hidden_units=7)).hidden_units == 7
    with pytest.raises(AttributeError, match="no attribute 'unit'"):
        _ = found.unit
    assert not hasattr(KerasClassifier(None), "hidden_units")


def test_no_probabilities_say_which_activation(rows):
    """A linear output has none."""

    def build():
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
        model.compile("adam", "hinge")
        return model

    with pytest.raises(ValueError, match="activation='sigmoid'"):
        KerasClassifier(build).fit(*rows).predict_proba(rows[0])


def test_a_pickle_carries_the_model(build, rows, tmp_path):
    """Loaded, it predicts the same, and is fitted again by the same function, one of a script or notebook too."""
    X, y = rows
    estimator = KerasClassifier(build, hidden_units=3, random_state=0).fit(X, y)
    loaded = pickle.loads(pickle.dumps(estimator))  # noqa: S301  # our own
    assert loaded.predict_proba(X) == pytest.approx(estimator.predict_proba(X), abs=1e-6)
    assert clone(loaded).fit(X, y).predict_proba(X) == pytest.approx(estimator.predict_proba(X), abs=1e-5)
    estimator.save_model(tmp_path / "model.keras")
    plain = keras.models.load_model(tmp_path / "model.keras").predict(X, verbose=0)
    assert plain[:, 0] == pytest.approx(estimator.predict_proba(X)[:, 1], abs=1e-6)


def test_several_amounts_and_weights(for_any_rows):
    """A regressor of two amounts; rows of weight zero count for nothing."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3)).astype("float32")
    y = X[:, :2] * 2
    wrong = np.concatenate([y, -50 * np.ones_like(y)])
    weight = np.r_[np.ones(80), np.zeros(80)]
    estimator = KerasRegressor(for_any_rows, hidden_units=16, epochs=60, random_state=0)
    found = estimator.fit(np.concatenate([X, X]), wrong, sample_weight=weight)
    assert found.score(X, y) > 0.9
