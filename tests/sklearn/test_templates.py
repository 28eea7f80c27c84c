"""Compiled models as templates: which settings they have, what is refused, and what they make."""

import keras
import numpy as np
import pytest
from sklearn import model_selection

from job import GridSearchCV, KerasClassifier
from job.sklearn.template import Template


def _inner(name):
    hidden = keras.layers.Dense(4, "relu", name="hidden")
    return keras.Sequential([keras.Input((6,)), hidden], name=name)


def _twins():
    inputs = keras.Input((6,))
    both = keras.layers.Concatenate()([_inner("a")(inputs), _inner("b")(inputs)])
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(both))
    model.compile("adam", "binary_crossentropy")
    return model


def _of(*layers, shape=(6,), **compiled):
    model = keras.Sequential([keras.Input(shape), *layers, keras.layers.Dense(1, "sigmoid", name="last")])
    model.compile(**{"optimizer": "adam", "loss": "binary_crossentropy", **compiled})
    return model


def test_layers_of_one_name_are_set_by_the_models_they_are_in(rows):
    """Both, each by its own name; the name alone could mean either, and is refused with those that are meant."""
    made = KerasClassifier(_twins(), a__hidden__units=9, b__hidden__units=2).fit(*rows).model_
    assert [made.get_layer(name).get_layer("hidden").units for name in "ab"] == [9, 2]
    with pytest.raises(ValueError, match=r"several layers `hidden`; .*`a__hidden__units` and `b__hidden__units`"):
        KerasClassifier(_twins(), hidden__units=9)


def test_a_layer_of_an_inner_model_named_model_is_set(rows):
    """Though ``model__`` before a name is how a function's arguments may be told from others."""
    one, other = _inner("model"), _inner("b")
    inputs = keras.Input((6,))
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(keras.layers.Add()([one(inputs), other(inputs)])))
    model.compile("adam", "binary_crossentropy")
    found = KerasClassifier(model, model__hidden__activation="tanh").fit(*rows).model_
    assert found.get_layer("model").get_layer("hidden").activation is keras.activations.tanh
    assert found.get_layer("b").get_layer("hidden").activation is keras.activations.relu


def test_wrapped_layers_are_set_in_both_directions(rows):
    """A Bidirectional makes its backward layer of the forward one, so one setting is for both."""
    recurrent = keras.layers.Bidirectional(keras.layers.LSTM(3), name="both")
    model = _of(recurrent, shape=(6, 1))
    X = rows[0][:, :, None]
    made = KerasClassifier(model, both__layer__units=5).fit(X, rows[1]).model_.get_layer("both")
    assert (made.forward_layer.units, made.backward_layer.units) == (5, 5)
    assert made.backward_layer.go_backwards
    with pytest.raises(ValueError, match=r"no `both__units`; .*`both__layer__units`"):
        KerasClassifier(model, both__units=5)


def test_a_backward_layer_of_its_own_stays_so(rows):
    """It is set by its own name."""
    backward = keras.layers.LSTM(3, activation="relu", go_backwards=True)
    recurrent = keras.layers.Bidirectional(keras.layers.LSTM(3), backward_layer=backward, name="both")
    made = Template(_of(recurrent, shape=(6, 1)))(both__layer__units=5, both__backward_layer__units=2)
    assert [made.layers[0].forward_layer.units, made.layers[0].backward_layer.units] == [5, 2]
    assert made.layers[0].backward_layer.activation is keras.activations.relu


def _set(model):
    model.get_layer("hidden").set_weights([np.full((6, 4), 0.5), np.ones(4)])


def _trained(model):
    model.fit(np.ones((8, 6)), np.ones(8), verbose=0)
    model.compile("adam", "binary_crossentropy")


def _shifted(model):
    model.get_layer("norm").moving_mean.assign(np.full(4, 3.0))


