"""Fits of a group keep to themselves: their rows, weights, stops and failures."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from train import models
from train.together import against

from job.data.rows import Fold
from job.train.together.program.xla import Policy
from job.train.together.run.group_run import GroupRun

WEIGHT = np.random.default_rng(3).uniform(0.5, 2.0, 63).astype("float32")


def net(units=5, learning_rate=0.01, **more):
    """A Dense network of twelve inputs."""
    return models.dense(inputs=12, units=units, learning_rate=learning_rate, **more)


def weighed(learning_rate=0.01):
    """Metrics with weights and without."""
    model = net(learning_rate=learning_rate)
    model.compile(
        keras.optimizers.Adam(learning_rate),
        keras.losses.BinaryCrossentropy(label_smoothing=0.1),
        metrics=["accuracy", keras.metrics.AUC(name="auc")],
        weighted_metrics=["mae"],
    )
    return model


def amounts(units=4):
    """A regression."""
    return models.dense(inputs=12, units=units, activation=None, loss="mse", metrics=["mae"])


def two_outputs(units=4):
    """A column of targets for each of two outputs."""
    inputs = keras.Input((12,))
    hidden = layers.Dense(units, "relu")(inputs)
    model = keras.Model(inputs, [layers.Dense(1, name="first")(hidden), layers.Dense(1, name="second")(hidden)])
    model.compile("adam", ["mse", "mse"], loss_weights=[1.0, 0.3])
    return model


def normalizing(units=4):
    """Batch normalization, whose statistics a batch filled up with other rows would spoil."""
    parts = [layers.Dense(units, use_bias=False), layers.BatchNormalization(), layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((12,)), *parts])
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    return model


def test_metrics_sample_weights_and_class_weights_are_those_of_keras():
    """The product of a row's weight and its class's; weighted metrics and plain ones."""
    case = against.case(weighed, sample_weight=WEIGHT, class_weight={0: 1.0, 1: 2.5})
    against.assert_as_keras(case, [{"learning_rate": 0.01}, {"learning_rate": 0.03}], groups=1)


def test_validation_rows_are_evaluated_as_by_keras():
    """The last of each fold's, with their own weights and none of their class."""
    case = against.case(weighed, sample_weight=WEIGHT, class_weight="balanced", validation_split=0.3)
    (first, *_) = against.assert_as_keras(case, [{"learning_rate": 0.01}], groups=1)
    assert {"val_loss", "val_auc", "val_mae"} <= set(first.history)


def test_regression_goes_together():
    """Float targets."""
    case = against.case(amounts, Y=against.X[:, 0] * 2 + 0.1)
    against.assert_as_keras(case, [{"units": 4}, {"units": 6}], by="any-shape graph", groups=2)


def test_several_outputs_go_together():
    """Predictions keep the structure that ``predict`` gives them."""
    case = against.case(two_outputs, Y=against.X[:, :2] * 2)
    asked = against.requests(case, [{"units": 4}])
    for one in against.trained(case, asked):
        assert one.way != "fit", one.why
        assert one.failure is None
        assert isinstance(one.test_outputs, tuple)
        assert [part.shape for part in one.test_outputs] == [(len(one.request.test), 1)] * 2


def test_folds_of_any_size_share_a_group():
    """Fewer batches, one row left over, less than one batch: no batch is ever filled up."""
    folds = [Fold(np.arange(size), np.arange(50, 63)) for size in (49, 48, 33, 32, 7)]
    case = against.case(normalizing)
    asked = [case.request({"units": 4}, fold) for fold in folds]
    assert len(list(case.trainer.groups(asked))) == 1
    for one in against.trained(case, asked):
        assert one.way == "any-shape graph"
        against.assert_equal(one, *against.reference(case, one.request))


def test_training_rows_are_predicted_when_asked_for():
    """Those of ``train`` and then those of ``validation``."""
    case = against.case(net, validation_split=0.25)
    asked = against.requests(case, [{"units": 5}])
    plain = against.trained(case, asked)[0]
    found = against.trained(case, [replace(one, predict_train=True) for one in asked])[0]
    np.testing.assert_allclose(found.test_outputs, plain.test_outputs, atol=1e-6)
    assert len(found.train_outputs) == len(asked[0].train) + len(asked[0].validation) == 40


