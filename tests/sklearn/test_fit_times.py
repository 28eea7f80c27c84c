"""Seconds that ``cv_results_`` says of fits which trained together: each fit's own."""

import time

import joblib
import pytest
from sklearn import model_selection
from sklearn.ensemble import BaggingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from job import GridSearchCV, KerasClassifier

_SLEPT = 0.3


def slow(X):
    """Return X, after a while."""
    time.sleep(_SLEPT)
    return X


@pytest.mark.parametrize("stock", [False, True], ids=["ours", "stock"])
def test_more_epochs_take_longer(build, rows, stock):
    """Which is what the times of estimators are compared for; scikit-learn's own clock sees no training at all."""
    estimator, grid = KerasClassifier(build, random_state=0), {"epochs": [1, 200]}
    kind = model_selection.GridSearchCV if stock else GridSearchCV
    with joblib.parallel_config("tunejob"):
        few, many = kind(estimator, grid, cv=2, verbose=0).fit(*rows).cv_results_["mean_fit_time"]
    assert 0 < few < many


@pytest.mark.parametrize("bagged", [False, True], ids=["pipeline", "bagging"])
def test_a_fit_that_waits_for_others_does_not_count_them(build, rows, bagged):
    """Preprocessing and training are each fit's own, also of estimators within one: no more than all took."""
    step = make_pipeline(FunctionTransformer(slow), KerasClassifier(build, epochs=2, random_state=0))
    estimator = BaggingClassifier(step, n_estimators=2, random_state=0, n_jobs=2) if bagged else step
    began = time.perf_counter()
    search = GridSearchCV(estimator, {}, cv=4, refit=False, verbose=0).fit(*rows)
    whole = time.perf_counter() - began
    least = _SLEPT * (8 if bagged else 4)
    assert least <= search.cv_results_["mean_fit_time"][0] * 4 <= whole - least  # scoring waits as long
