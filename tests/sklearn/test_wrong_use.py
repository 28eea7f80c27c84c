"""Estimators used wrongly: each mistake gets a sentence that says what to do."""

import keras
import pytest

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
