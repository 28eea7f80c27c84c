"""A group's epochs: each fit ends with the weights and the history of plain Keras, whenever it stops."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L  # noqa: N812
from train import plain
from train.kept import Kept
from train.together import against
from train.together.prepared import Prepared, values

from job.train import state_archive
from job.train.together.run.group_run import GroupRun

PARAMS = [{"rate": 1e-4}, {"rate": 0.05}]


def build(rate: float) -> Any:
    """Two layers, by Adam."""
    model = keras.Sequential([keras.Input((12,)), L.Dense(4, "tanh"), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def assert_as_keras(given: Prepared, run: GroupRun, **more: Any) -> None:
    """Final weights and histories are those of plain Keras, fit by itself with the same callbacks."""
    for fit, request in enumerate(given.requests):
        x, y = against.X[request.train], against.Y[request.train]
        settings = {"batch_size": 16, "epochs": request.settings.epochs}
        callbacks = [keras.callbacks.EarlyStopping(**more)] if more else []
        model, history = plain.fit(build, request.build, x, y, request.seed, **settings, callbacks=callbacks)
        assert run.fits[fit].history.keys() == history.keys()
        for name, its in history.items():
            np.testing.assert_allclose(run.fits[fit].history[name], its, rtol=1e-4, err_msg=name)
        for stacked, its in zip(run.kept.final, values(model), strict=True):
            np.testing.assert_allclose(stacked[fit], its, rtol=1e-3, atol=1e-5)


def test_fits_that_go_to_the_end_are_kerass() -> None:
    """Of unlike rates, in one stack; when they are done nobody is left in it."""
    given = Prepared(build, PARAMS, epochs=3)
    run = given.running()
    run.train()
    assert_as_keras(given, run)
    assert run.stepper.slots.tolist() == []


@pytest.mark.parametrize("restore", [True, False])
def test_each_fit_stops_by_itself(restore: bool) -> None:  # noqa: FBT001
    """The slow one at once, the other one later; with its best weights where that is asked for."""
    stopping = {"monitor": "loss", "patience": 1, "min_delta": 0.02, "restore_best_weights": restore}
    given = Prepared(build, PARAMS, epochs=4, early_stopping=stopping)
    run = given.running()
    run.train()
    assert len({len(one.history["loss"]) for one in run.fits}) == 2, "a case where both stop at once tells nothing"
    assert_as_keras(given, run, **stopping)


def test_a_group_ends_when_all_its_fits_have_stopped() -> None:
    """However many epochs were allowed: a loss that has to fall by a hundred never does."""
    given = Prepared(build, PARAMS, epochs=1000, early_stopping={"monitor": "loss", "patience": 1, "min_delta": 100.0})
    run = given.running()
    run.train()
    assert [len(one.history["loss"]) for one in run.fits] == [2, 2]


def test_a_fit_that_watches_what_is_not_measured_fails_as_by_keras() -> None:
    """In the same words, with the same names in the same order; nothing is predicted."""
    stopping = {"monitor": "val_acuracy", "patience": 1}
    given = Prepared(build, PARAMS, epochs=3, validation_split=0.25, early_stopping=stopping)
    alone = given.case.train(PARAMS[0], against.FOLDS[0])
    for one in against.trained(given.case, given.requests):
        assert one.way != "fit"
        assert one.failure is not None
        assert alone.failure is not None
        assert (one.failure.kind, one.failure.message) == (alone.failure.kind, alone.failure.message)
        assert one.test_outputs is None


def test_a_lost_group_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the epoch after the last one kept; a state of other fits is none of this group's."""
    monkeypatch.setattr(state_archive, "EVERY", 0.0)
    given, kept = Prepared(build, PARAMS, epochs=3), Kept(ends_after=1)
    with pytest.raises(KeyboardInterrupt):
        given.running(kept).train()
    again = given.running(kept)
    done = len(again.fits[0].history["loss"])
    assert again.begin == done == 1
    again.train()
    assert_as_keras(given, again)
    other = Prepared(build, [{"rate": 0.01}, {"rate": 0.02}], epochs=3).running(kept)
    assert other.begin == 0
    assert other.fits[0].history == {}


def test_memory_is_given_back_when_training_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel's steps are made in is empty again."""
    monkeypatch.setattr(state_archive, "EVERY", 0.0)
    given = Prepared(build, PARAMS)
    run = given.running(Kept(ends_after=1))
    with pytest.raises(KeyboardInterrupt):
        run.train()
    assert run.stepper.by_kernel
    assert {int(np.prod(one.read_value().shape)) for one in given.program.kernel.adam.kept.all} == {0}
