"""The engine: whichever way a fit takes, it is the same fit; and the result says which way and why."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L  # noqa: N812
from train.together import against

from job.study.study import Callback
from job.train.groups import Group
from job.train.together import sizing
from job.train.together.program import xla
from job.train.together.program.xla import Changeover, Policy
from job.train.ways import Way


def noisy(learning_rate=0.01):
    """Every kind of random layer."""
    parts = [L.Dense(8), L.Dropout(0.3), L.GaussianNoise(0.1), L.GaussianDropout(0.2), L.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((12,)), *parts])
    model.compile(keras.optimizers.Adam(learning_rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def convolutional(learning_rate=0.01):
    """Two convolutions."""
    parts = [L.Reshape((3, 4, 1)), L.Conv2D(4, 2, activation="relu"), L.Conv2D(3, 2), L.Flatten()]
    model = keras.Sequential([keras.Input((12,)), *parts, L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(learning_rate), "binary_crossentropy")
    return model


def recurrent(learning_rate=0.01):
    """An LSTM."""
    model = keras.Sequential([keras.Input((12,)), L.Reshape((3, 4)), L.LSTM(3), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(learning_rate), "binary_crossentropy")
    return model


RATES = [{"learning_rate": 0.01}, {"learning_rate": 0.03}]


@pytest.mark.parametrize("compiling", ["at once", "after an epoch"])
@pytest.mark.parametrize(
    ("build", "free"),
    [(noisy, True), (noisy, False), (convolutional, True), (convolutional, False), (recurrent, False)],
    ids=["noisy, any shape", "noisy", "convolutional, any shape", "convolutional", "recurrent"],
)
def test_xla_and_a_changeover_are_the_same_fit(build, compiling, free):
    """Masks are drawn alike in a graph, under XLA and after changing over; plain Keras is the judge."""
    case = against.case(build)
    found = against.under(Policy(free=(free,), compiling=compiling), case, against.requests(case, RATES))
    shapes = "any-shape" if free else "one-shape"
    assert {one.way for one in found} == {f"{shapes} {'XLA' if compiling == 'at once' else 'graph, then XLA'}"}
    against.assert_equal(found[-1], *against.reference(case, found[-1].request))


def test_early_stopping_under_xla_stops_the_same_fits():
    """Stopped fits stay in the stack, so that it need not be compiled again; their weights stay as they are."""
    stopping = {"monitor": "loss", "patience": 0, "min_delta": 0.02}
    case = against.case(noisy, epochs=8, early_stopping=stopping)
    asked = against.requests(case, [{"learning_rate": rate} for rate in (0.001, 0.03, 0.1)])
    graph = against.under(Policy(compiling="never"), case, asked)
    xla = against.under(Policy(compiling="at once"), case, asked)
    assert len({one.epochs for one in graph}) > 1
    for a, b in zip(graph, xla, strict=True):
        assert a.epochs == b.epochs
        np.testing.assert_allclose(a.test_outputs, b.test_outputs, atol=1e-4)


class Damped(keras.optimizers.SGD):
    """An optimizer of the user's own: a share of each gradient."""

    share = 1.0

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient * self.share, variable, learning_rate)


def test_an_optimizer_of_ones_own_trains_together_with_what_it_holds():
    """Fits of another share are another model; plain Keras is the judge."""

    def build(share):
        model = keras.Sequential([keras.Input((12,)), L.Dense(4, "relu"), L.Dense(1, "sigmoid")])
        optimizer = Damped(0.1)
        optimizer.share = share
        model.compile(optimizer, "binary_crossentropy")
        return model

    case = against.case(build)
    found = against.under(Policy(), case, against.requests(case, [{"share": 0.1}, {"share": 1.0}]))
    assert {one.way for one in found} == {"any-shape graph"}
    against.assert_equal(found[0], *against.reference(case, found[0].request))
    against.assert_equal(found[-1], *against.reference(case, found[-1].request))


