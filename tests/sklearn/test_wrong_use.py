"""Estimators used wrongly: each mistake gets a sentence that says what to do."""

import keras
import pytest

from job import GridSearchCV, KerasClassifier


def _compiled():
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(8, "relu", name="wide"), keras.layers.Dropout(0.5, name="dropout"),
         keras.layers.Dense(1, "sigmoid")]
    )  # fmt: skip
    model.compile("adam", "binary_crossentropy")
    return model


def _with_units(units):
    return units


def _of_keras_tuner(hp):
    return hp


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: KerasClassifier(_compiled(), hidden_units=3), "LAYER__SETTING|layers"),
        (lambda: KerasClassifier(_compiled(), units=3), "wide__units.*def build"),
        (lambda: KerasClassifier(_with_units, unit=3), "takes `units`"),
        (lambda: KerasClassifier(keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])), "model.compile"),
        (lambda: KerasClassifier(keras.Sequential), "class Sequential"),
        (lambda: KerasClassifier(_of_keras_tuner), "KerasTuner"),
        (lambda: KerasClassifier(_with_units), "needs `units`"),
        (lambda: KerasClassifier(lambda: None), "nothing"),
        (lambda: KerasClassifier(_compiled(), epochs=0), "epochs"),
        (lambda: KerasClassifier(_compiled(), early_stopping={"patience": 2}), "validation_split"),
        (lambda: KerasClassifier(3), "model is a int"),
    ],
)
def test_wrong_use_gets_a_sentence(make, words, rows):
    """What can't be fitted says what it got, and what to give."""
    with pytest.raises(ValueError, match=words):
        make().fit(*rows)


def test_what_is_no_estimator_is_told(build, rows):
    """A class in place of an object, and one of keras.wrappers whose clones would lose what fit is given."""
    from keras.wrappers import SKLearnClassifier

    lossy = SKLearnClassifier(build, fit_kwargs={"epochs": 3})
    for wrong, words in (
        (KerasClassifier, "class KerasClassifier; give an object"),
        (lossy, r"fit_kwargs=.*KerasClassifier\(build, epochs=3\)"),
    ):
        with pytest.raises(ValueError, match=words):
            GridSearchCV(wrong, {"epochs": [1]}, cv=2).fit(*rows)
