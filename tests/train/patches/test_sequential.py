"""Sequential models that grow layer by layer, beside Keras's own."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import keras
import numpy as np
import pytest
from keras import layers
from keras.src.utils import naming

from job.train.patches import sequential
from job.train.patches.sequential import growing


def built() -> keras.Model:
    """Twelve layers, added one by one; one of them twice, and one looked at on the way."""
    naming.reset_uids()
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((6,))])
    twice = layers.Dense(9, activation="relu")
    model.add(layers.Dense(9))
    for _ in range(3):
        model.add(layers.BatchNormalization())
        model.add(layers.Dropout(0.2))
    model.add(layers.Dense(model.output_shape[-1] - 1))
    model.add(layers.Dense(9))
    model.add(twice)
    model.pop()
    model.add(layers.Dense(2))
    model.compile("adam", "mse")
    return model


def test_a_model_that_grows_is_kerass():
    """The same names, weights, outputs, and the same course of training."""
    theirs = built()
    with growing():
        ours = built()
    assert ours.to_json() == theirs.to_json()
    assert [one.path for one in ours.weights] == [one.path for one in theirs.weights]
    x = np.random.default_rng(0).normal(size=(40, 6)).astype("float32")
    losses = []
    for model in (ours, theirs):
        keras.utils.set_random_seed(1)
        losses.append(model.fit(x, x[:, :2], epochs=2, verbose=0).history["loss"])
    assert losses[0] == losses[1]
    np.testing.assert_array_equal(ours.predict(x, verbose=0), theirs.predict(x, verbose=0))


def test_a_model_that_has_grown_is_a_graph(monkeypatch):
    """Of which one was made, though five layers were added one by one; later graphs are called as by Keras."""
    made, original = [], sequential.Functional

    def counted(*args, **more):
        made.append(original(*args, **more))
        return made[-1]

    monkeypatch.setattr(sequential, "Functional", counted)
    monkeypatch.setattr(counted, "__name__", original.__name__, raising=False)
    names = []
    for context in (nullcontext, growing):
        naming.reset_uids()
        with context():
            model = keras.Sequential([keras.Input((6,)), layers.Dense(4)])
            for _ in range(5):
                model.add(layers.Dense(4))
            given = keras.Input((6,))
            outer = keras.Model(given, model(given))
        names.append((outer.name, model._functional.name))
    assert names[0] == names[1]
    assert made == [model._functional]


@pytest.mark.parametrize("context", [nullcontext, growing])
def test_what_can_not_be_added_is_told_by_keras(context: Callable[[], AbstractContextManager[None]]):
    """A layer that does not fit raises as it does without."""
    with context():
        model = keras.Sequential([keras.Input((6,)), layers.Dense(4)])
        with pytest.raises(ValueError, match="expected min_ndim=4"):
            model.add(layers.Conv2D(3, 2))
