"""What a trial's own model computes of one batch: as plain Keras, built and stepped by hand."""

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

from job.train.order import epoch_order
from job.train.refusals import Alone, ByFit
from job.train.together.model import reference
from job.train.together.model.reference import Reference


def build(optimizer: Callable[[], Any] = O.Adam) -> Any:
    """With statistics that a step changes, and masks that it draws."""
    parts = [L.Dense(4, "tanh"), L.BatchNormalization(), L.Dropout(0.3)]
    model = keras.Sequential([keras.Input((12,)), *parts, L.Dense(1, "sigmoid")])
    model.compile(optimizer(), "binary_crossentropy", metrics=["accuracy"])
    return model


def prepared(optimizer: Callable[[], Any] = O.Adam, **settings: Any) -> Prepared:
    """One fit of it."""
    return Prepared(lambda: build(optimizer), [{}], **settings)


def referred(given: Prepared, by: Callable[..., Any] | None = None, *, whole: bool = True) -> Reference:
    """The reference of its fit."""
    build = by or given.case.build
    return reference.of(given.blueprints[0], given.requests[0], build, given.case.material, whole=whole)


def first(given: Prepared) -> Any:
    """The rows of the fit's first batch, in the public order."""
    train = given.requests[0].train
    return train[epoch_order(given.requests[0].seed, 0, len(train))[:16]]


def test_a_whole_step_is_keras_s_own() -> None:
    """Initial values, outputs before it, loss and metrics after it, and all that it changes of the model."""
    given = prepared()
    found, model, rows = referred(given), given.plain(0), first(given)
    np.testing.assert_array_equal(found.rows, rows)
    for mine, its in zip(found.initial, values(model), strict=True):
        np.testing.assert_array_equal(mine, its)
    np.testing.assert_allclose(found.outputs[0], model.predict_on_batch(against.X[rows]), rtol=1e-5)
    told = model.train_on_batch(against.X[rows], against.Y[rows], return_dict=True)
    assert found.loss == pytest.approx(told["loss"], rel=1e-5)
    measured = {name: float(one) for name, one in found.metrics.items()}
    assert measured == pytest.approx({name: float(one) for name, one in told.items()}, rel=1e-5)
    assert found.is_whole
    for place, its in enumerate(values(model)):
        np.testing.assert_allclose(found.after[place], its, rtol=1e-4, atol=1e-6)
    parts = (*found.initial, *found.outputs, *found.gradients, *found.after.values())
    assert found.bytes == sum(one.nbytes for one in parts)


def test_less_than_a_whole_step_is_its_gradients() -> None:
    """Of Adam, whose first moments tell them: no weight is stepped, and metrics tell nothing."""
    given = prepared()
    found, model, rows = referred(given, whole=False), given.plain(0), first(given)
    with tf.GradientTape() as tape:
        predicted = model(against.X[rows], training=True)
        loss = tf.reduce_mean(keras.losses.binary_crossentropy(against.Y[rows][:, None], predicted))
    for mine, its in zip(found.gradients, tape.gradient(loss, model.trainable_variables), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-6)
    assert found.loss == pytest.approx(float(loss), rel=1e-5)
    assert not found.is_whole
    assert found.metrics == {}
    assert not found.after.keys() & range(len(model.trainable_variables))


@pytest.mark.parametrize(
    ("optimizer", "is_whole"),
    [(O.AdamW, False), (O.SGD, True), (O.RMSprop, True), (lambda: O.Adam(clipnorm=1.0), True)],
)
def test_where_moments_do_not_tell_the_gradient_the_step_is_whole(
    optimizer: Callable[[], Any],
    is_whole: bool,  # noqa: FBT001
) -> None:
    """Though less was asked for."""
    given = prepared(optimizer)
    assert referred(given, whole=False).is_whole is is_whole


