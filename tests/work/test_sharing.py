"""Whether the cores share operations: large steps have all, small ones one."""

import json

import keras
import pytest
from train.together import against
from work import run as runs

from job.train.together import sizing
from job.work import forking, op_threads
from job.work.op_threads import Threads


@pytest.mark.skipif(not forking.possible(), reason="processes are forked on Linux alone")
@pytest.mark.parametrize(("cores", "had"), [("2", ["one", "all", "all"]), ("1", ["fixed"] * 3)])
def test_large_steps_have_all_cores_and_small_ones_one(tmp_path, forked, cores, had):
    """A process that comes to a large step gives way to one whose operations share the cores.

    One that comes to small ones stays where they are done in no time; on one core there is nothing to choose.
    """
    run = runs.planned(tmp_path, {"[2, 3, 4]": "[2, 500000, 3]"})
    ended = run.work(TF_NUM_INTRAOP_THREADS=cores)
    assert (ended.code, ended.done) == (0, run.shards), run.log
    assert [line.error for line in run.lines()] == [None] * 3
    told = [json.loads(line) for line in run.log.splitlines() if line.startswith("{")]
    assert [one["threads"] for one in told if "threads" in one] == had


def dense(units: int, rate: float = 0.01):
    """One hidden layer."""
    model = keras.Sequential([keras.Input((12,)), keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    return model


@pytest.mark.parametrize(
    ("units", "epochs", "callbacks", "wanted"),
    [
        (4, 3, [], None),
        (4, 100_000, [], Threads.ONE),
        (40_000, 100_000, [], None),
        (300_000, 3, [], Threads.ALL),
        (4, 3, [{"keras.callbacks:TerminateOnNaN": {}}], Threads.ALL),
    ],
    ids=["short", "small", "neither", "large", "by fit"],
)
def test_how_many_threads_a_group_should_have(units, epochs, callbacks, wanted):
    """From the operations of its step; what goes by Keras ``fit`` has the threads that Keras would have."""
    case = against.case(dense, epochs=epochs, callbacks=callbacks)
    (group, *_) = case.trainer.groups(against.requests(case, [{"units": units}]))
    other = Threads.ALL if wanted is Threads.ONE else Threads.ONE
    assert op_threads.better(group, case.trainer, other) is wanted
    assert op_threads.better(group, case.trainer, wanted or Threads.ALL) is None
    assert op_threads.better(group, case.trainer, Threads.FIXED) is None


def test_fits_that_go_together_make_a_step_large():
    """It is the operations of all of them that cores share."""
    case = against.case(dense, epochs=1)
    each = 6 * 16 * 13 * 40_000  # one fit's: a row is multiplied with 12 weights and one of each unit, three times
    count = -(-sizing.SHARED // each)
    assert 1 < count < 100
    params = [{"units": 40_000, "rate": 0.001 * (place + 1)} for place in range(int(count))]
    fold = against.FOLDS[:1]
    for some, shared in ((params[: len(params) // 2], None), (params, True)):
        (group,) = case.trainer.groups(against.requests(case, some, fold))
        assert case.trainer.is_shared(group) is shared
