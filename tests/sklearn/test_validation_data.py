"""Validation data of its own: read as the rows to train on are, and refused where it can't follow them."""

import keras
import numpy as np
import pandas as pd
import pytest

from job import GridSearchCV, KerasClassifier, KerasRegressor


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda X, y: (X[:10], y[:5]), r"validation_data: Found input variables with inconsistent.*\[10, 5\]"),
        (lambda X, y: (X[:10], y[:15]), r"validation_data: Found input variables with inconsistent.*\[10, 15\]"),
        (lambda X, y: (X[:10], y[:10], np.ones(5)), r"validation_data: sample_weight\.shape == \(5,\)"),
        (lambda X, y: (X[:10], y[:10], None, 3), r"allowed is \(X, y\), or \(X, y, sample_weight\)"),
        (lambda X, y: (X[:10, :5], y[:10]), "validation_data: X has 5 features"),
        (lambda X, y: (X[:10], np.eye(2)[y[:10]]), r"validation_data: its y has shape \(10, 2\), and y \(120,\)"),
        (lambda X, y: (X[:10], np.array(["a", "b"])[y[:10]]), "validation_data: its y has labels that y lacks: 'a'"),
        (lambda X, y: (X[:10], np.array(["a", None])[y[:10]]), "validation_data: Input y contains NaN"),
        (lambda X, y: (X[:10], np.ma.masked_less(y[:10], 1)), "validation_data: y is a masked array"),
        (lambda X, _: X[:10], r"allowed is \(X, y\)"),
    ],
)
def test_what_cannot_follow_the_rows_is_refused(given, words, build, rows):
    """Other lengths, other forms, and labels that no row to train on has."""
    estimator = KerasClassifier(build, validation_data=given(*rows))
    with pytest.raises(ValueError, match=words):
        estimator.fit(*rows)


def test_labels_of_any_kind_are_compared_by_value(build, rows):
    """Text in a list and in a Series, numbers of pandas and of NumPy: what is measured is the same."""
    X, y = rows
    words = np.array(["no", "yes"])[y]
    found = [
        KerasClassifier(build, random_state=0, validation_data=(X[:10], more[:10])).fit(X, labels).history_["val_loss"]
        for labels, more in [
            (y, y),
            (words.tolist(), pd.Series(words, dtype="string")),
            (pd.Series(y, dtype="Int64"), y.astype(float)),
        ]
    ]
    assert found[0] == found[1] == found[2]


def test_amounts_have_lengths_too(rows):
    """Of a regressor."""

    def build():
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        return model

    X = rows[0]
    with pytest.raises(ValueError, match=r"validation_data: Found input variables.*\[10, 9\]"):
        KerasRegressor(build, validation_data=(X[:10], X[:9, 0])).fit(X, X[:, 0])
    assert KerasRegressor(build, validation_data=(X[:10], X[:10, 0])).fit(X, X[:, 0]).history_["val_loss"]


def test_rows_counted_from_the_last_are_those_to_train_on(build, rows):
    """Splits of negative numbers, as NumPy takes rows: validation data, which lies behind, is not trained on."""
    X, y = rows
    estimator = KerasClassifier(build, epochs=2, random_state=0, validation_data=(X[:10] + 5, 1 - y[:10]))
    scores = [
        GridSearchCV(estimator, {"batch_size": [8]}, cv=[(train, np.arange(60))], scoring="neg_log_loss", refit=False)
        .fit(X, y)
        .cv_results_["mean_test_score"][0]
        for train in (np.arange(60, 120), np.arange(-60, 0))
    ]
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)
