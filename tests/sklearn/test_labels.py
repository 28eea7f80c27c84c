"""What y of a classifier may hold: as scikit-learn has it, and in a sentence where it may not."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from job import GridSearchCV, KerasClassifier
from job.sklearn import labels


def _objects(*two):
    return np.array(two, dtype=object)[[0, 1] * 60]


TAKEN = {
    "text as objects": _objects("a", "b"),
    "text of pandas": pd.Series(_objects("a", "b"), dtype="string"),
    "categories": pd.Series(pd.Categorical(_objects("a", "b"))),
    "categories of numbers": pd.Series(pd.Categorical([0, 1] * 60)),
    "numbers of pandas": pd.Series([0, 1] * 60, dtype="Int64"),
    "booleans of pandas": pd.Series([False, True] * 60, dtype="boolean"),
    "booleans": np.array([False, True] * 60),
    "a list of text": ["a", "b"] * 60,
}
REFUSED = {
    "NaN among text": (_objects("a", np.nan), "Input y contains NaN: nan in row 1"),
    "None among text": (_objects("a", None), "Input y contains NaN: None in row 1"),
    "a Series with NaN": (pd.Series(_objects("a", np.nan)), "Input y contains NaN: nan in row 1"),
    "text with NA": (pd.Series(_objects("a", pd.NA), dtype="string"), "Input y contains NaN: <NA> in row 1"),
    "text and numbers": (_objects("a", 1), "y mixes int, str"),
    "booleans as objects": (_objects(False, True), r"Unknown label type: unknown.*y\.astype\(bool\)"),
    "numbers as objects": (_objects(0, 1), r"Unknown label type: unknown.*y\.astype\(int\)"),
    "one-hot as objects": (np.eye(2)[[0, 1] * 60].astype(object), r"y\.astype\(float\)"),
    "dates as objects": (_objects(pd.Timestamp("2020"), pd.Timestamp("2021")), "give text or numbers"),
    "sets": ([{1}, {1, 2}] * 60, "y holds a set in each row.*MultiLabelBinarizer"),
    "lists of several lengths": ([[1], [1, 2]] * 60, "y holds a list in each row.*MultiLabelBinarizer"),
    "lists of text": ([["a", "b"], ["b", "c"]] * 60, "y is a matrix of shape.*MultiLabelBinarizer"),
}


@pytest.mark.parametrize("kind", TAKEN)
def test_labels_are_those_that_scikit_learn_finds(kind, build, rows):
    """Its classes are the same as those of its own estimator."""
    X, y = rows[0], TAKEN[kind]
    assert KerasClassifier(build).fit(X, y).classes_.tolist() == LogisticRegression().fit(X, y).classes_.tolist()


@pytest.mark.parametrize("kind", REFUSED)
def test_what_are_no_labels_is_refused(kind, build, rows):
    """As scikit-learn's own estimator refuses it; by the estimator alone and in a search."""
    y, words = REFUSED[kind]
    with pytest.raises((ValueError, TypeError)):
        LogisticRegression().fit(rows[0], y)
    with pytest.raises(ValueError, match=words):
        KerasClassifier(build).fit(rows[0], y)
    cv = [(np.arange(60), np.arange(60, 120))]
    with pytest.raises(ValueError, match=words):
        GridSearchCV(KerasClassifier(build), {"hidden_units": [2]}, cv=cv, error_score="raise").fit(rows[0], y)


@pytest.mark.parametrize("other", [1, float("nan"), None])
def test_what_is_no_text_in_a_list_of_text_is_refused(other):
    """NumPy would make text of it, and a class."""
    with pytest.raises(ValueError, match=r"y mixes int, str|Input y contains NaN"):
        labels.read(["a", other])


def _of_four():
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def test_numbers_of_columns_may_be_floats(rows):
    """Labels 1., 2., 3. of four columns are read as 1, 2, 3 are, and predicted as floats."""
    X, y = rows[0], np.arange(120) % 3 + 1
    whole, floats = (KerasClassifier(_of_four, random_state=0).fit(X, one) for one in (y, y.astype(float)))
    assert floats.predict(X).tolist() == whole.predict(X).tolist()
    assert floats.predict(X).dtype == floats.classes_.dtype == np.float64
    assert floats.predict_proba(X).tolist() == whole.predict_proba(X).tolist()
    assert floats.score(X, y.astype(float)) == whole.score(X, y)
