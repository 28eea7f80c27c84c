"""Progress: what a live display shows, reading each result object once."""

import math

from made_run import MadeRun

from job.results.line import FitFailure
from job.results.progress import Best, Progress

PARAMS = [{"x": 1}, {"x": 2}, {"x": 3}]
SCORES = {"accuracy": [[0.1, 0.2], [0.5, 0.6], [0.3, 0.4]]}
NOTHING = frozenset((trial, fold) for trial in range(3) for fold in range(2))


class Counting:
    """A store that remembers which objects were read among many."""

    def __init__(self, store):
        self.store, self.many = store, []

    def list(self, prefix):
        """List as the real store."""
        return self.store.list(prefix)

    def read(self, key):
        """Read as the real store."""
        return self.store.read(key)

    def read_many(self, keys):
        """Read as the real store, and remember."""
        wanted = list(keys)
        self.many += wanted
        return self.store.read_many(wanted)


def test_each_look_reads_only_what_is_new():
    """Counts and the best grow from look to look, and no object is read twice for them."""
    run = MadeRun(PARAMS, SCORES, missing=NOTHING)
    store = Counting(run.store)
    progress = Progress(store, run.keys, run.plan, run.study)
    before = progress.look()
    assert (before.done, before.fits, before.failed, before.best) == (0, 6, 0, None)
    assert math.isnan(before.seconds)
    run.put("a", [run.line(0, 0), run.line(0, 1)])
    first = progress.look()
    assert (first.done, first.best) == (2, Best(0, 0.15000000000000002, {"x": 1}))
    run.put("b", [run.line(1, 0)])
    assert progress.look().best.trial == 0  # trial 1 lacks a fold
    run.put("c", [run.line(1, 1)])
    last = progress.look()
    assert (last.done, last.best) == (4, Best(1, 0.55, {"x": 2}))
    assert len(store.many) == len(set(store.many)) == 3


def test_failures_are_counted_with_their_causes():
    """A failed fit is done and failed; its trial is best only if ``error_score`` makes it so, as in scikit-learn."""
    failed = {(1, 0): FitFailure(kind="ValueError", message="no")}
    run = MadeRun(PARAMS, SCORES, failed=failed)
    progress = Progress(run.store, run.keys, run.plan, run.study)
    seen = progress.look()
    assert (seen.done, seen.failed, seen.best.trial) == (6, 1, 2)
    assert [str(cause) for cause in progress.failures] == ["1 fit: ValueError: no"]
    run = MadeRun(PARAMS, SCORES, failed=failed, error_score=1.0)
    assert Progress(run.store, run.keys, run.plan, run.study).look().best.trial == 1
