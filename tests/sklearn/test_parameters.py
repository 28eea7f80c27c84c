"""Where parameters go: two spellings, clones, layers as arguments, arguments that go by place."""

import functools

import keras
import numpy as np
import pytest
import sklearn
from sklearn import model_selection
from sklearn.base import clone

from job import GridSearchCV, KerasClassifier, KerasRegressor


def test_the_last_setting_wins_whichever_its_spelling(build, rows):
    """As in scikit-learn, where a name has one spelling; what is told is what is trained."""
    found = KerasClassifier(build, model__hidden_units=8).set_params(hidden_units=16).set_params(model__hidden_units=5)
    assert found.fit(*rows).model_.layers[0].units == 5
    assert found.hidden_units == found.get_params()["hidden_units"] == 5
    assert clone(found).set_params(hidden_units=3).fit(*rows).model_.layers[0].units == 3
    assert "model__hidden_units" not in found.set_params(hidden_units=3).get_params()
    assert clone(found).set_params(**found.get_params()).hidden_units == 3
    search = GridSearchCV(KerasClassifier(build, model__hidden_units=8), {"hidden_units": [2]}, cv=2).fit(*rows)
    assert search.best_estimator_.model_.layers[0].units == 2


def test_requests_of_metadata_stay_in_clones(build):
    """As those of scikit-learn's own estimators do."""
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = KerasClassifier(build).set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        found = clone(estimator).get_metadata_routing()
        assert (found.fit.requests, found.score.requests) == ({"sample_weight": True}, {"sample_weight": False})
        assert clone(KerasClassifier(build)).get_metadata_routing().fit.requests == {"sample_weight": None}


def _with_layer(layer=None):
    layers = layer if isinstance(layer, list) else [layer]
    model = keras.Sequential([keras.Input((6,)), *layers, keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    return model


def _layers():
    return [
        keras.layers.Dense(4, "tanh"),
        keras.layers.Dense(5, "relu", name="mine"),
        [keras.layers.Dense(3), keras.layers.Dropout(0.5)],
    ]


def test_layers_are_arguments(rows):
    """Each model has its own, named as in a function that makes it; scores are those of fits one by one."""
    estimator = KerasClassifier(_with_layer, epochs=2, random_state=0)
    how = {"param_grid": {"layer": _layers()}, "cv": 2, "scoring": "neg_log_loss", "error_score": "raise"}
    ours = GridSearchCV(estimator, refit=False, **how).fit(*rows).cv_results_["mean_test_score"]
    theirs = model_selection.GridSearchCV(estimator, refit=False, **how).fit(*rows).cv_results_["mean_test_score"]
    assert ours == pytest.approx(theirs, abs=1e-4)
    given = keras.layers.Dense(4, lambda x: keras.ops.relu(x) + 0)
    estimator = clone(estimator.set_params(layer=given)).fit(*rows)
    assert estimator.predict_proba(rows[0]).shape == (120, 2)
    assert not given.built
    keras.utils.set_random_seed(0)
    plain = KerasClassifier(lambda: _with_layer(keras.layers.Dense(4, "relu")), epochs=2, random_state=0).fit(*rows)
    assert estimator.predict_proba(rows[0]) == pytest.approx(plain.predict_proba(rows[0]), abs=1e-5)


def test_layers_that_were_used_are_told_of(rows):
    """All fits would go on with the same weights; frozen ones stay as they are, and may be shared."""
    used = keras.layers.Dense(4, name="used")
    used.build((None, 6))
    with pytest.raises(ValueError, match="layer is the Dense `used`, which has weights already"):
        KerasClassifier(_with_layer, layer=used).fit(*rows)
    used.trainable = False
    found = KerasClassifier(_with_layer, layer=used).fit(*rows)
    assert found.predict(rows[0]).shape == (120,)
    norm = keras.layers.Normalization()
    unadapted = KerasClassifier(_with_layer, layer=norm).fit(*rows)
    assert np.ravel(unadapted.model_.layers[0].mean) == pytest.approx(rows[0].mean(axis=0), abs=1e-4)
    norm.adapt(rows[0] + 3)
    adapted = KerasClassifier(_with_layer, layer=norm).fit(*rows)
    assert np.ravel(adapted.model_.layers[0].mean) == pytest.approx(rows[0].mean(axis=0) + 3, abs=1e-4)


def _by_place(units, /, rate=0.01):
    return _with_layer(keras.layers.Dense(units))


def _two(units, rate=0.01):
    return _with_layer(keras.layers.Dense(units))


def test_arguments_that_go_by_place_are_told_of(rows):
    """A name before `/`, and one that a partial has given by place, can't be set by name; it is said why."""
    with pytest.raises(ValueError, match=r"'units'.*`_by_place` takes `units` by its place alone.*take the `/` out"):
        KerasClassifier(_by_place, units=3)
    with pytest.raises(ValueError, match="`_by_place` takes `units` by its place alone"):
        KerasClassifier(_by_place, rate=0.1).fit(*rows)
    with pytest.raises(ValueError, match=r"gives `_two` its `units` by place.*partial\(_two, units=4\)"):
        KerasClassifier(functools.partial(_two, 4), units=3)
    found = KerasClassifier(functools.partial(_two, units=4), units=3).fit(*rows)
    assert found.model_.layers[0].units == 3
    with pytest.raises(ValueError, match="`_two` takes `rate`"):
        KerasClassifier(functools.partial(_two, 4), rates=3)


class _Lifted(KerasRegressor):
    """Amounts that are raised when they are predicted."""

    def __init__(self, model=None, *, lift=1.0, **more):
        super().__init__(model, **more)
        self.lift = lift

    def predict(self, X):
        return super().predict(X) + self.lift


class _OfTwo(_Lifted):
    """One more argument, which the function takes too."""

    def __init__(self, lift=2.0, units=3, **more):
        super().__init__(lift=lift, **more)
        self.units = units


class _Whole(KerasRegressor):
    """Brings its model along."""

    def __init__(self, lift=1.0, epochs=2):
        super().__init__(_amounts, epochs=epochs, verbose=0)
        self.lift = lift


def _amounts(units=2):
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("made", [_Lifted(_amounts, lift=5.0), _OfTwo(5.0, model=_amounts), _Whole(5.0)])
def test_arguments_of_a_subclass_are_parameters(made, rows):
    """They stay in clones, are searched, and reach the model's function where it takes them."""
    made.set_params(epochs=1, units=4)
    for found in (made, clone(made), clone(clone(made))):
        assert (found.lift, found.epochs, found.get_params()["lift"], found.get_params()["units"]) == (5.0, 1, 5.0, 4)
    X = rows[0]
    search = GridSearchCV(made, {"lift": [1.0, 1e6], "units": [2, 3]}, cv=2).fit(X, X[:, 0])
    assert search.best_params_["lift"] == search.best_estimator_.lift == 1.0
    assert search.best_estimator_.model_.layers[0].units == search.best_params_["units"]
    with pytest.raises(ValueError, match="`_amounts` takes `units`"):
        made.set_params(lifts=3)


def test_an_argument_that_a_subclass_does_not_keep_is_told():
    """As of scikit-learn's own estimators: a parameter is an attribute by its name."""

    class Forgets(KerasRegressor):
        def __init__(self, model=None, lift=1.0, **more):
            super().__init__(model, **more)

    with pytest.raises(AttributeError, match="lift"):
        clone(Forgets(_amounts, lift=2.0))
