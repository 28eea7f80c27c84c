"""What a step leaves of a real model, in the places of a program's state: held against gradients made by hand."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import optimizers as O  # noqa: N812
from train.together import against
from train.together.prepared import Prepared, values

from job.train.patches import private
from job.train.refusals import Alone
from job.train.together.model import after_step

X, Y = against.X[:16], against.Y[:16].astype("float32")


def build(optimizer: Callable[[], Any] = O.Adam, depth: int = 1) -> Any:
    """Layers with biases, statistics and a metric."""
    inner = [one for _ in range(depth) for one in (L.Dense(4, "tanh"), L.BatchNormalization())]
    model = keras.Sequential([keras.Input((12,)), *inner, L.Dense(1, "sigmoid")])
    model.compile(optimizer(), "binary_crossentropy", metrics=["accuracy"])
    return model


def prepared(optimizer: Callable[[], Any] = O.Adam) -> Prepared:
    """One fit of it."""
    return Prepared(lambda: build(optimizer), [{}])


def gradients(model: Any) -> list[Any]:
    """Of a step, by a tape; the model stays as it is."""
    before = values(model)
    with tf.GradientTape() as tape:
        loss = keras.losses.binary_crossentropy(Y, model(X, training=True)[:, 0])
    found = tape.gradient(loss, model.trainable_variables)
    for variable, value in zip(after_step.variables(model), before, strict=True):
        variable.assign(value)
    return [np.asarray(one) for one in found]


def test_weights_come_first_and_then_what_is_not_trained() -> None:
    """Kernels, biases, scales and shifts; then moving statistics: as Keras lists them."""
    model = build()
    found = after_step.variables(model)
    assert [one.name for one in found[-2:]] == ["moving_mean", "moving_variance"]
    assert found == model.trainable_variables + model.non_trainable_variables


def test_all_that_a_step_changes_is_in_its_place() -> None:
    """Weights, statistics and metrics as they are; moments of Adam, those of all small weights as one, from slopes."""
    given = prepared()
    own, merged = given.blueprints[0].variables, given.blueprints[0].merged
    model = given.plain(0)
    slopes = gradients(model)
    told = model.train_on_batch(X, Y, return_dict=True)
    found = after_step.whole(given.blueprints[0], model)
    assert list(found) == list(range(len(own.all)))
    for place, value in enumerate(values(model)):
        np.testing.assert_array_equal(found[place], value)
    places = {id(one): place for place, one in enumerate(own.all)}
    moments = [found[places[id(one)]] for one in private.moments(given.blueprints[0].model.optimizer)]
    assert merged is not None
    small = np.concatenate([one.reshape(-1) for one in slopes if one.ndim == 1])
    steps = [*(one for one in slopes if one.ndim > 1), small]
    for mine, slope in zip(moments, [*(0.1 * one for one in steps), *(0.001 * one**2 for one in steps)], strict=True):
        np.testing.assert_allclose(mine, slope, rtol=1e-4, atol=1e-8)
    assert found[places[id(own.optimizer[0])]] == 1  # a step was made
    tracker = private.loss_tracker(given.blueprints[0].model)
    assert found[places[id(tracker.total)]] / found[places[id(tracker.count)]] == pytest.approx(told["loss"])


def test_an_optimizer_of_each_weight_by_itself_is_taken_as_it_is() -> None:
    """Norms are of whole weights, so that none are stepped as one."""
    given = prepared(lambda: O.SGD(0.1, momentum=0.9, clipnorm=1.0))
    model = given.plain(0)
    model.train_on_batch(X, Y)
    found = after_step.whole(given.blueprints[0], model)
    begin = len(values(model))
    assert given.blueprints[0].merged is None
    for place, one in enumerate(model.optimizer.variables, begin):
        np.testing.assert_array_equal(found[place], one)
    assert any(np.any(found[place]) for place in range(begin + 2, begin + 6))


def test_without_the_optimizer_s_step_its_first_moments_are_told() -> None:
    """A tenth of each slope; and what else the step changed, but no weight."""
    given = prepared()
    own, model = given.blueprints[0].variables, given.plain(0)
    slopes = gradients(model)
    model(X, training=True)
    found = after_step.partly(given.blueprints[0], model, slopes)
    count = len(own.trainable)
    for place, one in enumerate(model.non_trainable_variables, count):
        np.testing.assert_array_equal(found.pop(place), one)
    small = np.concatenate([one.reshape(-1) for one in slopes if one.ndim == 1])
    its = [0.1 * one for one in (*(one for one in slopes if one.ndim > 1), small)]
    assert [own.all[place].path for place in found] == [
        one.path for one in private.moments(given.blueprints[0].model.optimizer)[: len(its)]
    ]
    for mine, slope in zip(found.values(), its, strict=True):
        np.testing.assert_allclose(mine, slope, rtol=1e-5)


def test_another_model_than_the_blueprint_s_is_refused() -> None:
    """A second build with a layer more, or with an optimizer that keeps more."""
    given = prepared()
    other = build(depth=2)
    other.train_on_batch(X, Y)
    with pytest.raises(Alone, match="has other variables"):
        after_step.whole(given.blueprints[0], other)
    with pytest.raises(Alone, match="has other variables"):
        after_step.partly(given.blueprints[0], other, gradients(other))
    plain = prepared(lambda: O.SGD(0.1, clipnorm=1.0))
    moved = build(lambda: O.SGD(0.1, momentum=0.9, clipnorm=1.0))
    moved.train_on_batch(X, Y)
    with pytest.raises(Alone, match="has another optimizer"):
        after_step.whole(plain.blueprints[0], moved)
