"""One-hot y in a search: folds and scores are those of its labels."""

import pickle
import re

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn import model_selection
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score, make_scorer, matthews_corrcoef, roc_auc_score
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from job import GridSearchCV, KerasClassifier
from job.sklearn import one_hot


def _build(loss="categorical_crossentropy"):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.Adam(0.1), loss)
    return model


def test_folds_and_scores_are_those_of_labels():
    """Iris's rows lie in the order of their classes: scores equal those of scikit-learn's search of labels, by fold.

    scikit-learn itself would train each fold on two classes, and test on the third.
    """
    X, y = load_iris(return_X_y=True)
    estimator = make_pipeline(StandardScaler(), KerasClassifier(_build, epochs=8, random_state=0))
    grid = {"kerasclassifier__batch_size": [16, 32]}
    search = GridSearchCV(estimator, grid, cv=3).fit(X, np.eye(3)[y])
    estimator.set_params(kerasclassifier__loss="sparse_categorical_crossentropy")
    labels = model_selection.GridSearchCV(estimator, grid, cv=3).fit(X, y)
    for name in ("split0_test_score", "split2_test_score", "mean_test_score"):
        assert search.cv_results_[name] == pytest.approx(labels.cv_results_[name], abs=0.021)  # one row near a border
    assert search.cv_results_["mean_test_score"].min() > 0.7
    assert search.cv == 3
    assert search.score(X, np.eye(3)[y]) == (search.predict(X).argmax(axis=1) == y).mean()


def _brier(estimator, X, y):
    """As any user whose y is one-hot would write it; labels, too."""
    assert estimator.predict(X).shape == y.shape
    columns = y if np.ndim(y) == 2 else np.eye(3)[y]
    return -((estimator.predict_proba(X) - columns) ** 2).sum(axis=1).mean()


def test_every_scorer_is_given_labels():
    """By name, in a list or made of a metric; a plain function, and whoever predicts, sees rows as they were given."""
    X, y = load_iris(return_X_y=True)
    estimator = make_pipeline(StandardScaler(), KerasClassifier(_build, epochs=4, random_state=0))
    grid = {"kerasclassifier__batch_size": [16]}
    scoring = {"balanced": "balanced_accuracy", "mcc": make_scorer(matthews_corrcoef), "own": _brier}
    search = GridSearchCV(estimator, grid, cv=3, scoring=scoring, refit="mcc", error_score="raise")
    search.fit(X, np.eye(3)[y])
    loss = "sparse_categorical_crossentropy"
    labels = model_selection.GridSearchCV(estimator, {**grid, "kerasclassifier__loss": [loss]}, cv=3, scoring=scoring)
    labels.set_params(refit="mcc").fit(X, y)
    for name in scoring:
        assert search.cv_results_[f"mean_test_{name}"] == pytest.approx(
            labels.cv_results_[f"mean_test_{name}"], abs=0.03
        )
    assert search.scoring is scoring
    assert search.predict(X).shape == (150, 3)
    expected = matthews_corrcoef(y, search.predict(X).argmax(axis=1))
    for scored in (search, pickle.loads(pickle.dumps(search))):  # noqa: S301
        assert scored.score(X, np.eye(3)[y]) == scored.score(X, y) == pytest.approx(expected)
    for scoring in ("f1_macro", ["f1_macro", "neg_log_loss"]):
        search = GridSearchCV(estimator, grid, cv=3, scoring=scoring, refit=False).fit(X, np.eye(3)[y])
        name = "f1_macro" if isinstance(scoring, list) else "score"
        assert np.isfinite(search.cv_results_[f"mean_test_{name}"]).all()


def test_of_two_columns_too(rows):
    """The curve's area is of the second column; weights go to the scorers that take some."""
    X, y = rows

    def build():
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(2, "softmax")])
        model.compile(keras.optimizers.Adam(0.1), "categorical_crossentropy")
        return model

    search = GridSearchCV(KerasClassifier(build, epochs=2), {"batch_size": [16]}, cv=2, scoring="roc_auc")
    search.fit(X, np.eye(2)[y], sample_weight=np.ones(120))
    best = search.best_estimator_
    assert search.score(X, np.eye(2)[y]) == pytest.approx(roc_auc_score(y, best.predict_proba(X)[:, 1]))
    assert search.best_score_ > 0.5


@pytest.mark.parametrize("scoring", ["accurate", accuracy_score, {"a": accuracy_score}, ["f1", "f1"], []])
def test_what_is_no_scorer_is_refused_as_of_labels(scoring):
    """By scikit-learn, in its own words."""
    with pytest.raises((ValueError, TypeError)) as theirs:
        model_selection.GridSearchCV(KerasClassifier(_build), {}, scoring=scoring).fit(np.ones((6, 4)), [0, 1] * 3)
    with pytest.raises(type(theirs.value), match=re.escape(str(theirs.value)[:20])):
        GridSearchCV(KerasClassifier(_build), {}, scoring=scoring).fit(np.ones((6, 4)), np.eye(2)[[0, 1] * 3])


