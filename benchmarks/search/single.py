"""One fit of an estimator beside Keras's, and the memory of a search of many candidates."""

import re
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np

from benchmarks.together.clock import Clock
from benchmarks.together.given import Given
from job import GridSearchCV, KerasClassifier

_COLUMNS = 100


def fit(given: Given, *, times: int) -> dict[str, float]:
    """Seconds of one fit, by an estimator and by Keras, in turns: the median of each."""
    x, y = given.data
    build, fit = given.parts(next(iter(given.trials)))
    ours, theirs = [], []
    for _ in range(times + 1):  # the first is not counted: it imports and traces what later ones need not
        clock = Clock()
        KerasClassifier(given.build, random_state=0, **build, **fit).fit(x, y)
        ours.append(clock.seconds)
        keras.utils.clear_session(free_memory=False)
        clock = Clock()
        keras.utils.set_random_seed(0)
        given.build(**build).fit(x, y, verbose=0, **fit)
        theirs.append(clock.seconds)
        keras.utils.clear_session(free_memory=False)
    return {"ours": median(ours[1:]), "theirs": median(theirs[1:])}


def memory(*, candidates: int, megabytes: int) -> dict[str, float]:
    """The most megabytes that a process held before a search on rows of some, and with it."""
    draw = np.random.default_rng(0)
    x = draw.standard_normal((megabytes * 10**6 // (4 * _COLUMNS), _COLUMNS), dtype=np.float32)
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    before, clock = _peak(), Clock()
    rates = np.geomspace(1e-3, 1e-1, candidates).tolist()
    search = GridSearchCV(
        KerasClassifier(_line, batch_size=8192), {"learning_rate": rates}, cv=3, refit=False, verbose=0
    )
    search.fit(x, y)
    return {"before": before, "most": _peak(), "seconds": clock.seconds}


def _line(learning_rate: float) -> Any:
    model = keras.Sequential([keras.Input((_COLUMNS,)), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(learning_rate), "binary_crossentropy")
    return model


def _peak() -> float:
    (found,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return float(found) / 1000
