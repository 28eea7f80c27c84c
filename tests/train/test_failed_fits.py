"""Fits that fail: each is kept with its cause, and the next one trains as if nothing had been."""

import contextlib
import logging
import time

import keras
import numpy as np
import pytest
from train import models
from train.cases import Case

rng = np.random.default_rng(3)
X = rng.normal(size=(60, 6)).astype("float32")
Y = (X[:, 0] > 0).astype(int)


def moody(mood, units=4):
    """Builds, or fails in one of the ways that users' models do."""
    print(f"building with {mood}")  # noqa: T201
    logging.getLogger("mine").warning("feeling %s", mood)
    if mood == "raises":
        raise ValueError("units must be even")
    if mood == "hangs":
        time.sleep(60)
    if mood == "swallows":
        for _ in range(600):
            with contextlib.suppress(Exception):
                time.sleep(0.1)
    if mood == "no model":
        return {"units": units}
    if mood == "wide":
        return models.dense(outputs=3)
    model = models.dense(units=units, activation=None if mood == "explodes" else "sigmoid")
    if mood == "explodes":
        model.compile(loss="mse", optimizer=keras.optimizers.SGD(1e30))
    if mood == "not compiled":
        return keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    return model


@pytest.fixture
def case():
    """A regression, so that a loss can explode."""
    return Case(moody, X, Y.astype("float32") * 100, settings={"fit": {"epochs": 5}, "task": "regression"})


@pytest.fixture
def binary():
    """A binary study whose fits may take two seconds."""
    return Case(moody, X, Y, settings={"fit": {"epochs": 2}, "limits": {"fit": 2}})


def test_what_build_raises_is_kept_with_traceback_and_log(binary, capsys):
    """The failure has the exception, where it came from, and what this fit alone printed and logged."""
    binary.train({"mood": "well"})
    failure = binary.train({"mood": "raises"}).failure
    assert (failure.kind, failure.message) == ("ValueError", "units must be even")
    assert "test_failed_fits.py" in failure.traceback
    assert "in moody" in failure.traceback
    assert "building with raises" in failure.log
    assert "WARNING mine: feeling raises" in failure.log
    assert "well" not in failure.log
    assert "building with well" in capsys.readouterr().out  # passed on as well


def test_the_next_fit_is_not_touched(binary):
    """A fit after a failed one gives what it gives alone."""
    alone = binary.train({"mood": "well", "units": 6})
    assert binary.train({"mood": "raises"}).failure is not None
    assert np.array_equal(binary.train({"mood": "well", "units": 6}).test_outputs, alone.test_outputs)


@pytest.mark.parametrize("mood", ["hangs", "swallows"])
def test_a_fit_over_its_limit_fails(binary, mood):
    """The alarm ends what takes too long, even code that sleeps or catches every Exception."""
    binary.train({"mood": "well"})
    failure = binary.train({"mood": mood}).failure
    assert failure.kind == "limit"
    assert "over the limit of 2 s" in failure.message


def test_a_loss_that_is_not_finite_fails_in_its_epoch(case):
    """NaN ends the fit at the end of the epoch, and the history up to there is kept."""
    trained = case.train({"mood": "explodes"})
    assert trained.failure.kind == "non-finite"
    assert f"in epoch {trained.epochs}" in trained.failure.message
    assert 1 <= trained.epochs < 5
    assert trained.test_outputs is None


def test_predictions_that_are_not_finite_fail_the_fit(binary):
    """Though accuracy would score NaN probabilities without a word."""
    trained = binary.train({"mood": "well"})
    trained.test_outputs[3, 0] = np.nan
    scored = binary.score(trained, "accuracy")
    assert scored.failure.kind == "non-finite"
    assert "1 of 20 rows" in scored.failure.message
    assert scored.scores == {}


@pytest.mark.parametrize(
    ("mood", "says"),
    [
        ("no model", "build returned a dict; it must return a compiled keras.Model"),
        ("not compiled", "not compiled; call model.compile"),
        ("wide", "outputs have shape (rows, 3)"),
    ],
)
def test_what_is_no_model_for_the_study_says_so(binary, mood, says):
    """The message says what came back and what is allowed."""
    failure = binary.train({"mood": mood}).failure
    assert failure.kind == "ModelMistake"
    assert says in failure.message
