"""Adam's steps by TensorFlow's kernel, where weights lie from epoch to epoch, beside plain Keras."""

import keras
import numpy as np
import pytest
from keras import layers, optimizers
from keras.optimizers import schedules
from train.together import against

from job.data.rows import Fold
from job.train.together.model import adam_kernel
from job.train.together.program import adam_run
from job.train.together.program.adam_run import AdamRun
from job.train.together.run import group_run


def net(learning_rate=0.01):
    """Two layers, of which one keeps statistics and one draws masks."""
    parts = [layers.Dense(6, "relu"), layers.BatchNormalization(), layers.Dropout(0.2)]
    model = keras.Sequential([keras.Input((12,)), *parts, layers.Dense(1, "sigmoid")])
    model.compile(optimizers.Adam(learning_rate), "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("rates", [[0.01], [0.01, 0.03, 1e-4]], ids=["one rate", "several rates"])
@pytest.mark.parametrize("batch", [16, 43, 64], ids=["unequal last batches", "one whole batch", "none whole"])
def test_the_kernel_steps_as_keras(epochs, rates, batch):
    """Folds of 40 and of 43 rows: full batches of both, then the last one of each by itself."""
    case = against.case(net, batch_size=batch)
    folds = [Fold(np.arange(40), np.arange(40, 63)), Fold(np.arange(43), np.arange(43, 63)), against.FOLDS[1]]
    asked = against.requests(case, [{"learning_rate": rate} for rate in rates], folds)
    for one in against.trained(case, asked):
        assert one.way == "any-shape graph", one.why
        against.assert_equal(one, *against.reference(case, one.request))
    assert sum(epochs) == 3


def test_the_kernel_also_steps_a_trace_of_one_shape(epochs):
    """Where shapes are looked at, by layers that normalize."""

    def shaped(learning_rate=0.01):
        parts = [layers.Dense(6), layers.LayerNormalization(), layers.Dense(1, "sigmoid")]
        model = keras.Sequential([keras.Input((12,)), *parts])
        model.compile(optimizers.Adam(learning_rate), "binary_crossentropy")
        return model

    against.assert_as_keras(against.case(shaped), [{"learning_rate": 0.01}, {"learning_rate": 0.02}])


def test_epochs_nobody_looks_at_are_made_in_one_go(epochs, monkeypatch):
    """What they are made of stays the same, to the last bit."""
    case = against.case(net, epochs=12)
    asked = against.requests(case, [{"learning_rate": 0.01}, {"learning_rate": 0.03}])
    together = against.trained(case, asked)
    assert max(epochs) > 1
    monkeypatch.setattr(group_run, "_UNWATCHED", 0.0)
    for a, b in zip(together, against.trained(case, asked), strict=True):
        assert a.history == b.history
        np.testing.assert_array_equal(a.test_outputs, b.test_outputs)
        assert len(a.history["loss"]) == a.epochs == 12
    assert sum(epochs) == 24


@pytest.mark.parametrize("more", [{"validation_split": 0.25}, {"early_stopping": {"monitor": "loss", "patience": 1}}])
def test_somebody_looks_after_every_epoch(epochs, more):
    """At rows held out, or at whether a fit goes on."""
    case = against.case(net, epochs=4, **more)
    against.trained(case, against.requests(case, [{}]))
    assert set(epochs) == {1}


def test_fits_that_stop_early_leave_and_the_others_go_on(epochs):
    """The stack is read, made smaller and taken in again; plain Keras with the same callback is the judge."""
    stopping = {"monitor": "loss", "patience": 0, "min_delta": 0.02, "restore_best_weights": True}
    case = against.case(net, epochs=6, early_stopping=stopping)
    found = against.trained(case, against.requests(case, [{"learning_rate": rate} for rate in (1e-4, 0.01, 0.05)]))
    assert len({one.epochs for one in found}) > 1
    for one in found:
        callback = keras.callbacks.EarlyStopping(**stopping)
        against.assert_equal(one, *against.reference(case, one.request, callbacks=[callback]))


def test_a_fit_whose_loss_overflows_ends_and_its_neighbours_do_not(epochs):
    """It is told in the epoch in which it happened, though its neighbours were stepped on with it."""

    def build(learning_rate=0.01):
        model = keras.Sequential([keras.Input((12,)), layers.Dense(4), layers.Dense(1)])
        model.compile(optimizers.Adam(learning_rate), "mse")
        return model

    case = against.case(build, Y=against.X[:, 0], epochs=9)
    good, bad = {"learning_rate": 0.01}, {"learning_rate": 3e9}
    alone = against.trained(case, against.requests(case, [good]))
    found = against.trained(case, against.requests(case, [good, bad]))
    assert [one.failure is None for one in found] == [True, True, False, False]
    for one in found[2:]:
        assert not np.isfinite(one.history["loss"][-1])
        assert np.isfinite(one.history["loss"][:-1]).all()
    for a, b in zip(alone, found, strict=False):
        against.assert_equal(b, a.history, a.test_outputs)


def test_fits_of_unequal_numbers_of_steps_do_without(monkeypatch):
    """The kernel counts the steps of all at once."""
    monkeypatch.setattr(AdamRun, "epochs", None)
    case = against.case(net)
    folds = [Fold(np.arange(size), np.arange(50, 63)) for size in (32, 33)]
    for one in against.trained(case, against.requests(case, [{}], folds)):
        assert one.way == "any-shape graph"
        against.assert_equal(one, *against.reference(case, one.request))


def test_the_largest_rate_of_a_group_is_not_rounded(epochs):
    """Its fits, which amplify rounding most, are the same to the last bit whatever the others' rate."""
    case = against.case(net)

    def beside(rate):
        asked = against.requests(case, [{"learning_rate": one} for one in (rate, 0.1)])
        return [(one.history, one.test_outputs.tolist()) for one in against.trained(case, asked)[2:]]

    assert beside(0.003) == beside(0.07)


@pytest.mark.parametrize("first", [True, False])
def test_a_rate_of_nothing_does_without(first):
    """Weights could not be divided by its share of the other, nor by the other's share of it."""
    case = against.case(net)
    rates = [0.0, 0.01] if first else [0.01, 0.0]
    for one in against.trained(case, against.requests(case, [{"learning_rate": rate} for rate in rates])):
        assert one.way == "any-shape graph"
        against.assert_equal(one, *against.reference(case, one.request))


@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.SGD(),
        optimizers.AdamW(),
        optimizers.Adam(amsgrad=True),
        optimizers.Adam(weight_decay=0.01),
        optimizers.Adam(clipvalue=1.0),
        optimizers.Adam(clipnorm=1.0),
        optimizers.Adam(use_ema=True),
        optimizers.Adam(gradient_accumulation_steps=2),
        optimizers.Adam(loss_scale_factor=2.0),
        optimizers.Adam(schedules.ExponentialDecay(0.01, 10, 0.9)),
    ],
)
def test_the_kernel_is_for_plain_adam(optimizer):
    """Of a learning rate that stays; whatever else an optimizer does, Keras's own steps do."""
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile(optimizer, "mse")
    assert not adam_kernel.suits(model)