@pytest.mark.parametrize(
    ("change", "weight"), [(_set, "hidden/bias"), (_trained, "(bias|gamma)"), (_shifted, "moving_mean")]
)
def test_weights_that_would_be_lost_are_refused(change, weight, rows):
    """Set by hand, trained and compiled again, or moving averages: where a new model could not have them."""
    model = _of(keras.layers.Dense(4, name="hidden"), keras.layers.BatchNormalization(name="norm"))
    model.predict(rows[0], verbose=0)
    state = np.random.get_state()[1]  # noqa: NPY002  # the one that users seed
    KerasClassifier(model).get_params()
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002
    change(other := _of(keras.layers.Dense(4, name="hidden"), keras.layers.BatchNormalization(name="norm")))
    with pytest.raises(ValueError, match=rf"weights of its own \(.*{weight} is not .*def build\(\): …; return model"):
        KerasClassifier(other).fit(*rows)


def test_a_layer_that_submodels_share_is_refused(rows):
    """Keras's config has it once for each of them: models made from it would have more weights."""
    shared, features = keras.layers.Dense(3), rows[0].shape[1]
    inner = [keras.Sequential([keras.Input((features,)), shared], name=name) for name in ("one", "other")]
    given = keras.Input((features,))
    joined = keras.layers.Add()([inner[0](given), inner[1](given)])
    model = keras.Model(given, keras.layers.Dense(1, activation="sigmoid")(joined))
    model.compile(loss="binary_crossentropy")
    assert len(model.weights) < len(keras.Model.from_config(model.get_config()).weights)
    with pytest.raises(ValueError, match="several submodels share"):
        KerasClassifier(model).fit(*rows)


def test_frozen_weights_of_an_inner_model_are_refused(rows):
    """As those of the model's own layers are."""
    inner = _inner("inner")
    inner.get_layer("hidden").trainable = False
    with pytest.raises(ValueError, match=r"frozen weights \(hidden\)"):
        KerasClassifier(_of(inner)).fit(*rows)


def test_adapted_layers_are_adapted_anew_and_it_is_said(rows):
    """On the fit's rows, as for a function's model that leaves them unadapted; given values stay."""
    X, y = rows
    norm = keras.layers.Normalization(name="norm")
    norm.adapt(X * 50 + 7)
    with pytest.warns(UserWarning, match="`norm` of the given model learned from data already; .*adapted anew"):
        found = KerasClassifier(_of(norm)).fit(X, y).model_.get_layer("norm")
    assert np.ravel(found.mean) == pytest.approx(X.mean(axis=0), abs=1e-4)
    given = keras.layers.Normalization(mean=2.0, variance=4.0, name="norm")
    assert np.ravel(KerasClassifier(_of(given)).fit(X, y).model_.get_layer("norm").mean)[0] == 2


OBJECTS = [
    ("optimizer", lambda: keras.optimizers.SGD(0.25), lambda model: float(model.optimizer.learning_rate), 0.25),
    ("loss", keras.losses.BinaryFocalCrossentropy, lambda model: type(model.loss).__name__, "BinaryFocalCrossentropy"),
    ("last__kernel_initializer", keras.initializers.HeNormal, lambda model: _kind(model, "kernel_initializer"), None),
    ("last__kernel_regularizer", keras.regularizers.L2, lambda model: _kind(model, "kernel_regularizer"), None),
    ("last__activation", lambda: lambda x: keras.ops.sigmoid(2 * x), lambda model: _kind(model, "activation"), None),
]


def _kind(model, name):
    return type(getattr(model.get_layer("last"), name)).__name__


@pytest.mark.parametrize(("name", "make", "read", "expected"), OBJECTS, ids=[one[0] for one in OBJECTS])
def test_objects_are_settings(name, make, read, expected, rows):
    """Keras's objects and functions, lambdas too, by themselves and in a grid, whose scores are those one by one."""
    value = make()
    made = KerasClassifier(_of(), **{name: value}).fit(*rows).model_
    assert read(made) == (type(value).__name__ if expected is None else expected)
    assert made.optimizer is not value
    how = {"param_grid": {name: [value]}, "cv": 2, "scoring": "neg_log_loss", "error_score": "raise", "refit": False}
    estimator = KerasClassifier(_of(), epochs=2, random_state=0)
    ours = GridSearchCV(estimator, **how).fit(*rows).cv_results_["mean_test_score"]
    theirs = model_selection.GridSearchCV(estimator, **how).fit(*rows).cv_results_["mean_test_score"]
    assert ours == pytest.approx(theirs, abs=1e-4)


