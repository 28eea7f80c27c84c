"""Searches here against scikit-learn's own over the same estimator, whose fits are trained one by one."""

import joblib
import numpy as np
import pytest
from sklearn import model_selection
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from job import GridSearchCV, HalvingGridSearchCV, KerasClassifier, RandomizedSearchCV

_NEAR = 1e-4  # of predicted probabilities: float32, another order of sums


@pytest.fixture(scope="module")
def estimator(build):
    """Repeatable."""
    return KerasClassifier(build, epochs=2, random_state=0)


def test_scores_equal_those_of_fits_one_by_one(estimator, grid, rows):
    """Every candidate's log loss in every fold is that of scikit-learn's search, on test rows and on training rows."""
    how = {"cv": 2, "scoring": "neg_log_loss", "return_train_score": True}
    ours = GridSearchCV(estimator, grid, **how).fit(*rows).cv_results_
    theirs = model_selection.GridSearchCV(estimator, grid, **how).fit(*rows).cv_results_
    assert ours["params"] == theirs["params"]
    for name in ("split0_test_score", "split1_test_score", "split1_train_score"):
        assert ours[name] == pytest.approx(theirs[name], abs=_NEAR)


def test_pipelines_meet(estimator, grid, rows):
    """Preprocessing is fitted in each fold, its own parameters are searched too, and the Keras fits train together."""
    X, y = rows
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
    pipeline = make_pipeline(SimpleImputer(), StandardScaler(), estimator)
    space = {f"kerasclassifier__{name}": values for name, values in grid.items()}
    space["simpleimputer__strategy"] = ["mean", "median"]
    how = {"cv": 2, "scoring": "neg_log_loss"}
    ours = GridSearchCV(pipeline, space, **how).fit(X, y).cv_results_
    theirs = model_selection.GridSearchCV(pipeline, space, **how).fit(X, y).cv_results_
    assert ours["mean_test_score"] == pytest.approx(theirs["mean_test_score"], abs=_NEAR)
    with joblib.parallel_config("tunejob"):
        found = model_selection.cross_validate(pipeline, X, y, cv=3, return_estimator=True)
    assert {one[-1].trained_by_[: one[-1].trained_by_.index(" fits")] for one in found["estimator"]} == {
        "any-shape graph: 3"
    }


def test_a_plain_function_is_an_estimator(build, rows):
    """The three lines: a function, a grid, fit; the best estimator predicts, and says how it was trained."""
    X, y = rows
    search = GridSearchCV(build, {"hidden_units": [2, 4], "batch_size": [16, 32]}, cv=2).fit(X, y)
    assert set(search.best_params_) == {"hidden_units", "batch_size"}
    assert search.best_estimator_.predict(X).shape == y.shape
    assert search.best_estimator_.model_.count_params() > 0
    assert search.best_estimator_.trained_by_


def test_random_and_halving_searches_draw_scikit_learns_candidates(estimator, grid, rows):
    """They are scikit-learn's own classes, so their candidates are too."""
    for ours, theirs, more in (
        (RandomizedSearchCV, model_selection.RandomizedSearchCV, {"n_iter": 3, "random_state": 1}),
        (HalvingGridSearchCV, model_selection.HalvingGridSearchCV, {"random_state": 1, "min_resources": 30}),
    ):
        found = [kind(estimator, grid, cv=2, **more).fit(*rows).cv_results_ for kind in (ours, theirs)]
        assert found[0]["params"] == found[1]["params"]
        assert found[0]["mean_test_score"] == pytest.approx(found[1]["mean_test_score"], abs=0.02)
