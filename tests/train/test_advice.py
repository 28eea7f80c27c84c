"""What is told of a built model before it is trained."""

import functools

import keras
import numpy as np
import pandas as pd
import pytest
from keras import ops
from train import models
from train.cases import Case

from job.study import scoring
from job.train import advice, building

rng = np.random.default_rng(4)
X = rng.normal(size=(60, 6)).astype("float32")
TWO = (X[:, 0] > 0).astype(int)
THREE = np.digitize(X[:, 0], [-0.5, 0.5])
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def distances(y, p):
    """Logits of the user's own."""
    return ops.mean(ops.softplus(p) - p * y, axis=-1)


def told(y, *scorers, **model):
    """All sentences about one model."""
    build = functools.partial(models.dense, **model)
    case = Case(build, X, y)
    request = case.request()
    built = building.check(request, build, case.material)
    named = scoring.scorers(scorers, case.rows.task, case.rows.classes)
    return list(advice.of(built, building.ready(built, case.material, request), case.material, named))


@pytest.mark.parametrize(
    ("y", "scorers", "model", "says"),
    [
        (
            THREE,
            ["accuracy"],
            {"outputs": 3, "activation": None, "loss": "sparse_categorical_crossentropy"},
            ["ends without an activation, and its loss sparse_categorical_crossentropy takes probabilities"],
        ),
        (TWO, ["accuracy"], {"activation": "tanh"}, ["ends in tanh, and its loss binary_crossentropy"]),
        (THREE, ["accuracy"], {"outputs": 3, "activation": "softmax", "loss": LOGITS}, ["is told `from_logits=True`"]),
        (TWO, ["neg_log_loss"], {"activation": "tanh", "loss": "hinge"}, ["neg_log_loss scores probabilities, and"]),
        (
            2 * TWO - 1,
            ["accuracy", "roc_auc"],
            {"activation": None, "loss": distances},
            ["given y as the data has it: `targets:` `indices` or `one_hot`", "above 0 are taken for class 1"],
        ),
        (TWO, ["neg_log_loss", "roc_auc"], {}, []),
        (THREE, ["neg_log_loss"], {"outputs": 3, "activation": None, "loss": LOGITS}, []),
        (X[:, 0], ["r2"], {"activation": None, "loss": "mse"}, []),
        pytest.param(
            TWO,
            ["accuracy"],
            {"activation": "softmax"},
            ["a softmax of one unit, which is 1 whatever the weights are"],
            marks=pytest.mark.filterwarnings("ignore:You are using a softmax"),  # in the log, which nobody reads
        ),
        (
            X[:, 0],
            ["r2"],
            {"activation": "tanh", "loss": "mse"},
            ["ends in a tanh, which gives -1 to 1, and y goes from"],
        ),
        (
            X[:, 0],
            ["r2"],
            {"activation": "relu", "loss": "mae"},
            ["ends in a relu, which gives nothing below 0, and y"],
        ),
        (np.abs(X[:, 0]), ["r2"], {"activation": "softplus", "loss": "poisson"}, []),
    ],
)
def test_what_was_guessed_and_what_contradicts_itself_is_told(y, scorers, model, says):
    """A sentence for each, and none about models that are as they should be."""
    found = told(y, *scorers, **model)
    assert len(found) == len(says)
    for sentence, said in zip(found, says, strict=True):
        assert said in sentence


def test_outputs_that_are_matched_by_place_are_told():
    """A list of outputs whose names y does not know is given y's columns in build's order."""
    inputs = keras.Input((6,))
    model = keras.Model(inputs, [keras.layers.Dense(1, name=name)(inputs) for name in ("b", "a")])
    model.compile(loss="mse")
    case = Case(lambda: model, X, pd.DataFrame({"one": X[:, 0], "two": X[:, 1]}))
    [sentence] = advice.of(model, model.output, case.material, {})
    assert "output b one, output a two" in sentence
