"""Built models that are compiled, trained or given weights after an estimator has looked at them."""

import keras
import numpy as np
import pytest

from job import GridSearchCV, KerasClassifier

_ANEW = "binary_focal_crossentropy", 0.25, 0.5


@pytest.fixture
def seen(compiled, rows):
    """A model that an estimator was fitted with."""
    model = compiled()
    KerasClassifier(model).fit(*rows)
    return model


def test_a_model_compiled_anew_is_made_as_it_is_now(seen, rows):
    """Its new loss and optimizer are what is told, and what is trained."""
    seen.compile(keras.optimizers.SGD(0.25, momentum=0.5), "binary_focal_crossentropy")
    estimator = KerasClassifier(seen, random_state=0)
    told = estimator.get_params()
    assert (told["loss"], told["optimizer__learning_rate"], told["optimizer__momentum"]) == _ANEW
    made = estimator.fit(*rows).model_
    assert (made.loss, made.optimizer.name) == (_ANEW[0], "sgd")


@pytest.mark.parametrize("change", ["rate", "frozen"])
def test_what_is_set_on_a_model_is_seen_at_the_next_fit(change, seen, rows):
    """Its optimizer's learning rate is that of the next fit; frozen weights are refused as at the first."""
    if change == "rate":
        seen.optimizer.learning_rate = 0.25
        made = KerasClassifier(seen).fit(*rows).model_
        assert float(made.optimizer.learning_rate) == 0.25
        return
    seen.get_layer("wide").trainable = False
    with pytest.raises(ValueError, match="frozen weights"):
        KerasClassifier(seen).fit(*rows)


def _trained(model, X, y):
    model.fit(X, y, verbose=0)


def _trained_and_compiled(model, X, y):
    _trained(model, X, y)
    model.compile("adam", "binary_crossentropy")


def _loaded(model, X, y):
    del X, y
    model.get_layer("wide").set_weights([np.full((6, 8), 0.5), np.ones(8)])


@pytest.mark.parametrize("change", [_trained, _trained_and_compiled, _loaded])
def test_weights_that_would_be_lost_later_are_refused(change, seen, rows):
    """As of a model that no estimator saw before: by a fit, and by a search."""
    change(seen, *rows)
    with pytest.raises(ValueError, match=r"was trained already|has weights of its own"):
        KerasClassifier(seen).fit(*rows)
    with pytest.raises(ValueError, match=r"was trained already|has weights of its own"):
        GridSearchCV(KerasClassifier(seen), {"batch_size": [32, 64]}, cv=2).fit(*rows)
