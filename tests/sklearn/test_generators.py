"""The user's random generators, which go on after fits and predictions as if these had drawn nothing."""

import pickle
import random

import numpy as np
import pytest
from scipy.stats import uniform
from sklearn import model_selection
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ParameterSampler, ShuffleSplit

from job import GridSearchCV, KerasClassifier, RandomizedSearchCV


@pytest.fixture(autouse=True)
def _seeded():
    """As users seed them; as before after."""
    pythons, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    yield
    random.setstate(pythons)
    np.random.set_state(numpys)  # noqa: NPY002


def _states():
    kind, keys, *others = np.random.get_state()  # noqa: NPY002
    return random.getstate(), (kind, keys.tolist(), *others)


def _two(hidden_units=4):
    import keras

    hidden = keras.layers.Dense(hidden_units, keras.layers.ReLU())
    model = keras.Sequential([keras.Input((6,)), hidden, keras.layers.Dropout(0.5), keras.layers.Dense(2, "softmax")])
    model.compile("adam", "categorical_crossentropy")
    return model


def test_fits_and_predictions_are_not_noticed(build, compiled, rows):
    """Of a function, a template, one-hot labels and a search, refitted, pickled and asked for the model."""
    X, y = rows
    makers = (build, y), (compiled(), y), (_two, np.eye(2)[y])
    before = _states()
    for made, labels in makers:
        estimator = KerasClassifier(made, random_state=0).fit(X, labels)
        assert _states() == before
        estimator.predict(X)
        assert _states() == before
        assert pickle.loads(pickle.dumps(estimator)).model_ is not estimator.model_  # noqa: S301
        assert _states() == before
    GridSearchCV(KerasClassifier(build, random_state=0), {"hidden_units": [2, 3]}, cv=2).fit(X, y).predict(X)
    assert _states() == before


def test_a_failed_fit_is_not_noticed(rows):
    """A function that draws, and raises."""

    def broken():
        random.random()  # noqa: S311
        np.random.rand()  # noqa: NPY002
        raise ZeroDivisionError

    before = _states()
    with pytest.raises(ZeroDivisionError):
        KerasClassifier(broken, random_state=0).fit(*rows)
    assert _states() == before


def test_an_unseeded_fit_draws_its_seed_alone(rows):
    """One number of NumPy's generator, whatever y is, so that the next such fit has another seed."""
    X, y = rows
    np.random.randint(np.iinfo(np.int32).max)  # noqa: NPY002
    once = _states()
    np.random.seed(5)  # noqa: NPY002
    first = KerasClassifier(_two).fit(X, np.eye(2)[y]).predict_proba(X)
    assert _states() == once
    assert not np.allclose(first, KerasClassifier(_two).fit(X, np.eye(2)[y]).predict_proba(X))


def test_an_unseeded_splitter_splits_as_it_does_for_others(build, rows):
    """Its five splits, each drawn after a fit, are those that scikit-learn's own estimator is given."""

    def split(estimator):
        np.random.seed(5)  # noqa: NPY002
        seen = []

        def scored(estimator, X, y):
            seen.append(X.tolist())
            return estimator.score(X, y)

        model_selection.cross_val_score(estimator, *rows, cv=ShuffleSplit(5), scoring=scored)
        return seen

    found = split(KerasClassifier(build, random_state=0))
    assert found == split(LogisticRegression())
    assert len({str(one) for one in found}) == 5


def test_an_unseeded_search_draws_other_candidates_each_time(build, rows):
    """Those that scikit-learn's sampler draws one after the other."""
    space = {"learning_rate": uniform(1e-3, 1e-1)}
    expected = [list(ParameterSampler(space, 2)) for _ in range(3)]
    np.random.seed(5)  # noqa: NPY002
    search = RandomizedSearchCV(KerasClassifier(build, random_state=0), space, n_iter=2, cv=2, refit=False)
    assert [search.fit(*rows).cv_results_["params"] for _ in range(3)] == expected
