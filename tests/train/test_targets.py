"""Targets by losses: each kind trains as plain Keras does on targets in the form it wants, or the study is told."""

import functools

import keras
import numpy as np
import pytest
from train import models, plain
from train.cases import Case

from job.train import building, targets
from job.train.targets import ModelMistake

rng = np.random.default_rng(5)
X = rng.normal(size=(60, 6)).astype("float32")
TWO = (X[:, 0] > 0).astype(int)
THREE = np.digitize(X[:, 0], [-0.5, 0.5])
LABELS = (X[:, :3] > 0).astype(int)
AMOUNTS = X @ rng.normal(size=(6, 2)).astype("float32")
HOT2, HOT3 = np.eye(2, dtype="float32")[TWO], np.eye(3, dtype="float32")[THREE]
LOSSES = keras.losses


def focal_on_one_hot(y, p):
    """A user's own loss, for a column of each class."""
    return -keras.ops.sum(y * keras.ops.log(p + 1e-7) * (1 - p) ** 2, axis=-1)


def own_on_indices(y, p):
    """A user's own loss, for class indices."""
    return keras.losses.sparse_categorical_crossentropy(y, p)


TABLE = {
    "binary, one output": (TWO, "binary_crossentropy", 1, "sigmoid", TWO[:, None].astype("float32"), None),
    "binary, logits": (TWO, LOSSES.BinaryCrossentropy(from_logits=True), 1, None, TWO[:, None], "sigmoid"),
    "binary, two outputs": (TWO, "sparse_categorical_crossentropy", 2, "softmax", TWO, None),
    "binary, one-hot y": (HOT2, "categorical_crossentropy", 2, "softmax", HOT2, None),
    "binary, hinge": (TWO, "hinge", 1, "tanh", TWO[:, None] * 2 - 1, "margin"),
    "binary, strings": (np.where(TWO, "p", "n"), "binary_focal_crossentropy", 1, "sigmoid", 1 - TWO[:, None] + 0, None),
    "binary, booleans": (TWO.astype(bool), "bce", 1, "sigmoid", TWO[:, None], None),
    "three, indices": (THREE, "sparse_categorical_crossentropy", 3, "softmax", THREE, None),
    "three, strings": (np.array(["a", "b", "c"])[THREE], "crossentropy", 3, "softmax", THREE, None),
    "three, one-hot y": (HOT3, LOSSES.CategoricalCrossentropy(from_logits=True), 3, None, HOT3, "softmax"),
    "three, sparse logits": (
        THREE,
        functools.partial(LOSSES.sparse_categorical_crossentropy, from_logits=True),
        3,
        None,
        THREE,
        "softmax",
    ),
    "three, divergence": (THREE, "kl_divergence", 3, "softmax", HOT3, None),
    "three, categorical hinge": (THREE, LOSSES.CategoricalHinge(), 3, None, HOT3, "margin"),
    "three, own loss on one-hot": (THREE, focal_on_one_hot, 3, "softmax", HOT3, None),
    "three, own loss on indices": (THREE, own_on_indices, 3, "softmax", THREE, None),
    "labels": (LABELS, "binary_crossentropy", 3, "sigmoid", LABELS.astype("float32"), None),
    "amounts": (AMOUNTS[:, 0], "mse", 1, None, AMOUNTS[:, :1], None),
    "amounts, two": (AMOUNTS, LOSSES.Huber(), 2, None, AMOUNTS, None),
    "amounts, own loss": (
        AMOUNTS[:, 0],
        lambda y, p: keras.ops.mean(abs(y - p), axis=-1),
        1,
        None,
        AMOUNTS[:, :1],
        None,
    ),
}
TABLE["binary, strings"] = (*TABLE["binary, strings"][:4], TWO[:, None], None)  # n < p


