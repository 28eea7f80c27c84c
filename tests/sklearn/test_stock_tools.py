"""scikit-learn's unmodified tools under the backend "tunejob": what they give without it, by fits that met."""

import re
import threading
from collections.abc import Mapping

import joblib
import numpy as np
import pytest
from sklearn import model_selection
from sklearn.ensemble import BaggingClassifier, StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from job import GridSearchCV, KerasClassifier
from job.sklearn.base import KerasEstimator

_NEAR = 1e-4  # of probabilities and losses: single precision, another order of sums
_LOSS = {"scoring": "neg_log_loss"}


@pytest.fixture(scope="module")
def estimator(build):
    """Repeatable, behind preprocessing."""
    return make_pipeline(StandardScaler(), KerasClassifier(build, epochs=2, random_state=0))


@pytest.fixture
def trained_by(monkeypatch):
    """How each Keras fit was trained, in the order in which they ended."""
    seen, keep = [], KerasEstimator._keep

    def kept(self, found, answer):
        keep(self, found, answer)
        seen.append(self.trained_by_)

    monkeypatch.setattr(KerasEstimator, "_keep", kept)
    return seen


def _cross_validate(estimator, X, y):
    how = {"scoring": ["neg_log_loss", "accuracy"], "return_train_score": True}
    found = model_selection.cross_validate(estimator, X, y, cv=3, **how)
    return {name: values for name, values in found.items() if name.startswith(("test_", "train_"))}


def _cross_val_predict(estimator, X, y):
    return model_selection.cross_val_predict(estimator, X, y, cv=3, method="predict_proba")


def _learning_curve(estimator, X, y):
    sizes = [0.4, 1.0]
    _, train, test = model_selection.learning_curve(estimator, X, y, cv=2, train_sizes=sizes, **_LOSS)
    return {"train": train, "test": test}


def _validation_curve(estimator, X, y):
    of = {"param_name": "kerasclassifier__learning_rate", "param_range": [1e-3, 1e-1]}
    train, test = model_selection.validation_curve(estimator, X, y, cv=2, **of, **_LOSS)
    return {"train": train, "test": test}


def _permutation_test_score(estimator, X, y):
    how = {"n_permutations": 3, "random_state": 0, **_LOSS}
    score, permuted, p = model_selection.permutation_test_score(estimator, X, y, cv=2, **how)
    return {"score": score, "permuted": permuted, "p": p}


def _search(estimator):
    space = {"kerasclassifier__hidden_units": [2, 4], "kerasclassifier__learning_rate": [1e-3, 1e-1]}
    return model_selection.GridSearchCV(estimator, space, cv=2, **_LOSS)


def _grid(estimator, X, y):
    return _search(estimator).fit(X, y).cv_results_["mean_test_score"]


def _nested(estimator, X, y):
    return model_selection.cross_val_score(_search(estimator), X, y, cv=2, **_LOSS)


def _bagging(estimator, X, y):
    return BaggingClassifier(estimator, n_estimators=3, random_state=0).fit(X, y).predict_proba(X)


def _one_vs_rest(estimator, X, y):
    return OneVsRestClassifier(estimator).fit(X, y + (X[:, 0] > 0)).predict_proba(X)


def _stacking(estimator, X, y):
    others = {"learning_rate": 0.1, "hidden_units": 8}
    wider = KerasClassifier(**{**estimator[-1].get_params(deep=False), **others})
    several = [("narrow", estimator), ("wider", wider)]
    return StackingClassifier(several, LogisticRegression(), cv=2).fit(X, y).predict_proba(X)


TOGETHER = {
    _cross_validate: 3,
    _cross_val_predict: 3,
    _learning_curve: 4,
    _validation_curve: 4,
    _permutation_test_score: 6,
    _grid: 8,
    _nested: 16,
    _bagging: 3,
    _one_vs_rest: 3,
    _stacking: 4,
}
"""How many fits of each tool trained with others; those left are of one model on all rows, or few at a time."""


@pytest.mark.parametrize("tool", TOGETHER, ids=lambda tool: tool.__name__[1:])
def test_a_tool_gives_what_it_gives_without_the_backend(tool, estimator, rows, trained_by):
    """Scores and probabilities are those of fits one after the other, and the fits met."""
    X, y = rows
    alone = tool(estimator, X, y)
    assert {one.partition(":")[0] for one in trained_by} == {"fit"}
    trained_by.clear()
    with joblib.parallel_config("tunejob"):
        met = tool(estimator, X, y)
    if not isinstance(alone, Mapping):
        alone, met = {"": alone}, {"": met}
    for name, values in alone.items():
        assert met[name] == pytest.approx(np.asarray(values), abs=_NEAR), name
    groups = [int(found[1]) for one in trained_by if (found := re.match(r"[^:]+: (\d+) fits", one))]
    assert len(groups) == TOGETHER[tool]
    assert min(groups) > 1


def test_calls_that_fit_no_keras_model_run_in_the_thread_that_asks(build, rows):
    """scikit-learn's own estimators wait for nothing; a Keras estimator among the candidates is still met."""
    threads = {}

    def scored(estimator, X, y):
        threads.setdefault(type(estimator[-1]).__name__, set()).add(threading.current_thread())
        return estimator.score(X, y)

    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    space = {"logisticregression": [LogisticRegression(), KerasClassifier(build, random_state=0)]}
    with joblib.parallel_config("tunejob"):
        found = model_selection.cross_val_score(pipeline, *rows, cv=2, scoring=scored)
        GridSearchCV(pipeline, {"logisticregression__C": [1.0]}, cv=2, refit=False, scoring=scored).fit(*rows)
        assert threads == {"LogisticRegression": {threading.current_thread()}}
        search = model_selection.GridSearchCV(pipeline, space, cv=2, refit=False, scoring=scored).fit(*rows)
    assert search.cv_results_["mean_test_score"][0] == found.mean()
    assert threading.current_thread() not in threads["KerasClassifier"]
