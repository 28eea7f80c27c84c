"""One fit timed, for the time to expect."""

import numpy as np
from train import models
from train.cases import Case

from job.study import scoring
from job.train import timing

X = np.random.default_rng(0).normal(size=(30, 6)).astype("float32")


def test_one_fit_is_timed_with_its_params_and_a_failed_one_is_not():
    """Seconds of training and scoring together; a fit that fails says nothing of the time to expect."""
    case = Case(models.dense, X, (X[:, 0] > 0).astype(int))
    scorers = scoring.scorers((), "binary", [0, 1])
    found = timing.measure(case.request({"units": 2}), case.build, case.material, case.rows, scorers)
    assert found.params == {"units": 2}
    assert found.seconds > 0
    assert timing.measure(case.request({"units": -1}), case.build, case.material, case.rows, scorers) is None