def test_what_xla_computes_otherwise_stays_a_graph():
    """A number too large for an integer is its least value for a graph, and its largest for XLA."""

    def build():
        model = keras.Sequential([keras.Input((12,)), L.Lambda(_overflowing), L.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy")
        return model

    case = against.case(build)
    found = against.under(Policy(compiling="at once"), case, against.requests(case, [{}]))
    assert {one.way for one in found} == {"any-shape graph"}
    assert "what XLA compiled is not used: the program that it compiled has a loss of " in found[0].why
    against.assert_equal(found[-1], *against.reference(case, found[-1].request))


def _overflowing(rows):
    """Each row, moved by an integer that its values are too large for."""
    return rows + 1e-9 * keras.ops.cast(tf.cast(1e20 * (1 + rows * rows), "int32"), "float32")


def test_what_xla_would_draw_otherwise_stays_a_graph():
    """``keras.random.shuffle`` has no form that both compute alike."""

    class Shuffled(L.Layer):
        def __init__(self):
            super().__init__()
            self.seeds = keras.random.SeedGenerator()

        def call(self, x, *, training=False):
            return x + keras.random.shuffle(x, seed=self.seeds) if training else x

    def build():
        model = keras.Sequential([keras.Input((12,)), Shuffled(), L.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy")
        return model

    case = against.case(build)
    found = against.under(Policy(compiling="at once"), case, against.requests(case, [{}]))
    assert {one.way for one in found} == {"any-shape graph"}
    assert "shuffle" in found[0].why


class Traced:
    """A program's measurements."""

    unlike: frozenset[str] = frozenset()
    uncompilable = None
    ratio, compile_seconds = 0.25, 1.0
    train, train_compiled = "graph", "xla"


def test_compiling_has_to_pay():
    """Ten seconds of steps left would save most of them, for one second of compiling; one second would not."""
    short, long = Changeover(Traced(), Policy()), Changeover(Traced(), Policy())
    short.ended(0.5, 2, lambda: int)
    long.ended(0.5, 20, lambda: int)
    long.end()
    long.ended(0.5, 19, lambda: int)
    assert (short.compiled, long.compiled) == (False, True)
    assert "compiling costs 1 s" in short.why


def test_a_short_first_epoch_says_nothing():
    """It makes what later ones find made: an epoch of a tenth of a second is judged by the second, of a fiftieth."""
    gear = Changeover(Traced(), Policy())
    gear.ended(0.1, 50, lambda: int)
    assert gear.why == "too short to weigh compiling"
    gear.ended(0.02, 49, lambda: int)
    gear.end()
    assert "980 ms of steps left" in gear.why
    assert not gear.compiled


def test_a_compiled_program_that_is_slower_is_left_again():
    """What was measured decides, whatever was foreseen; but not one epoch alone."""
    gear = Changeover(Traced(), Policy())
    gear.ended(0.5, 20, lambda: int)
    gear.end()
    gear.ended(0.5, 19, lambda: int)
    gear.ended(0.9, 18, lambda: int)
    assert gear.compiled
    gear.ended(0.9, 17, lambda: int)
    assert not gear.compiled
    assert "the graph is faster" in gear.why


def test_what_xla_refuses_goes_on_as_a_graph():
    """The exception comes in the thread beside and is told."""

    def refuse() -> None:
        raise ValueError("no such kernel")

    gear = Changeover(Traced(), Policy())
    gear.ended(0.5, 20, lambda: refuse)
    gear.end()
    gear.ended(0.5, 19, lambda: refuse)
    assert not gear.compiled
    assert "no such kernel" in gear.why


def test_a_fit_that_fills_the_machine_goes_by_fit(monkeypatch):
    """Where one step is long, Keras's own share of it is nothing, and stacking could only cost."""
    monkeypatch.setattr(xla, "FILLS", 0.0)
    monkeypatch.setattr(xla, "FEW_OPERATIONS", 0.0)
    case = against.case(noisy, batch_size=8)
    for one in against.trained(case, against.requests(case, RATES[:1])):
        assert one.way == Way.FIT
        assert "fills the machine" in one.why
        assert one.failure is None


def test_a_step_of_very_many_operations_is_not_even_traced(monkeypatch):
    """It fills the machine whatever the machine; each such fit is a group of its own."""
    monkeypatch.setattr(sizing, "_FILLING", 0.0)
    case = against.case(noisy)
    asked = against.requests(case, RATES[:1])
    assert len(list(case.trainer.groups(asked))) == len(asked)
    for one in against.trained(case, asked):
        assert one.way == Way.FIT
        assert "billion operations" in one.why


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"callbacks": [{"keras.callbacks:TerminateOnNaN": {}}]}, "callbacks")],
)
def test_settings_that_look_at_one_model_go_by_fit(settings, reason):
    """A callback is handed a model, and a group has none."""
    pairs = (pair for one in settings["callbacks"] for pair in one.items())
    callbacks = [Callback(path=path, arguments=arguments) for path, arguments in pairs]
    case = against.case(noisy, callbacks=callbacks)
    for one in against.trained(case, against.requests(case, RATES[:1])):
        assert one.way == Way.FIT
        assert reason in one.why


def test_a_train_step_of_the_users_own_goes_by_fit():
    """Keras's own steps are what is mapped over fits."""

    class Stepping(keras.Sequential):
        def train_step(self, data):
            return super().train_step(data)

    def build():
        model = Stepping([keras.Input((12,)), L.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy")
        return model

    case = against.case(build)
    for one in against.trained(case, against.requests(case, [{}])):
        assert one.way == Way.FIT
        assert "train_step" in one.why
        assert one.failure is None


def test_the_way_is_explained_beforehand():
    """For each group: what it is, which way it goes, and why."""
    case = against.case(noisy)
    (told,) = case.trainer.explain(against.requests(case, RATES))
    assert told[:2] == ("4 fits of 3 epochs with batches of 16", "any-shape graph")
    assert "one trace for all shapes" in told[2]


def test_groups_are_named_by_their_fits_and_halved_without_loss():
    """The same fits always have the same name, whatever else is in the shard."""
    case = against.case(noisy)
    asked = against.requests(case, RATES)
    (group,) = case.trainer.groups(asked)
    (again,) = case.trainer.groups(asked)
    assert group.name == again.name
    halves = group.halves()
    assert [one for half in halves for one in half.requests] == list(group.requests)
    assert Group((asked[0],)).requests == (asked[0],)
    assert len({group.name, halves[0].name, halves[1].name}) == 3
