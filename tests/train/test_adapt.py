"""Preprocessing layers learn from a fit's training rows alone, as a user would adapt them by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from train.cases import Case

from job.train import adapt, building, order
from job.train.targets import ModelMistake

rng = np.random.default_rng(11)
N = 90
AGE = rng.normal(40, 12, N).astype("float32")
CITY = rng.choice(["ulm", "bonn", "kiel", "rare"], N, p=[0.5, 0.3, 0.15, 0.05]).astype(object)
TEXT = np.array([f"{a} {b}" for a, b in zip(CITY, CITY[::-1], strict=True)], dtype=object)
X = {"age": AGE, "city": CITY, "text": TEXT}
Y = (AGE > 40).astype(int)
FIT = {"epochs": 1, "validation_split": 0.2}
TRAIN = np.arange(48)  # of 60 rows of the fold, without a fifth held out


def columns():
    """Every preprocessing layer of Keras that learns, in a functional model of three columns."""
    age, city = keras.Input((1,), name="age"), keras.Input((1,), name="city", dtype="string")
    text = keras.Input((), name="text", dtype="string")
    known = layers.StringLookup(max_tokens=6, output_mode="multi_hot", pad_to_max_tokens=True, name="lookup")(city)
    words = layers.TextVectorization(max_tokens=8, output_mode="count", pad_to_max_tokens=True, name="words")(text)
    bins = layers.Discretization(num_bins=4, output_mode="int", name="bins")(age)
    scaled = layers.Normalization(name="scaled")(age)
    twice = layers.Normalization(name="after")(layers.Dense(2, name="thick")(scaled))
    parts = [known, words, layers.Embedding(4, 2)(bins)[:, 0, :], twice]
    return compiled(keras.Model({"age": age, "city": city, "text": text}, head(layers.Concatenate()(parts))))


def head(x):
    """One sigmoid output."""
    return layers.Dense(1, activation="sigmoid")(x)


def compiled(model):
    """A model compiled for two classes."""
    model.compile(loss="binary_crossentropy")
    return model


def learned(model):
    """What the layers by name have learned."""

    def get(layer):
        if isinstance(layer, layers.Normalization):
            return np.array([layer.adapt_mean, layer.adapt_variance])
        return (
            layer.bin_boundaries
            if isinstance(layer, layers.Discretization)
            else layer.get_vocabulary(include_special_tokens=False)
        )

    return {layer.name: get(layer) for layer in model.layers if hasattr(layer, "adapt")}


def test_layers_learn_what_a_user_would_have_adapted():
    """Each is adapted on the rows the fit trains on: validation and test rows are neither seen nor counted."""
    case = Case(columns, X, Y, settings={"fit": FIT})
    found = learned(building.check(case.request(), columns, case.material))
    lookup, words = layers.StringLookup(max_tokens=6), layers.TextVectorization(max_tokens=8)
    bins, scaled = layers.Discretization(num_bins=4), layers.Normalization()
    lookup.adapt(CITY[TRAIN].astype(str))
    words.adapt(TEXT[TRAIN].astype(str))
    bins.adapt(AGE[TRAIN])
    scaled.adapt(AGE[TRAIN][:, None])
    assert found["lookup"] == lookup.get_vocabulary(include_special_tokens=False)
    assert found["words"] == words.get_vocabulary(include_special_tokens=False)
    np.testing.assert_allclose(found["bins"], bins.bin_boundaries)
    np.testing.assert_array_equal(found["scaled"], np.array([scaled.adapt_mean, scaled.adapt_variance]))


def test_a_layer_behind_others_learns_from_their_outputs():
    """Normalization after a Dense layer gets what that layer makes of the training rows."""
    case = Case(columns, X, Y, settings={"fit": FIT})
    model = building.check(case.request(), columns, case.material)
    values = keras.Model(model.input["age"], model.get_layer("thick").output).predict(AGE[TRAIN][:, None], verbose=0)
    np.testing.assert_allclose(learned(model)["after"], [values.mean(0), values.var(0)], rtol=1e-4, atol=1e-6)


def test_changing_test_rows_changes_no_weight():
    """Preprocessing does not leak: with other test and validation rows, every weight and vocabulary is the same."""
    other = {name: array.copy() for name, array in X.items()}
    other["age"][48:] *= 100
    other["city"][48:] = "elsewhere"
    other["text"][48:] = "entirely other words"
    settings = {"fit": FIT | {"epochs": 2}}
    fits = [Case(columns, inputs, Y, settings=settings) for inputs in (X, other)]
    trained = [case.train(keep=True) for case in fits]
    vocabularies = [learned(building.check(case.request(), columns, case.material)) for case in fits]
    assert trained[0].failure is None
    for one, two in zip(*(fit.weights for fit in trained), strict=True):
        assert np.array_equal(one, two)
    assert vocabularies[0]["lookup"] == vocabularies[1]["lookup"]
    assert vocabularies[0]["words"] == vocabularies[1]["words"]
    assert not np.array_equal(trained[0].test_outputs, trained[1].test_outputs)


def test_each_fold_learns_anew_and_kept_models_do_not_mix_them():
    """Fits on other folds, taking turns, give what each gives alone."""
    case = Case(columns, X, Y, settings={"fit": FIT})
    one, two = case.fold, type(case.fold)(train=np.arange(30, 90), test=np.arange(30))
    first = [case.train(fold=fold).test_outputs for fold in (one, two)]
    again = [case.train(fold=fold).test_outputs for fold in (one, two)]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_what_is_too_much_at_once_is_learned_batch_by_batch(monkeypatch):
    """Rows larger than memory are adapted on as a dataset: the same vocabulary, the same mean to rounding."""
    case = Case(columns, X, Y, settings={"fit": FIT})
    whole = learned(building.check(case.request(), columns, case.material))
    monkeypatch.setattr(adapt, "_WHOLE", 1)
    monkeypatch.setattr(adapt, "_ROWS", 7)
    parts = learned(building.check(case.request(), columns, case.material))
    assert (parts["lookup"], parts["words"]) == (whole["lookup"], whole["words"])
    np.testing.assert_allclose(parts["scaled"], whole["scaled"], rtol=1e-4)


def counted(mode):
    """Texts, one in each row, as counts of words: Keras says (rows, 1, words) of what is (rows, words)."""
    x = keras.Input((1,), dtype="string")
    words = layers.TextVectorization(max_tokens=5, output_mode=mode, pad_to_max_tokens=True)
    return compiled(keras.Sequential([x, words, layers.Dense(1, activation="sigmoid")]))


@pytest.mark.parametrize("mode", ["multi_hot", "count", "tf_idf"])
def test_texts_that_are_counted_train_as_plain_keras_trains_them(mode):
    """The outputs have one column, whatever Keras says of their shape: the same loss and outputs as adapted by hand."""
    text = TEXT[:, None].astype(str)
    settings = {"fit": {"epochs": 2, "batch_size": N, "shuffle": False}, "space": {"mode": [mode]}}
    case = Case(counted, TEXT[:, None], Y, settings=settings)
    request = case.request({"mode": mode})
    found = case.train({"mode": mode})
    assert found.failure is None, found.failure
    keras.utils.set_random_seed(order.keras_seed(request.seed))
    model = counted(mode)
    model.layers[0].adapt(text[request.train])
    x, y = tf.constant(text[request.train]), Y[request.train, None].astype("float32")
    history = model.fit(x, y, epochs=2, batch_size=N, shuffle=False, verbose=0).history
    np.testing.assert_allclose(found.history["loss"], history["loss"], rtol=1e-5)
    np.testing.assert_allclose(found.test_outputs, model(tf.constant(text[request.test])), rtol=1e-5)


def hashed(bins):
    """Two numbers of each row, each in a bin of its own: Keras says (rows, bins) of what is (rows, 2, bins)."""
    x = keras.Input((2,), dtype="int32")
    bins = layers.Hashing(bins, output_mode="one_hot")(x)
    return compiled(keras.Model(x, layers.Dense(1, activation="sigmoid")(bins)))


def test_outputs_whose_shape_keras_tells_wrongly_are_refused_by_the_true_one():
    """An output for each of two numbers is two for each row."""
    case = Case(hashed, np.arange(2 * N, dtype="int32").reshape(N, 2), Y)
    with pytest.raises(ModelMistake, match=r"outputs have shape \(rows, 2, 1\)"):
        building.check(case.request({"bins": 4}), hashed, case.material)


class Own(layers.Layer):
    """A user's own layer that learns: it subtracts the smallest value."""

    def __init__(self):
        super().__init__()
        self.least, self.is_adapted = self.add_weight(shape=(), trainable=False), False

    def adapt(self, data):
        """Learns."""
        self.least.assign(np.min(data))
        self.is_adapted = True

    def call(self, x):
        """Subtracts."""
        return x - self.least


