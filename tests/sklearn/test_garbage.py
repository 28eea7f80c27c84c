"""What a fit leaves behind in the user's process: nothing of its rows, and garbage is looked for as before."""

import gc
import weakref

import numpy as np

from job import KerasClassifier


def test_rows_go_when_a_fit_ends(build, rows):
    """And those of a prediction, though the estimator stays."""
    X, y = rows[0].copy(), rows[1].copy()
    kept = KerasClassifier(build, validation_split=0.25).fit(X, y)
    others = rows[0].copy()
    kept.predict(others)
    held = [weakref.ref(one) for one in (X, y, others)]
    del X, y, others
    gc.collect()
    assert [one() is None for one in held] == [True] * 3
    assert kept.predict(rows[0]).shape == rows[1].shape


def test_garbage_of_the_user_is_freed(build, rows):
    """What refers to itself is looked for after a fit, even if it was there before."""

    class Circle:
        pass

    circle = Circle()
    circle.own, circle.rows, gone = circle, np.zeros(9), weakref.ref(circle)
    KerasClassifier(build).fit(*rows)
    del circle
    gc.collect()
    assert gone() is None