@pytest.mark.parametrize(
    ("y", "cv"),
    [
        (np.eye(3)[[0, 1, 2] * 5], KFold(3)),
        (np.array([0, 1] * 5), 3),
        (np.array([[0, 1, 1], [1, 0, 0]] * 5), 3),
    ],
    ids=["a splitter", "labels", "several labels a row"],
)
def test_all_else_is_left_to_scikit_learn(y, cv):
    """A splitter of the user's own, labels, and labels of which a row has several."""
    assert one_hot.folds(KerasClassifier(_build), cv, y) is cv


def test_where_nothing_is_said_there_are_five_folds_as_of_labels():
    """The same rows as scikit-learn's for the labels; of a DataFrame too."""
    y = np.repeat([0, 1, 2], 20)
    folds = one_hot.folds(KerasClassifier(_build), None, pd.DataFrame(np.eye(3)[y]))
    expected = model_selection.StratifiedKFold(5).split(y, y)
    for ours, theirs in zip(folds.split(y, np.eye(3)[y]), expected, strict=True):
        assert np.array_equal(ours[1], theirs[1])


def _ending_in(last="softmax", rate=0.1):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, last)])
    loss = "categorical_crossentropy" if last == "softmax" else "binary_crossentropy"
    model.compile(keras.optimizers.Adam(rate), loss)
    return model


@pytest.mark.parametrize(
    ("build", "grid"),
    [
        (_build, {"loss": ["categorical_crossentropy", "binary_crossentropy"]}),
        (_ending_in, {"last": ["sigmoid", "softmax"], "rate": [0.1, 0.2]}),
    ],
    ids=["loss", "last activation"],
)
def test_each_candidate_reads_one_hot_rows_by_its_own_loss(build, grid):
    """As classes or as labels of their own: scores are those of scikit-learn's search, which fits them one by one."""
    X, y = load_iris(return_X_y=True)
    y = np.eye(3)[y]
    cv = list(KFold(2, shuffle=True, random_state=0).split(X))
    estimator = KerasClassifier(build, epochs=2, random_state=0)
    ours = GridSearchCV(estimator, grid, cv=cv, error_score="raise").fit(X, y)
    theirs = model_selection.GridSearchCV(estimator, grid, cv=cv, error_score="raise").fit(X, y)
    assert ours.cv_results_["mean_test_score"] == pytest.approx(theirs.cv_results_["mean_test_score"], abs=0.014)


def test_scorers_share_predictions(monkeypatch):
    """Several by name ask a model for its labels once for each fold, as scikit-learn's own do."""
    asked = []
    predictions = KerasClassifier._predictions
    monkeypatch.setattr(KerasClassifier, "_predictions", lambda self, X: asked.append(len(X)) or predictions(self, X))
    scoring = ["accuracy", "f1_macro", "balanced_accuracy"]
    search = GridSearchCV(KerasClassifier(_build), {}, cv=2, scoring=scoring, refit=False, error_score="raise")
    search.fit(np.ones((12, 4)), np.eye(3)[[0, 1, 2] * 4])
    assert asked == [6, 6]


def test_a_candidate_may_put_another_classifier_in_place():
    """One of scikit-learn's own is given one-hot rows as they are."""
    X, y = load_iris(return_X_y=True)
    pipeline = Pipeline([("clf", KerasClassifier(_build))])
    grid = {"clf": [KerasClassifier(_build), DecisionTreeClassifier(random_state=0)]}
    search = GridSearchCV(pipeline, grid, cv=2, scoring="accuracy", refit=False, error_score="raise")
    assert search.fit(X, np.eye(3)[y]).cv_results_["mean_test_score"][1] > 0.9


class _SaysLabels(KerasClassifier):
    def predict(self, X):
        return super().predict(X).argmax(axis=1)


class _SaysSeveral(KerasClassifier):
    def predict(self, X):
        return (self.predict_proba(X) > 0).astype(int)


def test_a_predict_of_the_users_own_is_scored_by_what_it_says():
    """Labels as labels; several a row against rows as they are."""
    X, y = np.ones((6, 4)), np.eye(3)[[0, 1, 2] * 2]
    scorer = one_hot.scoring(KerasClassifier(_build), "accuracy", y)
    labels, several = (kind(_build).fit(X, y) for kind in (_SaysLabels, _SaysSeveral))
    assert scorer(labels, X, y) == scorer(labels, X, y.argmax(axis=1)) == pytest.approx(1 / 3)
    assert scorer(several, X, y) == 0
    assert scorer(several, X, np.ones((6, 3))) == 1