class Within(keras.Model):
    """A subclassed model whose layers' inputs only running it can tell."""

    def __init__(self):
        super().__init__()
        self.scaled, self.own, self.out = layers.Normalization(), Own(), layers.Dense(1, activation="sigmoid")

    def call(self, x):
        """Scales after doubling."""
        return self.out(self.own(self.scaled(x * 2.0)))


def nested():
    """A model within a model."""
    inner = keras.Sequential([keras.Input((1,)), layers.Normalization(), layers.Dense(2)])
    inputs = keras.Input((1,))
    return compiled(keras.Model(inputs, head(inner(layers.Rescaling(2.0)(inputs)))))


def unbuilt():
    """A Sequential without shapes."""
    return compiled(
        keras.Sequential([layers.Rescaling(2.0), layers.Normalization(), Own(), layers.Dense(1, activation="sigmoid")])
    )


@pytest.mark.parametrize(
    "build", [nested, unbuilt, lambda: compiled(Within())], ids=["nested", "unbuilt", "subclassed"]
)
def test_layers_are_found_in_every_kind_of_model(build):
    """Layers within models and before any shape is known are adapted on what reaches them, and the fit trains."""
    case = Case(build, AGE[:, None], Y, settings={"fit": {"epochs": 1}})
    model = building.check(case.request(), build, case.material)
    assert adapt.waiting(model) == []
    scaled = next(layer for layer in model._flatten_layers() if isinstance(layer, layers.Normalization))
    np.testing.assert_allclose(scaled.adapt_mean, [2 * AGE[:60].mean()], rtol=1e-5)
    for own in (layer for layer in model._flatten_layers() if isinstance(layer, Own)):
        z = (AGE[:60] - AGE[:60].mean()) / AGE[:60].std()
        np.testing.assert_allclose(own.least, z.min(), rtol=1e-4)
    trained = case.train()
    assert trained.failure is None
    assert np.array_equal(trained.test_outputs, case.train().test_outputs)


def test_what_build_has_adapted_is_left_alone():
    """A vocabulary or mean given in build stays."""

    def build():
        inputs = keras.Input((1,))
        scaled = layers.Normalization(mean=1.0, variance=4.0)
        by_hand = layers.Normalization()
        by_hand.adapt(np.array([[1.0], [3.0]]))
        return compiled(keras.Model(inputs, head(by_hand(scaled(inputs)))))

    case = Case(build, AGE[:, None], Y)
    model = building.check(case.request(), build, case.material)
    np.testing.assert_allclose(model.layers[2].adapt_mean, [2.0])


@pytest.mark.filterwarnings("ignore:`build..` was called on layer 'unused'")
def test_a_layer_that_is_never_reached_is_told():
    """A waiting layer that the model does not use has nothing to learn from."""

    class Unused(keras.Model):
        def __init__(self):
            super().__init__()
            self.scaled, self.out = layers.Normalization(name="forgotten"), layers.Dense(1)

        def call(self, x):
            return self.out(x)

    case = Case(lambda: compiled(Unused()), AGE[:, None], Y)
    with pytest.raises(ModelMistake, match="Normalization `forgotten`: unadapted, and not reached"):
        building.check(case.request(), case.build, case.material)
