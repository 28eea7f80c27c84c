"""What a build does beside its model: seen where a group would train with another trial's, and trained alone then."""

import functools
import os
import random
import types
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L  # noqa: N812
from train.together import against

from job.train.patches import keras_state, private
from job.train.together.step.step import OneFit
from job.train.ways import Way

settings = types.ModuleType("settings")
shared = tf.Variable(1.0)
held = np.random.default_rng(0)


class Weighing:
    """Where builds leave a number for the loss to find."""

    weight = 1.0


def compiled(loss="binary_crossentropy", *parts, **more):
    """A small model."""
    model = keras.Sequential([keras.Input((12,)), *parts, L.Dense(4, "relu"), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.01), loss, **more)
    return model


def weighted(weight):
    """Cross entropy whose weight is asked for when it is computed."""

    def loss(y, p):
        y, p = tf.cast(y, tf.float32), tf.clip_by_value(p, 1e-6, 1 - 1e-6)
        return -tf.reduce_mean(weight() * y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p), axis=-1)

    return loss


def from_module():
    """Reads a module's attribute."""
    return settings.weight


def from_class():
    """Reads a class's attribute."""
    return Weighing.weight


def from_function():
    """Reads an attribute of its own."""
    return from_function.weight


def from_environment():
    """Reads the environment."""
    return float(os.environ["TEST_WEIGHT"])


def from_variable():
    """Reads a variable that all builds share."""
    return shared


def in_module(w):
    """Sets a module's attribute."""
    settings.weight = w
    return compiled(weighted(from_module))


def in_class(w):
    """Sets a class's attribute."""
    Weighing.weight = w
    return compiled(weighted(from_class))


def in_function(w):
    """Sets a function's attribute."""
    from_function.weight = w
    return compiled(weighted(from_function))


def in_environment(w):
    """Sets the environment."""
    os.environ["TEST_WEIGHT"] = str(w)
    return compiled(weighted(from_environment))


def in_shared_variable(w):
    """Assigns a variable that is there already."""
    shared.assign(w)
    return compiled(weighted(from_variable))


def in_variable(w):
    """Makes a variable that the loss closes over."""
    variable = tf.Variable(w)
    return compiled(weighted(lambda: variable))


def in_dict(w):
    """Makes one of Keras's, in a dict."""
    kept = {"weight": keras.Variable(w)}
    return compiled(weighted(lambda: tf.convert_to_tensor(kept["weight"])))


class Scaled(L.Layer):
    """A layer with a variable that Keras does not know of."""

    def __init__(self, w):
        super().__init__()
        object.__setattr__(self, "factor", functools.partial(tf.identity, tf.Variable(w)))

    def call(self, x):
        """Scales."""
        return x * self.factor()


def in_layer(w):
    """Hides a variable in a layer."""
    return compiled("binary_crossentropy", Scaled(w))


OUTSIDE = [in_module, in_class, in_function, in_environment, in_shared_variable, in_variable, in_dict, in_layer]


@pytest.mark.parametrize("build", OUTSIDE, ids=lambda build: build.__name__)
def test_each_trial_trains_with_what_its_own_build_left(build):
    """Whatever the loss reads, it is what the trial's build set; a fit that can't share says why it went alone."""
    case = against.case(build, epochs=2)
    found = against.trained(case, against.requests(case, [{"w": 1.0}, {"w": 6.0}]))
    for one in (found[1], found[2]):
        against.assert_equal(one, *against.reference(case, one.request))
    for one in found:
        assert one.way != Way.FIT or "not what its own model gives" in one.why or "variable" in one.why


def columns(w):
    """Draws from NumPy which columns it looks at."""
    taken = np.sort(np.random.choice(12, 4, replace=False))  # noqa: NPY002
    return compiled("binary_crossentropy", L.Lambda(lambda x: tf.gather(x, taken, axis=1) * w, output_shape=(4,)))


def by_python(w):
    """Draws from Python a rate that is often the same."""
    return compiled("binary_crossentropy", L.Dropout(w * random.choice([0.1, 0.2])))  # noqa: S311


def by_tensorflow(w):
    """Draws a projection from TensorFlow."""
    drawn = tf.random.uniform((12, 5)) * w
    return compiled("binary_crossentropy", L.Lambda(lambda x: x @ drawn, output_shape=(5,)))


def by_initializer(w):
    """An initializer of the user's own draws."""
    drawn = lambda shape, dtype=None: w * np.asarray(1, dtype) * np.random.normal(size=shape).astype("float32")  # noqa: E731, NPY002
    return compiled("binary_crossentropy", L.Dense(3, kernel_initializer=drawn))


