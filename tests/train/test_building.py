"""What comes back from ``build`` is a new model, whose fit nobody else's training reaches."""

import functools

import keras
import numpy as np
import pytest
from keras import layers
from train.cases import Case

from job.train import building
from job.train.targets import ModelMistake

rng = np.random.default_rng(3)
X = rng.normal(size=(60, 4)).astype("float32")
Y = X[:, 0] - X[:, 1]


def model(*parts, optimizer="sgd"):
    """A compiled model of these layers and one more."""
    found = keras.Sequential([keras.Input((4,)), *parts, layers.Dense(1, name="last")])
    found.compile(optimizer, "mse")
    return found


@functools.lru_cache
def trunk(name, *, trainable=True):
    """A layer that is made once."""
    layer = layers.Dense(3, name=name, trainable=trainable)
    layer.build((None, 4))
    return layer


@functools.lru_cache
def sgd():
    """An optimizer that is made once."""
    return keras.optimizers.SGD(0.01)


@functools.lru_cache
def kept():
    """A whole model that is made once."""
    return model(layers.Dense(2, name="first"))


SHARED = {
    "Dense `once`": lambda: model(trunk("once")),
    "SGD `sgd`": lambda: model(optimizer=sgd()),
    "Sequential `sequential`": kept,
}


@pytest.mark.parametrize("told", SHARED)
def test_what_an_earlier_build_used_is_refused_by_its_name(told):
    """A second fit would begin with what the first one learned; together as alone, it is said what is shared."""
    case = Case(SHARED[told], X, Y)
    fold = case.fold
    other = type(fold)(train=fold.test, test=fold.train)
    requests = [case.request(fold=one) for one in (fold, other)]
    found = [one for group in case.trainer.groups(requests) for one in case.trainer.train(group)]
    assert all(one.failure is not None and told in one.failure.message for one in found), found


def test_a_frozen_layer_may_be_shared():
    """What no fit trains is the same for all of them: both folds train, from their own first values."""
    case = Case(lambda: model(trunk("base", trainable=False)), X, Y)
    assert [case.train().failure for _ in range(2)] == [None, None]


def test_a_model_that_is_made_anew_each_time_is_taken():
    """Equal models of many calls share nothing."""
    case = Case(lambda: model(layers.Dense(2)), X, Y)
    assert case.train().failure is None
    assert case.train().test_outputs.shape == (20, 1)


def test_a_check_before_training_says_it_too():
    """The second model that is built beforehand is enough."""
    case = Case(lambda: model(trunk("twice")), X, Y)
    building.check(case.request(), case.build, case.material)
    with pytest.raises(ModelMistake, match="Make it anew in every call"):
        building.check(case.request(), case.build, case.material)
