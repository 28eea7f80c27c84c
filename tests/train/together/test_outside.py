"""What build leaves outside the model counts for its own trial, also where the first batch could not tell.

Few rows are of the rare class, and a first batch has none of them, so a weight of that class changes neither its loss
nor its gradients: no proof by that batch sees it.
"""

import os
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from train.cases import Case
from train.plain import fit

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 6)).astype("float32")
Y = np.zeros(120, int)
Y[[30, 55, 61, 70, 90, 100]] = 1

settings = types.ModuleType("settings")
settings.__file__ = "settings.py"
settings.rare = 1.0
settings.Chosen = type("Chosen", (), {"rare": 1.0})


def weighted(y, p, rare):
    """Cross entropy with a weight for the rare class."""
    p = ops.clip(p, 1e-6, 1 - 1e-6)
    y = ops.cast(y, p.dtype)
    return -ops.mean(rare * y * ops.log(p) + (1 - y) * ops.log(1 - p), axis=-1)


def by_attribute(y, p):
    """Weighed by a module's attribute."""
    return weighted(y, p, settings.rare)


def by_class(y, p):
    """Weighed by an attribute of a class in a module."""
    return weighted(y, p, settings.Chosen.rare)


def by_itself(y, p):
    """Weighed by an attribute of its own."""
    return weighted(y, p, by_itself.rare)


def by_environment(y, p):
    """Weighed by the environment."""
    return weighted(y, p, float(os.environ["RARE"]))


def by_variable(rare):
    """Weighed by a variable that the loss closes over."""
    held = tf.Variable(rare, trainable=False, dtype="float32")
    return lambda y, p: weighted(y, p, held)


SHARED = tf.Variable(1.0, trainable=False)


def by_shared(y, p):
    """Weighed by a variable of the module's."""
    return weighted(y, p, SHARED)


WAYS = {
    "shared variable": lambda rare: (SHARED.assign(rare), by_shared)[1],
    "attribute": lambda rare: (setattr(settings, "rare", rare), by_attribute)[1],
    "class": lambda rare: (setattr(settings.Chosen, "rare", rare), by_class)[1],
    "function": lambda rare: (setattr(by_itself, "rare", rare), by_itself)[1],
    "environment": lambda rare: (os.environ.update(RARE=str(rare)), by_environment)[1],
    "variable": by_variable,
}


def study_of(way):
    """A study of two weights for the rare class."""

    def build(rare):
        model = keras.Sequential([keras.Input((6,)), layers.Dense(4, "relu"), layers.Dense(1, "sigmoid")])
        model.compile(keras.optimizers.Adam(0.03), WAYS[way](rare))
        return model

    return Case(build, X, Y, settings={"fit": {"epochs": 3, "batch_size": 4}, "space": {"rare": [1.0, 8.0]}})


def trained(case, fold=None):
    """Both trials on one fold, as a worker trains them."""
    asked = [case.request({"rare": rare}, fold, number) for number, rare in enumerate((1.0, 8.0))]
    return [one for group in case.trainer.groups(asked) for one in case.trainer.train(group)]


def assert_as_plain(case, one):
    """Its losses are those of plain Keras, right after the trial's own build."""
    train, seed = one.request.train, one.request.seed
    y = Y[train, None].astype("float32")
    _, history = fit(case.build, dict(one.request.build), X[train], y, seed, batch_size=4, epochs=3)
    np.testing.assert_allclose(one.history["loss"], history["loss"], rtol=1e-4)


@pytest.mark.parametrize("way", WAYS)
def test_each_trial_trains_with_what_its_own_build_set(way, monkeypatch):
    """Two trials with other weights, each as plain Keras trains it."""
    monkeypatch.setenv("RARE", "1.0")
    case = study_of(way)
    for one in trained(case):
        assert_as_plain(case, one)


def test_groups_that_take_turns_train_with_their_own_too():
    """The first trial's second fold follows the second trial's first: what that one's build set is set back."""
    case = study_of("shared variable")
    other = type(case.fold)(train=case.fold.train[::-1].copy(), test=case.fold.test)
    trained(case)
    for one in trained(case, other):
        assert_as_plain(case, one)


def test_the_first_batch_could_not_have_told():
    """Of one trial at least, there is no rare row in it."""
    from job.train.order import epoch_order

    case = Case(lambda rare: rare, X, Y, settings={"space": {"rare": [1.0, 8.0]}})
    asked = [case.request({"rare": rare}) for rare in (1.0, 8.0)]
    firsts = [one.train[epoch_order(one.seed, 0, len(one.train))[:4]] for one in asked]
    assert any(Y[rows].sum() == 0 for rows in firsts)