def by_keras(w):
    """Draws from Keras's global generator, and keeps what came."""
    drawn = keras.random.normal((12, 5)) * w
    return compiled("binary_crossentropy", L.Lambda(lambda x: x @ drawn, output_shape=(5,)))


@pytest.mark.parametrize("build", [columns, by_python, by_tensorflow, by_initializer, by_keras])
def test_each_fit_has_its_own_draw(build):
    """A draw in ``build`` is one fit's alone, as in plain Keras; not the first fold's."""
    case = against.case(build, epochs=1)
    found = against.trained(case, against.requests(case, [{"w": 1.0}]))
    for one in found:
        assert one.way == Way.FIT
        assert "draws " in one.why or "built without values" in one.why
        against.assert_equal(one, *against.reference(case, one.request))


def by_held(w):
    """Draws from a generator that the module holds."""
    return compiled("binary_crossentropy", L.Dropout(w * held.choice([0.1, 0.2])))


def unseeded(w):
    """Draws from one that nobody seeds."""
    return compiled("binary_crossentropy", L.Dropout(w * np.random.default_rng().choice([0.1, 0.2])))


@pytest.mark.parametrize(("build", "told"), [(by_held, "the generator `held`"), (unseeded, "an unseeded generator")])
def test_draws_that_nobody_can_repeat_are_noticed(build, told):
    """Such fits are trained by themselves, each from its own build."""
    case = against.case(build, epochs=1)
    for one in against.trained(case, against.requests(case, [{"w": 1.0}])):
        assert one.way == Way.FIT
        assert told in one.why


def test_random_layers_and_initializers_of_keras_are_no_draw_of_the_users():
    """Their seeds follow from the fit's."""
    case = against.case(lambda w: compiled("binary_crossentropy", L.Dropout(w), L.Dense(3)), epochs=1)
    assert {one.way for one in against.trained(case, against.requests(case, [{"w": 0.1}]))} == {Way.ANY_GRAPH}


def policy(w):
    """Sets the policy of all layers to come, where it is asked to."""
    if w:
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    return compiled()


def floats(w):
    """Sets the type of all numbers to come."""
    if w:
        keras.config.set_floatx("float64")
    return compiled()


def images(w):
    """Sets where all images to come have their channels."""
    if w:
        keras.config.set_image_data_format("channels_first")
    model = keras.Sequential(
        [keras.Input((12,)), L.Reshape((2, 6, 1)), L.GlobalAveragePooling2D(), L.Dense(1, "sigmoid")]
    )
    model.compile("sgd", "binary_crossentropy")
    return model


@pytest.mark.parametrize(("build", "told"), [(policy, "dtype policy"), (floats, "floatx"), (images, "image data")])
def test_keras_global_state_is_one_trials_alone(build, told):
    """The trial that sets it trains with it; the next one, and all that comes after, do not."""
    case = against.case(build, epochs=1)
    found = against.trained(case, against.requests(case, [{"w": True}, {"w": False}], against.FOLDS[:1]))
    assert found[0].way == Way.FIT
    assert f"build sets Keras's {told}" in found[0].why
    assert found[1].way != Way.FIT
    for one in found:
        with keras_state.kept():
            against.assert_equal(one, *against.reference(case, one.request, traced=True))
    assert keras.config.floatx() == "float32"
    assert keras.config.image_data_format() == "channels_last"
    assert keras.mixed_precision.global_policy().name == "float32"


SENTENCES = np.where(np.arange(8) < np.random.default_rng(1).integers(2, 9, (63, 1)), 1, 0)
SENTENCES = (SENTENCES * np.random.default_rng(2).integers(1, 10, (63, 8))).astype("int32")
RECURRENT = {
    "LSTM": lambda: [L.Bidirectional(L.LSTM(3, return_sequences=True)), L.Bidirectional(L.LSTM(3))],
    "GRU": lambda: [L.GRU(3, go_backwards=True)],
    "SimpleRNN": lambda: [L.SimpleRNN(3, go_backwards=True, return_sequences=True), L.GlobalAveragePooling1D()],
    "cells": lambda: [L.RNN([L.GRUCell(3), L.LSTMCell(2)], go_backwards=True, zero_output_for_mask=True)],
    "the user's own unrolling": lambda: [
        L.GRU(3, go_backwards=True, unroll=True, return_sequences=True),
        L.GlobalAveragePooling1D(),
    ],
}


@pytest.mark.parametrize("name", RECURRENT)
def test_masked_layers_that_go_backwards_skip_the_same_steps(name):
    """Filled-up steps come first then; they are skipped, in a group as in Keras."""

    def build(rate):
        model = keras.Sequential(
            [keras.Input((8,)), L.Embedding(10, 4, mask_zero=True), *RECURRENT[name](), L.Dense(1, "sigmoid")]
        )
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
        return model

    case = against.case(build, SENTENCES, (SENTENCES[:, 0] > 4).astype(int), epochs=2)
    against.assert_as_keras(case, [{"rate": 0.01}, {"rate": 0.02}])


