"""Seconds of a group divided among its fits, and what is spent once told apart."""

import pytest
from train.together import against
from train.together.test_grouping import net

from job.data.rows import Fold

FEW, MANY = Fold(against.FOLDS[0].train[:16], against.FOLDS[0].test), against.FOLDS[0]
"""16 rows to train on are one step of each epoch, 40 are three; both have 23 to test on."""


def test_seconds_are_shared_by_steps_and_rows():
    """Half by its own steps and half by its own rows; predicting by the rows predicted."""
    of = against.case(net)
    few, many = against.trained(of, [of.request({"units": 5}, fold) for fold in (FEW, MANY)])
    assert few.way == many.way != "fit"
    whole = few.seconds + many.seconds
    assert few.seconds / whole == pytest.approx((1 / 4 + 16 / 56) / 2)
    assert few.predict_seconds == pytest.approx(many.predict_seconds)


def test_a_fit_that_stops_early_costs_its_own_epochs():
    """Two fits of the same rows in one group: their seconds are as their epochs."""
    early = {"monitor": "val_loss", "patience": 0}
    of = against.case(net, epochs=30, validation_split=0.25, early_stopping=early)
    found = against.trained(of, [of.request({"learning_rate": rate}, MANY, n) for n, rate in enumerate((0.001, 0.9))])
    assert found[0].epochs != found[1].epochs, "a case where both stop at once tells nothing"
    assert found[0].seconds / found[1].seconds == pytest.approx(found[0].epochs / found[1].epochs)


def test_tracing_is_told_once():
    """A group's first fit alone has what tracing took; a second group of the program took none, and costs as much."""
    of = against.case(net)
    asked = [of.request({"learning_rate": rate}, MANY, n) for n, rate in enumerate((0.1, 0.2, 0.3))]
    first, again = against.trained(of, asked), against.trained(of, asked)
    assert first[0].trace_seconds > 10 * first[0].seconds, "a trace takes a second, these steps no time"
    assert [one.trace_seconds for one in (*first[1:], *again[1:])] == [0.0] * 4


def test_keras_fit_tells_tracing_too():
    """The first fit of a model is traced, and the next one of the same has nothing of it in its seconds."""
    of = against.case(net)
    first, again = of.train({"units": 6}), of.train({"units": 6})
    assert first.trace_seconds > again.trace_seconds == 0
    assert first.trace_seconds > first.predict_seconds
