"""Keras initializers as parameters: a fit's seed governs those without one."""

import keras
import numpy as np
import pytest
from sklearn import model_selection

from job import GridSearchCV, KerasClassifier
from job.sklearn.recipes import Recipe


class Halved(keras.initializers.RandomNormal):
    """An initializer of the user's own, whose config is not enough to make it again."""

    def __init__(self, by):
        super().__init__()
        self.by = by


def _with(initializer=None):
    several = initializer if isinstance(initializer, list) else [initializer]
    hidden = [keras.layers.Dense(4, "tanh", kernel_initializer=one) for one in several]
    model = keras.Sequential([keras.Input((6,)), *hidden, keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model


def _first(initializer, rows, seed=0):
    """Weights after a fit that changes them little."""
    return KerasClassifier(_with, initializer=initializer, batch_size=120, random_state=seed).fit(*rows).model_


@pytest.mark.parametrize("several", [False, True], ids=["one", "a list"])
def test_the_seed_of_a_fit_governs_what_an_initializer_draws(several, rows):
    """Two objects draw alike under one seed, as those that the function makes itself; under another seed others."""

    def given():
        return [keras.initializers.GlorotUniform()] * 2 if several else keras.initializers.GlorotUniform()

    weights = [_first(given(), rows).get_weights() for _ in range(2)]
    plain = KerasClassifier(lambda: _with(given()), batch_size=120, random_state=0).fit(*rows).model_.get_weights()
    for one, other, made in zip(*weights, plain, strict=True):
        np.testing.assert_array_equal(one, other)
        if not several:  # in a list each place has an object of its own, where the function has the same twice
            np.testing.assert_array_equal(one, made)
    others = _first(given(), rows, seed=1).get_weights()
    assert np.abs(weights[0][0] - others[0]).max() > 0.1


def test_an_initializer_with_a_seed_keeps_it(rows):
    """The same weights whatever the fit's seed, and the very object that was given."""
    given = keras.initializers.GlorotUniform(seed=3)
    kept = [_first(given, rows, seed).get_weights()[0] for seed in (0, 1)]
    np.testing.assert_allclose(*kept, atol=0.01)  # one step of Adam apart
    np.testing.assert_allclose(kept[0], np.asarray(given((6, 4))), atol=0.01)
    assert [Recipe(lambda one: one, {"one": one}).make() is one for one in (given, Halved(2))] == [True, True]
    assert Recipe(lambda one: one, {"one": keras.initializers.Zeros()}).make()((2,)).shape == (2,)


def test_scores_of_a_search_over_initializers_can_be_had_again(rows):
    """Those of new objects, in a search here and in scikit-learn's."""
    how = {"cv": 2, "scoring": "neg_log_loss", "refit": False}

    def scores(kind):
        several = [keras.initializers.GlorotUniform(), keras.initializers.RandomNormal(stddev=0.5)]
        search = kind(KerasClassifier(_with, random_state=0), {"initializer": several}, **how)
        return search.fit(*rows).cv_results_["mean_test_score"]

    ours = scores(GridSearchCV)
    assert scores(GridSearchCV) == pytest.approx(ours, abs=1e-6)
    assert scores(model_selection.GridSearchCV) == pytest.approx(ours, abs=1e-4)
