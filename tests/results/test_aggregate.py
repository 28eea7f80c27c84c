"""Aggregation: at any moment, from objects in any order, deterministic, with duplicates and failures."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_run import MadeRun

from job.errors import StoreError
from job.results.aggregate import aggregate
from job.results.line import FitFailure, dump_lines

PARAMS = [{"x": 1}, {"x": 2}, {"x": 3}]
SCORES = {"accuracy": [[0.1, 0.2], [0.5, 0.6], [0.3, 0.4]]}


class Shuffled:
    """A store that gives many objects in another order, as one over a network does."""

    def __init__(self, store, seed):
        self.store, self.random = store, np.random.default_rng(seed)

    def list(self, prefix):
        """List as the real store."""
        return self.store.list(prefix)

    def read_many(self, keys):
        """Read all and give them in any order."""
        found = list(self.store.read_many(keys))
        self.random.shuffle(found)
        return iter(found)


def test_an_unfinished_run_has_its_table():
    """Trials without all their fits have NaN means and rank last; the best is among the others."""
    table = MadeRun(PARAMS, SCORES, missing=frozenset({(1, 1), (2, 0), (2, 1)})).table()
    assert np.array_equal(
        table.cv_results_["mean_test_score"], [0.15000000000000002, math.nan, math.nan], equal_nan=True
    )
    assert table.cv_results_["split0_test_score"][1] == 0.5
    assert table.cv_results_["rank_test_score"].tolist() == [1, 2, 2]
    assert (table.best.number, table.done, table.missing.tolist()) == (0, 3, [1, 2])


def test_a_run_without_results_has_its_table():
    """Before the first result all is missing, nothing is best, and every column is there."""
    table = MadeRun(PARAMS, SCORES, missing=frozenset((t, f) for t in range(3) for f in range(2))).table()
    assert table.best is None
    assert table.done == 0
    assert table.cv_results_["rank_test_score"].tolist() == [1, 1, 1]
    assert table.cv_results_["params"] == PARAMS


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_fit_stored_twice_counts_as_the_first_key_has_it(seed):
    """Two workers on one shard stored a fit, with different scores: the lower key wins in whatever order they come."""
    run = MadeRun(PARAMS, SCORES)
    failure = FitFailure(kind="killed", message="late")
    run.put("zzz", [run.line(0, 0, scores={"accuracy": 0.9}), run.line(0, 1, scores={}, error=failure)])
    run.put("aaa", [run.line(1, 0, scores={"accuracy": 0.8})])
    table = aggregate(Shuffled(run.store, seed), run.keys, run.plan, run.study)
    assert table.cv_results_["split0_test_score"].tolist() == [0.1, 0.8, 0.3]
    assert (table.failed, table.failures, table.done) == (0, (), 6)


def test_a_duplicate_has_its_twins_scores():
    """A repeated trial keeps its row, in its place, with its twin's scores, and is not counted as trained."""
    scores = {"accuracy": [[0.1, 0.2], [0.1, 0.2], [0.5, 0.6], [0.1, 0.2]]}
    failed = {(0, 1): FitFailure(kind="ValueError", message="no")}
    params = [{"x": 1}, {"x": 1}, {"x": 2}, {"x": 1}]
    table = MadeRun(params, scores, twins={1: 0, 3: 0}, failed=failed, error_score=0.0).table()
    assert table.cv_results_["mean_test_score"].tolist() == [0.05, 0.05, 0.55, 0.05]
    assert table.cv_results_["mean_fit_time"][3] == table.cv_results_["mean_fit_time"][0]
    assert (table.done, table.plan.fits, table.failed) == (4, 4, 1)
    assert [cause.count for cause in table.failures] == [1]


def test_failures_are_grouped_by_cause():
    """Failures that differ in numbers only are one cause, with its count, its trials and its first example."""
    failed = {
        (0, 0): FitFailure(kind="ResourceExhausted", message="tensor of shape [64, 128]\nat step 3"),
        (0, 1): FitFailure(kind="ResourceExhausted", message="tensor of shape [256, 128]\nat step 1"),
        (2, 1): FitFailure(kind="ValueError", message="units must be positive", traceback="Traceback …"),
        (2, 0): FitFailure(kind="ResourceExhausted", message="tensor of shape [512, 128]"),
    }
    many, one = MadeRun(PARAMS, SCORES, failed=failed).table().failures
    assert (many.count, many.trial, many.fold, many.trials) == (3, 0, 0, (0, 2))
    assert many.failure.message.startswith("tensor of shape [64, 128]")
    assert (one.count, one.failure.traceback) == (1, "Traceback …")


def test_messages_that_all_differ_do_not_fill_the_memory():
    """Beyond a thousand causes the rest is counted together, and none is lost."""
    words = ["".join(chr(97 + int(digit)) for digit in str(number)) for number in range(1100)]
    failed = {(number, 0): FitFailure(kind="Odd", message=word) for number, word in enumerate(words)}
    table = MadeRun([{"x": word} for word in words], {"accuracy": [[0.5, 0.5]] * 1100}, failed=failed).table()
    assert len(table.failures) <= 1001
    assert sum(cause.count for cause in table.failures) == 1100


def test_the_lines_of_some_trials_are_read_again():
    """Histories come from the objects that count, of the trials asked for and of a duplicate's twin."""
    run = MadeRun([*PARAMS, {"x": 2}], {"accuracy": [*SCORES["accuracy"], [0, 0]]}, twins={3: 1})
    run.put("zzz", [run.line(1, 0, history={"loss": ((0, 99.0),)})])
    found = {(line.trial, line.fold): line.history["loss"][0] for line in run.table().lines(run.store, [0, 3])}
    assert found == {(0, 0): (0, 1.0), (0, 1): (0, 1.0), (1, 0): (0, 0.5), (1, 1): (0, 0.5)}
    assert list(run.table().lines(run.store, [])) == []


def test_results_of_another_run_are_refused():
    """A result of a trial that the plan does not have is said, with its key."""
    run = MadeRun(PARAMS, SCORES)
    run.store.create(run.keys.result(0, "odd"), dump_lines([run.line(2, 1).model_copy(update={"trial": 7})]))
    with pytest.raises(StoreError, match=r"odd.jsonl holds fold 1 of trial 7"):
        run.table()
