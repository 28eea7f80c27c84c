"""Epochs of steps by the optimizer's kernel in one call, and where that is not how the optimizer steps."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L  # noqa: N812
from train.together.prepared import Prepared, fitted, values

from job.train.patches.scaled_weights import Rates
from job.train.together.program import batches
from job.train.together.program.adam_program import AdamProgram, Places

PARAMS = [{"rate": 0.01}, {"rate": 0.03}]


def build(rate: float) -> Any:
    """With weights, statistics and a metric."""
    parts = [L.Dense(4, "tanh"), L.BatchNormalization(), L.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((12,)), *parts])
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def looking_up(rate: float) -> Any:
    """Weights of which a step takes some rows."""
    parts = [L.Embedding(9, 3), L.Flatten(), L.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((12,), dtype="int32"), *parts])
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    return model


def descending(rate: float) -> Any:
    """Another optimizer."""
    model = build(rate)
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy")
    return model


def test_places_are_those_of_the_optimizer_s_variables() -> None:
    """The rate, the count of steps, all first moments and then all second ones."""
    optimizer = keras.optimizers.Adam(0.25)
    optimizer.build([keras.Variable(np.ones(shape)) for shape in ((2, 3), (3,))])
    found, variables = Places.of(optimizer), optimizer.variables
    assert float(variables[found.rate].value) == 0.25
    assert variables[found.steps] is optimizer.iterations
    assert [variables[place].name.rpartition("_")[2] for place in found.moments] == ["momentum"] * 2 + ["velocity"] * 2
    assert [tuple(variables[place].shape) for place in found.moments] == [(2, 3), (3,)] * 2


@pytest.mark.parametrize("free", [True, False], ids=["any shape", "one shape"])
def test_epochs_in_one_call_are_kerass_one_by_one(free: bool) -> None:  # noqa: FBT001
    """Two fits of unlike rates, two epochs, each of two full batches and one of what is left: metrics and weights."""
    given = Prepared(build, PARAMS, free=free)
    kernel, rng = given.program.kernel, np.random.default_rng(1)
    orders = [[rng.permutation(40) for _ in PARAMS] for _ in range(2)]
    trainable, other, own, metrics = kernel.variables.parted(given.state)
    rates = Rates.of(np.asarray(own[kernel.places.rate]))
    sizes = kernel.adam.put(trainable, [own[place] for place in kernel.places.moments], rates.shares)
    packed = [batches.steps(list(batches.segments(one, 16)), 2) for one in orders]
    rows, segments = tf.constant(np.stack([one.rows for one in packed])), tf.constant(packed[0].segments)
    more = [*rates, segments, tf.constant([0, 3]), sizes]
    found = kernel.epochs([*other, *metrics], [], given.classes, rows, kernel.table.tensors, *more)
    small, told = found[: len(other) + len(metrics)], found[len(other) + len(metrics) :]
    stacks = [*kernel.adam.weights(rates.shares, sizes), *small[: len(other)]]
    for fit in range(2):
        model = given.plain(fit)
        for epoch, order in enumerate(orders):
            log = fitted(model, order[fit])
            mine = dict(zip(given.program.results.names, (float(one[epoch, fit]) for one in told), strict=True))
            assert mine == pytest.approx(log, rel=1e-4)
        for stacked, its in zip(stacks, values(model), strict=True):
            np.testing.assert_allclose(stacked[fit], its, rtol=1e-3, atol=1e-5)


def test_it_works_where_the_model_suits_the_kernel() -> None:
    """Plain Adam on dense layers; not where it is another optimizer, which nobody tries to trace."""
    assert Prepared(build, PARAMS).program.kernel.works
    kernel = Prepared(descending, PARAMS).program.kernel
    assert not kernel.works
    assert "epochs" not in vars(kernel)


def test_slopes_of_some_rows_of_a_weight_are_not_for_it() -> None:
    """Though it was allowed: Keras squares the slopes of rows that were looked up one by one."""
    given = Prepared(looking_up, PARAMS)
    program = given.program
    assert not AdamProgram(program.tracer, program.fit, program.results, allowed=True).works