def test_rows_held_out_are_evaluated_without_class_weights() -> None:
    """The loss in inference, as Keras evaluates; that of the step is weighted. Without such rows there is none."""
    given = prepared(validation_split=0.25, class_weight={0: 1.0, 1: 9.0})
    found, model, rows = referred(given), given.plain(0), first(given)
    told = model.evaluate(against.X[rows], against.Y[rows], verbose=0, batch_size=16, return_dict=True)
    assert found.evaluated == pytest.approx(told["loss"], rel=1e-5)
    weights = np.where(against.Y[rows] == 1, 9.0, 1.0)
    model.reset_metrics()  # not all versions of Keras do
    stepped = model.train_on_batch(against.X[rows], against.Y[rows], sample_weight=weights, return_dict=True)
    assert found.loss == pytest.approx(stepped["loss"], rel=1e-5)
    assert told["loss"] != pytest.approx(stepped["loss"], rel=0.1), "a case where weights change nothing tells nothing"
    assert referred(prepared()).evaluated is None


class Masking(L.Dropout):
    """Draws masks in inference too."""

    def call(self, x: Any) -> Any:
        """As in training."""
        return super().call(x, training=True)


class Counting(L.Layer):
    """Counts its calls."""

    def build(self, _: Any) -> None:
        """At first there was none."""
        self.calls = self.add_weight(name="calls", initializer="zeros", trainable=False)

    def call(self, x: Any) -> Any:
        """The later, the less."""
        self.calls.assign_add(1.0)
        return x / self.calls


class Looking(keras.Model):
    """Its loss counts how often it was looked at."""

    def build(self, _: Any) -> None:
        """One layer."""
        self.layer = L.Dense(1, "sigmoid")
        self.layer.build((None, 12))
        self.looks = self.add_weight(name="looks", initializer="zeros", trainable=False)

    def call(self, x: Any) -> Any:
        """Of the rows."""
        return self.layer(x)

    def compute_loss(self, *given: Any, **more: Any) -> Any:
        """Keras's, and a count."""
        self.looks.assign_add(1.0)
        return super().compute_loss(*given, **more)


def with_layer(make: Callable[[], Any]) -> Callable[[], Any]:
    """A build of two layers and one between."""

    def build() -> Any:
        model = keras.Sequential([keras.Input((12,)), L.Dense(6, "tanh"), make(), L.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy")
        return model

    return build


def looking() -> Any:
    """That model."""
    model = Looking()
    model.compile("sgd", "binary_crossentropy")
    return model


CHANGING = {
    "masks": (with_layer(lambda: Masking(0.5)), "seed_generator_state"),
    "calls": (with_layer(Counting), "calls"),
    "looks": (looking, "looks"),
}


@pytest.mark.parametrize("name", CHANGING)
def test_a_model_that_inference_changes_is_refused(name: str) -> None:
    """By its outputs or its loss: no batch and no step that comes after is what it would be otherwise."""
    build, variable = CHANGING[name]
    given = Prepared(build, [{}], validation_split=0.25)
    with pytest.raises(ByFit, match=f"{variable} changes in inference too") as refused:
        referred(given)
    assert type(refused.value) is ByFit


def drawing() -> Any:
    """Draws what no seed gives."""
    model = build()
    model.optimizer.learning_rate = np.random.uniform(0.1, 0.2)  # noqa: NPY002
    return model


def larger() -> Any:
    """Has a layer more."""
    model = keras.Sequential([keras.Input((12,)), L.Dense(4), L.Dense(4), L.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model


@pytest.mark.parametrize(
    ("by", "why"),
    [
        (drawing, "its build draws from NumPy's global generator"),
        (larger, "a second build has other variables"),
    ],
)
def test_a_second_build_that_gives_another_model_is_refused(by: Callable[[], Any], why: str) -> None:
    """With what is wrong of it; and Keras's state is as it was."""
    given = prepared()
    before = keras.config.floatx(), keras.config.dtype_policy().name
    with pytest.raises(Alone, match=why):
        referred(given, by)
    assert (keras.config.floatx(), keras.config.dtype_policy().name) == before
