"""Keras ``fit``, one fit after the other, as a loop by hand would do it."""

import resource
from typing import Any

import keras

from benchmarks.together.clock import Clock
from benchmarks.together.given import Given


def search(given: Given) -> dict[str, Any]:
    """Trains and scores every fit."""
    x, y = given.data
    given.warm_up()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    scores = []
    clock = Clock()
    for trial in given.trials:
        build, fit = given.parts(trial)
        for fold in given.folds:
            train, test = given.rows(fold)
            keras.utils.set_random_seed(trial)
            model = given.build(**build)
            model.fit(x[train], y[train], verbose=0, **fit)
            scores.append((trial, fold, given.score(y[test], model.predict(x[test], verbose=0))))
    return {"search": clock.seconds, "scores": scores, "megabytes": megabytes}