class _Scale(keras.layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(shape=(), initializer=_halves)

    def call(self, inputs):
        return inputs * self.scale


def _halves(shape, dtype=None):
    return keras.ops.ones(shape, dtype) / 2


def _mean(y_true, y_pred):
    return keras.ops.mean(y_pred, axis=-1)


def test_code_of_ones_own_is_made_again_wherever_it_is(rows):
    """A metric, a layer in an inner model, its initializer, lambdas as activation and in a Lambda layer."""
    inner = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, lambda x: keras.ops.relu(2 * x)), _Scale()])
    model = _of(inner, keras.layers.Lambda(lambda x: x * 2), metrics=[_mean])
    estimator = KerasClassifier(model, random_state=0).fit(*rows)
    assert set(estimator.history_) == {"loss", "_mean"}
    made = estimator.model_.layers[0].layers[-1]
    assert type(made) is _Scale
    assert np.array_equal(model.layers[0].layers[-1].scale, 0.5)


class Closed(keras.Model):
    """Keras can't make one again from its config."""

    def __init__(self, units):
        super().__init__()
        self.last = keras.layers.Dense(units, "sigmoid")

    def call(self, inputs):
        return self.last(inputs)


class Open(Closed):
    """Keras can."""

    def __init__(self, units, **more):
        keras.Model.__init__(self, **more)
        self.last = keras.layers.Dense(units, "sigmoid")

    def get_config(self):
        return {**super().get_config(), "units": self.last.units}


def test_a_model_subclass_is_made_again_or_told_of(rows):
    """By its config, where it has one that its ``__init__`` takes; else a sentence names the remedy."""
    model = Open(1)
    model.compile("adam", "binary_crossentropy")
    assert KerasClassifier(model).fit(*rows).predict(rows[0]).shape == (120,)
    closed = Closed(1)
    closed.compile("adam", "binary_crossentropy")
    with pytest.raises(ValueError, match=r"built Closed can't be made again .*; give a function") as told:
        KerasClassifier(closed).fit(*rows)
    assert "config={" not in str(told.value)


def test_two_functions_of_one_name_are_refused(rows):
    """What Keras writes of a model could not tell them apart, and the one would be taken for the other."""

    def made(factor):
        def own(x):
            return x * factor

        return own

    model = _of(keras.layers.Dense(3, made(1)), keras.layers.Dense(3, made(2)))
    with pytest.raises(ValueError, match="two different `own`"):
        KerasClassifier(model).fit(*rows)


_OLDER = "made again with .*last__units=-3 .*Negative"
"""Older layers take any number, and fail when they are built."""
REFUSED = [
    (
        {"last__units": -3},
        rf"^last__units=-3: the Dense layer `last` does not take that \(.*positive.*-3\)\.$|{_OLDER}",
    ),
    ({"last__activation": "sigmoid", "last__units": -3}, f"^last__units=-3: the Dense|{_OLDER}"),
    ({"optimizer": "addam"}, "again with optimizer='addam' .*addam"),
    ({"optimizer__learning_rate": "fast"}, "again with optimizer__learning_rate='fast' .*learning_rate"),
    ({"loss": [object]}, "Keras can't write that|can't be made again with loss"),
]


@pytest.mark.parametrize(("given", "words"), REFUSED)
def test_a_refused_value_is_told_with_its_layer(given, words, rows):
    """The setting, the value, and in short what Keras says; never a whole config."""
    with pytest.raises(ValueError, match=words) as told:
        KerasClassifier(_of(), **given).fit(*rows)
    assert "config=" not in str(told.value)
    assert len(str(told.value)) < 500
