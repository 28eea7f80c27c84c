"""The fits in a stack and their steps, and a group's epochs: what leaves, what stays, and what is not kept."""

import keras
import numpy as np
import pytest
from keras import layers as L  # noqa: N812
from train.together import against

from job.train.together import engine
from job.train.together.program import xla
from job.train.together.run import group_run
from job.train.together.run.stepping import FillsMachine
from job.train.together.study_cache import StudyCache

RATES = (0.0, 0.05, 0.2)


def build(rate):
    """Fits of rate 0 learn nothing."""
    model = keras.Sequential([keras.Input((12,)), L.Dense(4, "tanh"), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(rate, momentum=0.1), "binary_crossentropy")
    return model


def running(**settings):
    """A group of three fits about to run."""
    case = against.case(build, **settings)
    asked = [case.request({"rate": rate}, trial=place) for place, rate in enumerate(RATES)]
    (group,) = case.trainer.groups(asked)
    cache = StudyCache(build, case.material)
    for request in asked:
        cache.blueprint(request)
    return engine._running(group, cache, cache.program(group.blueprints[0], weighted=False, free=True))


@pytest.fixture
def plain():
    """Without early stopping."""
    return running()


def weights(state):
    """The first weight of each fit."""
    return np.asarray(state[0])


def test_one_step_is_one_step(plain):
    """On rows of each fit's own: who learns moves, who does not stays; and the run begins after it as if anew."""
    before = weights(plain.stepper.state)
    after = plain.stepper.once([np.arange(16) + place for place in range(3)])
    moved = [np.abs(mine - its).max() > 0 for mine, its in zip(after[0], before, strict=True)]
    assert moved == [False, True, True]


def test_who_leaves_takes_nothing_along(plain):
    """The others keep their places in the group and their values."""
    before = weights(plain.stepper.state)
    plain.stepper.stay(np.array([0, 2]))
    assert plain.stepper.slots.tolist() == [0, 2]
    np.testing.assert_array_equal(weights(plain.stepper.state), before[[0, 2]])
    after = plain.stepper.once([np.arange(16), np.arange(16)])
    assert len(after[0]) == 2


def test_a_step_that_fills_the_machine_is_refused_and_changes_nothing(plain, monkeypatch):
    """It is looked at by steps whose results are dropped."""
    monkeypatch.setattr(xla, "FILLS", 0.0)
    monkeypatch.setattr(xla, "FEW_OPERATIONS", 0.0)
    before = weights(plain.stepper.state)
    rows = [np.arange(48) for _ in range(3)]
    with pytest.raises(FillsMachine, match="one fit fills the machine"):
        plain.stepper.look(plain.stepper.segments(rows)[0])
    np.testing.assert_array_equal(weights(plain.stepper.state), before)


def test_fits_that_stop_leave_the_stack_and_keep_their_weights():
    """What learns nothing stops after its patience; the others go on, and each ends with weights of its own."""
    run = running(epochs=6, early_stopping={"monitor": "loss", "patience": 1, "min_delta": 1e-6})
    first = weights(run.stepper.state)[0].copy()
    run.train()
    assert [len(fit.history["loss"]) for fit in run.fits] == [2, 6, 6]
    np.testing.assert_array_equal(run.kept.final[0][0], first)
    assert np.abs(np.asarray(run.kept.final[0][1]) - first).max() > 0


def test_epochs_are_watched_one_by_one_where_somebody_looks(plain):
    """By a callback, or on held-out rows; else only a kernel's epochs are made in one go."""
    assert plain._unwatched() == 1
    plain._seconds, plain.stepper.by_kernel = 0.001, True
    assert plain._unwatched() == int(group_run._UNWATCHED / 0.001)
    watched = running(early_stopping={"monitor": "loss"})
    watched._seconds, watched.stepper.by_kernel = 0.001, True
    assert watched._unwatched() == 1
