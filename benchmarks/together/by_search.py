"""This package's searches in Python, in one process: as ``by_sklearn`` has them, without warming up."""

from typing import Any

from benchmarks.together.clock import Clock
from benchmarks.together.given import FIT, Given
from job import GridSearchCV, KerasClassifier


def search(given: Given, *, scaled: int = 0) -> dict[str, Any]:
    """Searches; ``scaled`` puts a StandardScaler before the model."""
    x, y = given.data
    first = next(iter(given.trials.values()))
    build = {name: value for name, value in first.items() if name not in FIT}
    estimator, grids = given.space(KerasClassifier(given.build, random_state=0, **build, **given.fit), scaled=scaled)
    folds = [given.rows(fold) for fold in given.folds]
    clock = Clock()
    found = GridSearchCV(
        estimator, grids, cv=folds, scoring=given.scoring, refit=False, error_score="raise", verbose=0
    ).fit(x, y)
    seconds = clock.seconds
    return {"search": seconds, "scores": given.scores(found.cv_results_)}
