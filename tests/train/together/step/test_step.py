"""Keras's steps as functions of one fit's values: beside the model itself, stepped by Keras."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L  # noqa: N812
from train.together import against
from train.together.prepared import Prepared, fitted, values

from job.train.together.step.step import SparseGradient
from job.train.together.step.variables import Unmapped, Variables

ROWS = [np.arange(16), np.arange(16, 32)]


def build(rate: float = 0.02) -> Any:
    """With weights, statistics, masks, a penalty and a metric."""
    parts = [L.Dense(4, "tanh", kernel_regularizer="l2"), L.BatchNormalization(), L.Dropout(0.3)]
    model = keras.Sequential([keras.Input((12,)), *parts, L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def looking_up() -> Any:
    """Weights of which a step takes some rows."""
    model = keras.Sequential([keras.Input((12,)), L.Embedding(9, 3), L.Flatten(), L.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model


class Fit:
    """One fit, called in a graph."""

    def __init__(self, by: Callable[..., Any] = build, **more: Any) -> None:
        self.given = Prepared(by, [{}], free=False, **more)
        self.step, self.variables = self.given.program.fit, self.given.program.variables
        self.start = [tf.constant(one) for one in self.given.initial[0]]

    def call(self, name: str, state: list[Any], rows: Any, *, before: Any = (), after: Any = ()) -> Any:
        """Calls one of its functions."""
        table, classes = self.given.program.table.tensors, self.given.classes[0]

        def function(state: list[Any], rows: Any) -> Any:
            return getattr(self.step, name)(state, [], classes, *before, rows, table, *after)

        return tf.function(function, autograph=False)(state, tf.constant(rows, tf.int32))

    @property
    def sizes(self) -> list[int]:
        """Of the small weights."""
        places = [] if self.step.merged is None else self.step.merged.places
        return [int(self.start[place].shape[0]) for place in places]


@pytest.mark.parametrize("weights", [None, {0: 1.0, 1: 7.0}], ids=["plain", "weighted"])
def test_a_step_is_keras_s_training_step(weights: dict[int, float] | None) -> None:
    """Two of them: weights, statistics and metrics after, with a weight for each class or none."""
    fit = Fit(class_weight=weights, weighted=weights is not None)
    model, state = fit.given.plain(0), fit.start
    for rows in ROWS:
        state = fit.call("step", state, rows, after=(fit.sizes,))
    log = fitted(model, np.concatenate(ROWS), class_weight=weights)
    for mine, its in zip(state, values(model), strict=False):
        np.testing.assert_allclose(mine, its, rtol=1e-3, atol=1e-5)
    told = fit.step.results(fit.variables.parted(state)[3])
    assert {name: float(one) for name, one in told.items()} == pytest.approx(log, rel=1e-4)


def test_slopes_are_of_whole_weights_though_these_are_given_divided() -> None:
    """By a tape on the model; statistics and metrics after the step come behind, and no weight is stepped."""
    fit, share = Fit(), 0.125
    merged, (trainable, other, _, metrics) = fit.step.merged, fit.variables.parted(fit.start)
    assert merged is not None
    given = [one / share if place in merged.rest else one for place, one in enumerate(trainable)]
    found = fit.call("slopes", [*given, *other, *metrics], ROWS[0], before=(tf.constant([[share]]),))
    model = fit.given.plain(0)
    with tf.GradientTape() as tape:
        predicted = model(against.X[ROWS[0]], training=True)
        loss = tf.reduce_mean(keras.losses.binary_crossentropy(against.Y[ROWS[0]][:, None], predicted))
        loss += tf.add_n(model.losses)
    expected = [*tape.gradient(loss, model.trainable_variables), *model.non_trainable_variables]
    for mine, its in zip(found, expected, strict=False):
        np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-6)
    told = fit.step.results(found[len(expected) :])
    assert float(told["loss"]) == pytest.approx(float(loss), rel=1e-5)


def test_evaluating_is_keras_s_test_step() -> None:
    """In inference; only metrics are given back, of two batches together."""
    fit = Fit()
    model = fit.given.plain(0)
    metrics, model_values = fit.variables.parted(fit.start)[3], fit.start[: len(fit.variables.model)]
    for rows in ROWS:
        metrics = fit.call("test", [*model_values, *metrics], rows)
    whole = np.concatenate(ROWS)
    expected = model.evaluate(against.X[whole], against.Y[whole], batch_size=16, verbose=0, return_dict=True)
    assert len(metrics) == len(fit.variables.metrics)
    told = fit.step.results(metrics)
    assert {name: float(one) for name, one in told.items()} == pytest.approx(expected, rel=1e-4)


def test_predicting_is_the_model_s_own() -> None:
    """In inference, for rows in any order."""
    fit, rows = Fit(), [40, 3, 3]
    found = fit.call("predict", fit.start[: len(fit.variables.model)], rows)
    np.testing.assert_allclose(found, fit.given.plain(0).predict_on_batch(against.X[rows]), rtol=1e-5)


def test_slopes_of_some_rows_of_a_weight_are_refused() -> None:
    """Keras itself steps them, as plain Keras does."""
    fit = Fit(looking_up)
    trainable, other, _, metrics = fit.variables.parted(fit.start)
    with pytest.raises(SparseGradient):
        fit.call("slopes", [*trainable, *other, *metrics], ROWS[0], before=(tf.constant([[1.0]]),))
    state, model = fit.call("step", fit.start, ROWS[0], after=(fit.sizes,)), fit.given.plain(0)
    model.train_on_batch(against.X[ROWS[0]], against.Y[ROWS[0]])
    for mine, its in zip(state, values(model), strict=False):
        np.testing.assert_allclose(mine, its, rtol=1e-3, atol=1e-5)


def test_a_metric_of_another_state_is_refused() -> None:
    """A variable that no fit has would be the same for all of them."""
    counter = keras.Variable(0.0, name="mine")

    class Counting(keras.metrics.BinaryAccuracy):  # type: ignore[misc]  # Keras ships no types
        def result(self) -> Any:
            return super().result() + counter

    model = build()
    model.compile("sgd", "binary_crossentropy", metrics=[Counting(name="m")])
    model.test_on_batch(against.X, against.Y)
    own = replace(Fit().step, model=model, variables=Variables.of(model))
    with pytest.raises(Unmapped, match="mine"):
        own.results([one.value for one in model.metrics_variables])
