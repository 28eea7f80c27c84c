"""Fits beside fits: each is its own, whatever others of its params have, and whichever thread asks."""

import threading
from typing import Any

import joblib
import keras
import pytest
from sklearn import model_selection

from job import GridSearchCV, KerasClassifier


@pytest.mark.parametrize("first", [0, 1], ids=["none first", "callbacks first"])
def test_callbacks_are_those_of_their_own_candidate(build, rows, first):
    """A candidate without callbacks and one with them, of the same function and params, score as one by one."""
    steep = [keras.callbacks.LearningRateScheduler(lambda _: 0.5)]
    choices = [None, steep] if first == 0 else [steep, None]
    estimator = KerasClassifier(build, epochs=2, random_state=0)
    how = {"cv": 2, "scoring": "neg_log_loss", "refit": False}
    ours = GridSearchCV(estimator, {"callbacks": choices}, **how).fit(*rows).cv_results_["mean_test_score"]
    theirs = model_selection.GridSearchCV(estimator, {"callbacks": choices}, **how).fit(*rows)
    assert ours == pytest.approx(theirs.cv_results_["mean_test_score"], abs=1e-4)
    assert abs(ours[0] - ours[1]) > 1e-3


def test_threads_take_turns_with_keras(build, rows):
    """Fits in two threads give what they give one after the other, every time."""
    estimator = KerasClassifier(build, epochs=2, random_state=0)
    alone = model_selection.cross_val_score(estimator, *rows, cv=4, scoring="neg_log_loss")
    for _ in range(2):
        with joblib.parallel_config("threading", n_jobs=2):
            found = model_selection.cross_val_score(estimator, *rows, cv=4, scoring="neg_log_loss")
        assert found == pytest.approx(alone, abs=1e-6)


def test_searches_in_two_threads_are_each_their_own(build, rows):
    """Their fits train together in each, and not across."""
    found: dict[int, Any] = {}

    def search(number: int) -> None:
        made = GridSearchCV(KerasClassifier(build, epochs=2, random_state=0), {"hidden_units": [3, 4]}, cv=2)
        found[number] = made.fit(*rows).cv_results_["mean_test_score"]

    search(0)
    threads = [threading.Thread(target=search, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[1].tolist() == found[0].tolist() == found[2].tolist()
