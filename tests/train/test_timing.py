"""One fit timed, for the time to expect."""

import numpy as np
from train import models
from train.cases import Case

from job.study import scoring
from job.train import timing

X = np.random.default_rng(0).normal(size=(30, 6)).astype("float32")


def test_fits_are_timed_as_a_shard_trains_them_and_failed_ones_are_not():
    """Seconds of one of a group, its tracing apart; fits that fail say nothing of the time to expect."""
    case = Case(models.dense, X, (X[:, 0] > 0).astype(int))
    scorers = scoring.scorers((), "binary", [0, 1])
    rates = [case.request({"units": 2, "learning_rate": rate}, trial=n) for n, rate in enumerate((0.1, 0.2, 0.3))]
    found = timing.measure(rates, case.trainer, case.rows, scorers)
    assert found.params == {"units": 2, "learning_rate": 0.1}
    assert found.fits == 3
    assert found.seconds > 0
    assert found.trace_seconds > 0
    again = timing.measure(rates, case.trainer, case.rows, scorers)
    assert again.trace_seconds < found.trace_seconds / 2, "it was traced before"
    assert timing.measure([case.request({"units": -1})], case.trainer, case.rows, scorers) is None


def test_programs_are_counted_as_trials_share_them():
    """Models that differ in widths and rates are one program; another activation is another."""
    case = Case(models.dense, X, (X[:, 0] > 0).astype(int))
    tried = [{"units": 2, "learning_rate": 0.1}, {"units": 4, "learning_rate": 0.2}, {"units": 2, "activation": "tanh"}]
    asked = [case.request(params, trial=number) for number, params in enumerate(tried)]
    assert case.trainer.programs(asked) == 2
