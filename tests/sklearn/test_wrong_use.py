"""Estimators used wrongly: each mistake gets a sentence that says what to do."""

import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest
from keras.wrappers import SKLearnClassifier
from scikeras import wrappers
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from job import GridSearchCV, KerasClassifier


def _with_units(units):
    return units


def _of_keras_tuner(hp):
    return hp


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda compiled: KerasClassifier(compiled(), hidden_units=3), "LAYER__SETTING|layers"),
        (lambda compiled: KerasClassifier(compiled(), units=3), "wide__units.*def build"),
        (lambda _: KerasClassifier(_with_units, unit=3), "takes `units`"),
        (lambda _: KerasClassifier(keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])), "model.compile"),
        (lambda _: KerasClassifier(keras.Sequential), "class Sequential"),
        (lambda _: KerasClassifier(_of_keras_tuner), "KerasTuner"),
        (lambda _: KerasClassifier(_with_units), "needs `units`"),
        (lambda _: KerasClassifier(lambda: None), "nothing"),
        (lambda compiled: KerasClassifier(compiled(), epochs=0), "epochs"),
        (lambda compiled: KerasClassifier(compiled(), early_stopping={"patience": 2}), "validation_split"),
        (lambda _: KerasClassifier(3), "model is a int"),
    ],
)
def test_wrong_use_gets_a_sentence(make, words, compiled, rows):
    """What can't be fitted says what it got, and what to give."""
    with pytest.raises(ValueError, match=words):
        make(compiled).fit(*rows)


@pytest.mark.parametrize("name", ["X", "y", "sample_weight"])
def test_masked_arrays_are_refused(name, build, rows):
    """scikit-learn would train on what lies under the mask."""
    given = {"X": rows[0], "y": rows[1], "sample_weight": np.ones(len(rows[1]))}
    given[name] = np.ma.masked_less(given[name], 0.5)
    with pytest.raises(ValueError, match=rf"{name} is a masked array; .*{name}.filled\(value\)"):
        KerasClassifier(build).fit(**given)


def test_rows_of_several_lengths_get_the_line_that_pads_them(build):
    """Not NumPy's words on an inhomogeneous shape."""
    with pytest.raises(ValueError, match=r"several lengths; .*keras.utils.pad_sequences\(X\)"):
        KerasClassifier(build).fit([[1, 2], [3], [4, 5]], [0, 1, 0])


def _two_outputs(units=2):
    inputs = keras.Input((6,))
    heads = [keras.layers.Dense(1, "sigmoid", name=name)(keras.layers.Dense(units)(inputs)) for name in "ab"]
    model = keras.Model(inputs, heads)
    model.compile("adam", ["binary_crossentropy"] * 2)
    return model


def _linear(units=2):
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("adam", "hinge")
    return model


def _of_amounts(units=2):
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def _of_rows(X, y):
    return X, y


def _in_pipeline(estimator):
    return make_pipeline(StandardScaler(), estimator)


SEARCHED = [
    (lambda _: KerasClassifier, {}, "class KerasClassifier; give an object"),
    (lambda _: keras.Sequential, {}, r"class Sequential, .*`Sequential\(…\)`, compiled"),
    (lambda _: _of_keras_tuner, {}, "KerasTuner, which hands it `hp`"),
    (lambda build: build, {"width": [2]}, "'width'.*takes `hidden_units` and `learning_rate`"),
    (lambda build: _in_pipeline(KerasClassifier(build)), {"kerasclassifier__unit": [2]}, "'unit'.*takes"),
    (lambda _: _two_outputs, {}, "2 outputs.*a study, .*an estimator of scikit-learn predicts one y"),
    (lambda _: _of_amounts, {}, "mean_squared_error.*the estimator to KerasRegressor; targets='as_given'"),
    (lambda _: keras.layers.Dense(1), {}, "model is a Dense; allowed are a function"),
    (lambda build: SKLearnClassifier(build, fit_kwargs={"epochs": 3}), {}, r"fit_kwargs=.*\(build, epochs=3\)"),
    (lambda build: _in_pipeline(SKLearnClassifier(build, fit_kwargs={"epochs": 3})), {}, r"\(build, epochs=3\)"),
    (lambda _: SKLearnClassifier(_of_rows), {}, r"def _of_rows\(meta, …\)"),
]


