"""scikit-learn's own search over SciKeras's wrapper of the same model."""

import importlib
import os
from typing import Any

from joblib import Parallel, delayed
from scikeras.wrappers import KerasClassifier, KerasRegressor
from sklearn.model_selection import GridSearchCV

from benchmarks.together.clock import Clock
from benchmarks.together.given import Given


def search(given: Given, *, jobs: int, scaled: int = 0) -> dict[str, Any]:
    """Searches with ``jobs`` processes, each of which has imported TensorFlow and trained once before.

    ``scaled`` puts a StandardScaler before the model.

    A random search's candidates are given as a list of grids of one point each: they are the same, and scikit-learn's
    two searches differ in nothing else.
    """
    _warm_up(given, jobs)
    x, y = given.data
    build, fit = given.parts(next(iter(given.trials)))
    wrapper = KerasRegressor if given.scoring == "r2" else KerasClassifier
    estimator, grids = given.space(wrapper(model=given.build, verbose=0, **build, **fit), scaled=scaled)
    folds = [given.rows(fold) for fold in given.folds]
    clock = Clock()
    found = GridSearchCV(
        estimator, grids, cv=folds, scoring=given.scoring, refit=False, n_jobs=jobs, error_score="raise"
    ).fit(x, y)
    seconds = clock.seconds
    return {"search": seconds, "scores": given.scores(found.cv_results_)}


def _warm_up(given: Given, jobs: int) -> None:
    workers: set[int] = set()
    while len(workers) < jobs:
        workers |= set(Parallel(n_jobs=jobs)(delayed(_warm)(given) for _ in range(jobs)))


def _warm(given: Given) -> int:
    """In each process that will train; joblib keeps them for the search."""
    importlib.import_module("sklearn.model_selection")
    given.warm_up()
    return os.getpid()