@pytest.mark.parametrize(
    ("parts", "suits"),
    [
        ([layers.Dense(4), layers.BatchNormalization(), layers.Dense(1)], True),
        ([layers.Reshape((3, 1)), layers.LSTM(2), layers.Dense(1)], False),
        ([layers.Reshape((3, 1)), layers.Conv1D(2, 2), layers.Flatten(), layers.Dense(1)], False),
        ([layers.EinsumDense("ab,bc->ac", 4), layers.Dense(1)], False),
    ],
)
def test_the_kernel_is_for_weights_that_are_taken_divided(parts, suits):
    """Other layers would get theirs multiplied, and rounded, in each step, which an LSTM amplifies."""
    model = keras.Sequential([keras.Input((3,)), *parts])
    model.compile(optimizers.Adam(), "mse")
    assert adam_kernel.suits(model) is suits


def test_the_kernel_is_for_metrics_that_do_not_see_the_step():
    """Keras computes them after it; of Keras's own this makes no difference."""

    class Own(keras.Sequential):
        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return super().compute_metrics(x, y, y_pred, sample_weight)

    found = []
    for kind in (keras.Sequential, Own):
        model = kind([keras.Input((3,)), layers.Dense(1)])
        model.compile(optimizers.Adam(), "mse")
        found.append(adam_kernel.suits(model))
    assert found == [True, False]


def test_memory_is_given_back_between_groups():
    """What steps were made in is empty when a group has ended."""
    kept = []
    original = adam_run.AdamRun.__init__

    def noted(self, *args, **more):
        original(self, *args, **more)
        kept.append(self._adam.kept)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(AdamRun, "__init__", noted)
        case = against.case(net)
        against.trained(case, against.requests(case, [{}]))
    assert {int(np.prod(one.read_value().shape)) for one in kept[0].all} == {0}