@pytest.mark.parametrize(("make", "grid", "words"), SEARCHED)
def test_what_no_search_can_take_gets_a_sentence(make, grid, words, build, rows):
    """Classes, several outputs, names that nothing takes, and objects of others that would lose something."""
    with pytest.raises(ValueError, match=words):
        GridSearchCV(make(build), grid or {"epochs": [1]}, cv=2, error_score="raise").fit(*rows)


@pytest.mark.parametrize("form", [np.array, pd.DataFrame])
def test_words_into_numbers_get_a_sentence(form, build, rows):
    """A Dense is given text: which text, and what comes before it."""
    X = rows[0].astype(str).astype(object)
    with pytest.raises(ValueError, match=r"X holds text, such as .*OneHotEncoder"):
        GridSearchCV(build, {"hidden_units": [2]}, cv=2, error_score="raise").fit(form(X), rows[1])


def test_a_scorer_of_probabilities_says_which_activation(rows):
    """A linear output has none; scorers that read distances take it."""
    how = {"param_grid": {"units": [2]}, "cv": 2, "error_score": "raise"}
    with pytest.raises(ValueError, match=r"no predict_proba: end it in Dense.*sigmoid"):
        GridSearchCV(_linear, scoring="neg_log_loss", **how).fit(*rows)
    assert 0 <= GridSearchCV(_linear, scoring="roc_auc", **how).fit(*rows).best_score_ <= 1


def test_a_search_without_y_or_estimator_says_what_to_give(build, rows):
    """A function's kind of estimator is known by y; what is no estimator, function or model is named."""
    with pytest.raises(ValueError, match=r"fit was given no y; .*fit\(X, y\).*KerasClassifier or as a KerasRegressor"):
        GridSearchCV(build, {"hidden_units": [2]}).fit(rows[0])
    for given, word in (("build", "'build'"), (None, "nothing")):
        with pytest.raises(ValueError, match=f"estimator: got {word}; give a function that returns a compiled Keras"):
            GridSearchCV(given, {"hidden_units": [2]}).fit(*rows)


def test_n_jobs_is_said_to_be_ignored(build, rows):
    """In one word why."""
    with pytest.warns(UserWarning, match="n_jobs=2 is ignored: the fits of Keras models train together"):
        GridSearchCV(build, {"hidden_units": [2]}, cv=2, n_jobs=2, refit=False).fit(*rows)


def test_what_loses_nothing_is_taken(build, rows):
    """An object of keras.wrappers, alone or in a Pipeline, is trained as one of ours with the same arguments."""
    given = SKLearnClassifier(build, model_kwargs={"hidden_units": 3})
    alone = GridSearchCV(given, {"epochs": [2]}, cv=2).fit(*rows)
    assert isinstance(alone.best_estimator_, KerasClassifier)
    assert alone.best_estimator_.model_.layers[0].units == 3
    pipeline = _in_pipeline(given)
    search = GridSearchCV(pipeline, {"sklearnclassifier__epochs": [2]}, cv=2).fit(*rows)
    assert search.best_estimator_[-1].trained_by_
    assert search.best_estimator_[-1].model_.layers[0].units == 3
    assert pipeline[-1] is given


def test_scikeras_is_taken_or_told_what_is_lost(build, rows):
    """Its own parameters become ours; what a model's compile is told has no place in one whose function compiles."""
    given = wrappers.KerasClassifier(build, epochs=2, model__hidden_units=3, fit__batch_size=16)
    found = GridSearchCV(given, {"model__learning_rate": [1e-2]}, cv=2).fit(*rows).best_estimator_
    assert (found.epochs, found.batch_size, found.model_.layers[0].units) == (2, 16, 3)
    for lost, words in (
        ({"optimizer__learning_rate": 0.1}, r"KerasClassifier\(build, epochs=2\)\..*goes into its model\.compile"),
        ({"warm_start": True}, r"warm_start=True, which would be lost.*model_\.fit"),
        ({"predict__batch_size": 3}, "predict__batch_size=3, which would be lost"),
    ):
        lossy = wrappers.KerasClassifier(build, epochs=2, **lost)
        with pytest.raises(ValueError, match=words):
            GridSearchCV(lossy, {"epochs": [1]}, cv=2).fit(*rows)


def test_a_hypermodel_is_told_as_its_function_is(rows):
    """KerasTuner's objects too."""

    class Mine(keras_tuner.HyperModel):
        def build(self, hp):
            return hp

    with pytest.raises(ValueError, match="written for KerasTuner"):
        GridSearchCV(Mine(), {"units": [2]}, cv=2).fit(*rows)