def validated(rate):
    """A network with noise, and an activity that the loss looks at."""
    parts = [L.Dense(6, "tanh", activity_regularizer="l2"), L.Dropout(0.2), L.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((12,)), *parts])
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("wrong", [False, True])
def test_what_is_measured_on_rows_held_out_is_proved_too(monkeypatch, wrong):
    """A program that evaluates otherwise than its model trains nothing: such fits go by ``fit``, and say why."""
    original = OneFit.test

    def otherwise(self, *given):
        found = original(self, *given)
        places = {id(one): place for place, one in enumerate(self.variables.metrics)}
        total = places[id(private.loss_tracker(self.model).total)]
        return [one * 1.5 if place == total else one for place, one in enumerate(found)]

    if wrong:
        monkeypatch.setattr(OneFit, "test", otherwise)
    case = against.case(validated, validation_split=0.25, class_weight={0: 2.0})
    found = against.trained(case, against.requests(case, [{"rate": 0.01}, {"rate": 0.03}]))
    assert {one.way == "fit" for one in found} == {wrong}
    assert all(("its loss on rows held out" in one.why) is wrong for one in found)
    for one in (found[0], found[-1]):
        against.assert_equal(one, *against.reference(case, one.request))


class Masking(L.Dropout):
    """Draws masks in inference too."""

    def call(self, x):
        return super().call(x, training=True)


def masking(rate):
    """A network that tells how sure it is by several predictions."""
    model = keras.Sequential([keras.Input((12,)), L.Dense(6, "tanh"), Masking(0.5), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy")
    return model


def test_what_inference_changes_goes_by_fit():
    """There every evaluation moves the masks of the epochs after it, as in Keras."""
    case = against.case(masking, validation_split=0.25)
    (one,) = against.trained(case, against.requests(case, [{"rate": 0.1}], against.FOLDS[:1]))
    assert one.way == Way.FIT
    assert "changes in inference too" in one.why
    against.assert_equal(one, *against.reference(case, one.request))


def drawing_in_vain(dropout):
    """Keras's recurrent layers draw masks in inference too, and leave them unused there."""
    model = keras.Sequential([keras.Input((12,)), L.Reshape((3, 4)), L.GRU(3, dropout=dropout), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
    return model


def test_masks_that_inference_leaves_unused_are_drawn_as_by_keras():
    """Each evaluated batch moves on those of the next epoch, of each fit by as many batches as it has."""
    case = against.case(drawing_in_vain, validation_split=0.5)
    trained = against.trained(case, against.requests(case, [{"dropout": 0.3}, {"dropout": 0.5}]))
    assert Way.FIT not in {one.way for one in trained}
    for one in trained:
        against.assert_equal(one, *against.reference(case, one.request))


class Before(keras.metrics.Metric):
    """The loss of the batch before the last: one variable is assigned another, and told as it is."""

    def __init__(self):
        super().__init__(name="before")
        self.last = self.add_variable((), "zeros", name="last")
        self.before = self.add_variable((), "zeros", name="before")

    def update_state(self, y, predicted, sample_weight=None):
        self.before.assign(self.last)
        self.last.assign(keras.ops.mean(predicted))

    def result(self):
        return self.before


METRICS = {
    "several thresholds": lambda: keras.metrics.FalsePositives(thresholds=[0.3, 0.6], name="told"),
    "negatives": lambda: keras.metrics.TrueNegatives(thresholds=[0.3, 0.6], name="told"),
    "a variable as it is": Before,
}


def measured(rate, metric=METRICS["several thresholds"]):
    """A model with a metric."""
    model = keras.Sequential([keras.Input((12,)), L.Dense(4, "tanh"), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy", metrics=[metric()])
    return model


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_tells_what_the_fit_made_of_it(name):
    """Not what its variables began with, where it tells a variable itself."""
    case = against.case(partial(measured, metric=METRICS[name]), epochs=2)
    against.assert_as_keras(case, [{"rate": 0.01}, {"rate": 0.1}])


def test_what_metrics_tell_is_proved_too(monkeypatch):
    """A program whose metrics tell something else trains nothing."""
    original = OneFit.results
    monkeypatch.setattr(OneFit, "results", lambda *given: {name: 2 * one for name, one in original(*given).items()})
    case = against.case(measured, epochs=1)
    found = against.trained(case, against.requests(case, [{"rate": 0.1}], against.FOLDS[:1]))
    assert found[0].way == Way.FIT
    assert "its metric loss, " in found[0].why
    against.assert_equal(found[0], *against.reference(case, found[0].request))
