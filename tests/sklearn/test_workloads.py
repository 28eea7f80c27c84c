"""Searches here against scikit-learn's own over the same estimators, for each search of the benchmark, made small."""

import importlib.util
from functools import cache

import pytest
from sklearn import model_selection
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.together import workloads
from job import GridSearchCV, KerasClassifier, KerasRegressor

_NEAR = 1e-4  # of losses: single precision, another order of sums
_ROWS = 150
SEARCHES = {one.name: one for one in workloads.ALL if one.name not in ("grid-50", "random-50", "one")}
"""Those left out have the model and the space of another, and more epochs."""
TABLES = ("grid-5", "random-5", "deep", "regression", "breast-cancer")


@cache
def _module(folder, name):
    """A workload's own module: several have one of the same name."""
    spec = importlib.util.spec_from_file_location(f"{folder.name}_{name}", folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _small(workload):
    """An estimator of few epochs, some candidates from all over the space, and some rows."""
    given, folder = workloads.spread(workload.given(), 3), workload.path.parent
    X, y = _module(folder, "data").load()
    kind = KerasRegressor if given.scoring == "r2" else KerasClassifier
    settings = {name: value for name, value in given.fit.items() if name != "epochs"}
    estimator = kind(_module(folder, "model").build, **settings, epochs=2, random_state=0)
    return estimator, list(given.trials.values()), X[:_ROWS], y[:_ROWS]


def _scores(search, estimator, points, X, y):
    """Each candidate's in each fold, on the rows it was not trained on and on those it was."""
    space = [{name: [value] for name, value in params.items()} for params in points]
    scoring = "neg_mean_squared_error" if y.dtype.kind == "f" else "neg_log_loss"
    how = {"cv": 2, "scoring": scoring, "refit": False, "return_train_score": True, "error_score": "raise"}
    found = search(estimator, space, **how).fit(X, y).cv_results_
    return {name: values for name, values in found.items() if name.startswith("split")}


@pytest.mark.parametrize("name", SEARCHES)
def test_scores_are_those_of_fits_one_by_one(name):
    """Together as one by one, whatever the layers: dense or recurrent, convolutions, embeddings, dropout."""
    small = _small(SEARCHES[name])
    ours, theirs = (_scores(one, *small) for one in (GridSearchCV, model_selection.GridSearchCV))
    assert ours == {part: pytest.approx(values, abs=_NEAR) for part, values in theirs.items()}


@pytest.mark.parametrize("name", TABLES)
def test_so_are_those_of_pipelines(name):
    """Behind a scaler that each fold fits on its own training rows."""
    estimator, points, X, y = _small(SEARCHES[name])
    step = type(estimator).__name__.lower()
    points = [{f"{step}__{setting}": value for setting, value in params.items()} for params in points]
    small = make_pipeline(StandardScaler(), estimator), points, X, y
    ours, theirs = (_scores(one, *small) for one in (GridSearchCV, model_selection.GridSearchCV))
    assert ours == {part: pytest.approx(values, abs=_NEAR) for part, values in theirs.items()}