@pytest.mark.parametrize("kind", TABLE)
def test_targets_have_the_form_the_loss_wants(kind):
    """The first loss equals that of plain Keras given targets in the right form by hand; outputs are read rightly."""
    y, loss, outputs, last, by_hand, activation = TABLE[kind]
    case = Case(models.dense, X, y, settings={"fit": {"epochs": 1, "batch_size": 20}})
    params = {"outputs": outputs, "activation": last, "loss": loss}
    request = case.request({"units": 4})
    model = building.fresh(models.dense, params, request.seed)
    shaped, found = targets.of(model, building.ready(model, case.material, request), case.material)
    assert [one.activation for one in found.heads] == [activation]
    reference, history = plain.fit(models.dense, params, X[:40], by_hand[:40], request.seed, batch_size=20, epochs=1)
    ours = model.evaluate(X[:40], shaped[:40], verbose=0, batch_size=40)
    reference.set_weights(model.get_weights())
    assert np.isfinite(history["loss"][0])
    assert ours == pytest.approx(reference.evaluate(X[:40], by_hand[:40], verbose=0, batch_size=40), rel=1e-5)


@pytest.mark.parametrize(
    ("y", "loss", "outputs", "says"),
    [
        (
            THREE,
            "binary_crossentropy",
            3,
            ["loss binary_crossentropy", "multiclass, of 3 classes", "sparse_categorical"],
        ),
        (np.array(["a", "b", "c"])[THREE], "mse", 1, ["for regression", "multiclass", "write `task: regression`"]),
        (TWO, "mse", 1, ["mean_squared_error", "task is binary", "binary_crossentropy"]),
        (AMOUNTS[:, 0], "binary_crossentropy", 1, ["task is regression", "mean_squared_error", "write `task: binary`"]),
        (LABELS, "categorical_crossentropy", 3, ["task is multilabel", "binary_crossentropy"]),
        (THREE, "sparse_categorical_crossentropy", 4, ["shape (rows, 4)", "(rows, 3) are allowed"]),
        (TWO, "sparse_categorical_crossentropy", 1, ["shape (rows, 1)", "(rows, 2) are allowed"]),
        (AMOUNTS, "mse", 1, ["shape (rows, 1)", "regression, of 2 columns", "(rows, 2) are allowed"]),
    ],
)
def test_contradictions_of_loss_and_task_are_told(y, loss, outputs, says):
    """A built model whose loss contradicts the task is a mistake of the study that says what was got and what to do."""
    build = functools.partial(models.dense, outputs=outputs, loss=loss)
    case = Case(build, X, y)
    with pytest.raises(ModelMistake) as caught:
        building.check(case.request(), build, case.material)
    assert caught.value.exit_code == 64
    for one in says:
        assert one in str(caught.value)


def test_data_that_the_model_does_not_take_is_told():
    """Inputs of another width than the model's are a mistake found before any fit."""
    build = functools.partial(models.dense, inputs=9)
    case = Case(build, X, TWO)
    with pytest.raises(ModelMistake, match=r"X has shape \(rows, 6\)"):
        building.check(case.request(), build, case.material)


def heads(shape="dict"):
    """A model of two outputs."""
    inputs = keras.Input((6,))
    outs = [keras.layers.Dense(1, name=f"h{i}")(inputs) for i in range(2)]
    model = keras.Model(inputs, {"h0": outs[0], "h1": outs[1]} if shape == "dict" else outs)
    model.compile(loss={"h0": "mse", "h1": "mae"} if shape == "dict" else ["mse", "mae"])
    return model


@pytest.mark.parametrize("shape", ["dict", "list"])
def test_an_output_for_each_column_of_y(shape):
    """A model of several outputs is given a column of y for each, and scored on all."""
    case = Case(heads, X, AMOUNTS, settings={"fit": {"epochs": 1}})
    trained = case.train({"shape": shape})
    assert trained.failure is None
    scored = case.score(trained, "r2")
    assert scored.failure is None
    wrong = Case(heads, X, AMOUNTS[:, 0]).train({"shape": shape})
    assert "2 outputs" in wrong.failure.message