@pytest.mark.parametrize("restore", [True, False])
def test_each_fit_stops_by_itself(restore):
    """The same epochs as in Keras, the same weights kept, whatever the neighbours do.

    Monitored values of these seeds differ by more than 1e-6 between epochs.
    """
    stopping = {"monitor": "val_loss", "patience": 2, "restore_best_weights": restore}
    settings = {"epochs": 12, "validation_split": 0.3, "early_stopping": stopping}
    case = against.case(net, **settings)
    params = [{"learning_rate": rate} for rate in (0.3, 0.03, 0.003)]
    found = against.trained(case, against.requests(case, params))
    assert len({one.epochs for one in found}) > 2
    for one in found[::2]:
        assert one.way != "fit"
        values = sorted(one.history["val_loss"])
        assert np.diff(values).min() > 1e-6
        callback = keras.callbacks.EarlyStopping(**stopping)
        history, predictions = against.reference(case, one.request, callbacks=[callback])
        assert one.epochs == len(history["loss"])
        against.assert_equal(one, history, predictions, 1e-3)


def test_a_group_whose_fits_have_all_stopped_ends():
    """No epoch is run for nobody."""
    case = against.case(net, epochs=10_000, early_stopping={"monitor": "loss", "patience": 0, "min_delta": 10.0})
    found = against.trained(case, against.requests(case, [{"units": 5}]))
    assert [one.epochs for one in found] == [2, 2]


def test_a_fit_that_is_not_finite_fails_alone():
    """Its neighbours are what they would be without it."""
    case = against.case(net)
    params = [{"learning_rate": 0.01}, {"learning_rate": 1e38}]
    found = against.trained(case, against.requests(case, params))
    assert {one.way for one in found} == {"any-shape graph"}
    assert [one.failure is None for one in found] == [True, True, False, False]
    assert found[2].failure.kind == "non-finite"
    assert found[2].test_outputs is None
    against.assert_equal(found[0], *against.reference(case, found[0].request))


def test_a_build_that_raises_fails_its_own_fits():
    """The exception is the user's own; other trials of the shard go on."""

    def build(units):
        if units == 6:
            raise RuntimeError("six is refused")
        return net(units)

    case = against.case(build)
    found = against.trained(case, against.requests(case, [{"units": 5}, {"units": 6}]))
    assert [one.failure is None for one in found] == [True, True, False, False]
    assert "six is refused" in found[2].failure.message


def test_neither_place_nor_company_changes_a_fit():
    """Alone, first or last of a group: the same to rounding."""
    case = against.case(net, epochs=2)
    asked = against.requests(case, [{"rate": 0.3, "learning_rate": rate} for rate in (0.01, 0.02, 0.03)])
    graph = Policy(compiling="never")
    together = {one.request.identity: one for one in against.under(graph, case, asked)}
    backwards = {one.request.identity: one for one in against.under(graph, case, asked[::-1])}
    for request in asked[::2]:
        (alone,) = against.under(graph, case, [request])
        for other in (together[request.identity], backwards[request.identity]):
            np.testing.assert_allclose(other.test_outputs, alone.test_outputs, atol=1e-6)
            np.testing.assert_allclose(other.history["loss"], alone.history["loss"], atol=1e-6)


def test_a_group_too_large_for_the_memory_is_halved(monkeypatch):
    """Until it fits: of four fits, two go at once; all are what they would be."""
    case = against.case(net, epochs=2)
    asked = against.requests(case, [{"learning_rate": rate} for rate in (0.01, 0.02)])
    whole = against.trained(case, asked)
    original, sizes = GroupRun.train, []

    def train(self):
        sizes.append(len(self.requests))
        if len(self.requests) > 2:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        original(self)

    monkeypatch.setattr(GroupRun, "train", train)
    for found, expected in zip(against.trained(case, asked), whole, strict=True):
        assert found.way == "any-shape graph"
        np.testing.assert_allclose(found.test_outputs, expected.test_outputs, atol=1e-6)
    assert sizes == [4, 2, 2]


def test_a_fit_that_is_too_large_as_a_program_goes_by_fit(monkeypatch):
    """Keras needs less: it has no stack beside the model."""

    def train(self):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(GroupRun, "train", train)
    case = against.case(net, epochs=2)
    for found in against.trained(case, against.requests(case, [{"units": 5}])):
        assert found.way == "fit"
        assert "more memory than there is" in found.why
        assert found.failure is None
