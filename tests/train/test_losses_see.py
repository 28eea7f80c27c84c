"""What a loss sees of y, and how outputs are read, held against plain Keras that is given y by hand."""

import functools

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from keras import layers, ops
from sklearn import metrics
from train import models, plain
from train.cases import Case

from job.data import loading
from job.data.given import Given
from job.errors import DataError
from job.study.own_scorers import ReadsOutputs
from job.study.study import Study
from job.train import building, scoring, targets
from job.train.groups import Group
from job.train.targets import ModelMistake

rng = np.random.default_rng(7)
X = rng.normal(size=(90, 6)).astype("float32")
TWO = (X[:, 0] + 0.3 * rng.normal(size=90) > 0).astype(int)
SIGNS = 2 * TWO - 1
THREE = np.digitize(X[:, 0] + 0.5 * X[:, 1], [-0.5, 0.5])
LABELS = (X[:, :3] > 0.2).astype(int)


FIT = {"fit": {"epochs": 3, "batch_size": 16}}
TRAIN = slice(0, 60)


def gathered(y, p):
    """The log likelihood of the true class; a scalar, whatever y's shape."""
    return -tf.reduce_mean(tf.math.log(tf.gather(p, tf.cast(y, tf.int32), axis=1, batch_dims=1) + 1e-7))


def margin(y, p):
    """A margin loss for -1 and 1."""
    return ops.mean(ops.square(ops.maximum(0.0, 1.0 - y * p)), axis=-1)


def of_logits(y, p):
    """A cross entropy of logits that nobody is told of."""
    return ops.mean(ops.maximum(p, 0.0) - p * y + ops.log1p(ops.exp(-ops.abs(p))), axis=-1)


def squared(y, p):
    """Amounts."""
    return ops.mean(ops.square(y - p), axis=-1)


def focal(y, p):
    """For a column of each class."""
    return -ops.sum(y * ops.log(p + 1e-7) * (1 - p) ** 2, axis=-1)


def focal_of_chances(y, p):
    """For one probability."""
    right = y * p + (1 - y) * (1 - p)
    return ops.mean(-ops.square(1 - right) * ops.log(right + 1e-7), axis=-1)


class Margin(keras.losses.Loss):
    """The margin loss as a class."""

    def call(self, y, p):
        """As the function."""
        return margin(y, p)


def scaled(scale, y, p):
    """A loss that a partial finishes."""
    return scale * gathered(y, p)


def factory(from_logits):
    """A function that makes a loss, and says of logits what it was told."""

    def made(y, p):
        return ops.mean(keras.losses.binary_crossentropy(y, p, from_logits=from_logits))

    return made


def column(y):
    """As the single output's shape."""
    return y[:, None].astype("float32")


ABC = np.array(list("abc"))
SMOOTHED = keras.losses.BinaryCrossentropy(label_smoothing=0.2)


def signs(o):
    """Above zero or not."""
    return np.where(o[:, 0] > 0, 1, -1)


def halves(o):
    """Above one half or not."""
    return (o[:, 0] > 0.5).astype(int)


# y; loss; outputs; last activation; y by hand for plain Keras; which outputs are which label, by hand
TABLE = {
    "gather, a scalar": (THREE, gathered, 3, "softmax", THREE, lambda o: o.argmax(1)),
    "gather, y as a column": (THREE[:, None], gathered, 3, "softmax", THREE[:, None], lambda o: o.argmax(1)),
    "gather, a partial": (THREE, functools.partial(scaled, 2.0), 3, "softmax", THREE, lambda o: o.argmax(1)),
    "gather, labels 1 to 3 of four columns": (THREE + 1, gathered, 4, "softmax", THREE + 1, lambda o: o.argmax(1)),
    "gather, words": (ABC[THREE], gathered, 3, "softmax", THREE, lambda o: ABC[o.argmax(1)]),
    "one-hot rows of labels": (THREE, focal, 3, "softmax", np.eye(3, dtype="float32")[THREE], lambda o: o.argmax(1)),
    "margin, tanh": (SIGNS, margin, 1, "tanh", column(SIGNS), signs),
    "margin as a class, linear": (SIGNS, Margin(), 1, None, column(SIGNS), signs),
    "hinge of signs": (SIGNS, "hinge", 1, "tanh", column(SIGNS), signs),
    "hinge of zeros and ones": (TWO, "squared_hinge", 1, "tanh", column(TWO), lambda o: (o[:, 0] > 0).astype(int)),
    "cross entropy of signs": (SIGNS, "bce", 1, "sigmoid", column(TWO), lambda o: 2 * halves(o) - 1),
    "logits of an own loss": (TWO, of_logits, 1, None, column(TWO), lambda o: (o[:, 0] > 0).astype(int)),
    "logits, told by a closure": (TWO, factory(True), 1, None, column(TWO), lambda o: (o[:, 0] > 0).astype(int)),
    "amounts of an own loss": (TWO, squared, 1, None, column(TWO), halves),
    "amounts, labels 1 and 2": (TWO + 1, squared, 1, None, column(TWO + 1), lambda o: 1 + (o[:, 0] > 1.5)),
    "chances of an own loss": (TWO, focal_of_chances, 1, "sigmoid", column(TWO), halves),
    "booleans": (TWO.astype(bool), focal_of_chances, 1, "sigmoid", column(TWO), lambda o: o[:, 0] > 0.5),
    "smoothed labels": (TWO, SMOOTHED, 1, "sigmoid", column(TWO), halves),
    "labels that are there, logits": (LABELS, of_logits, 3, None, LABELS.astype("float32"), lambda o: 1 * (o > 0)),
}  # fmt: skip


BY_FIT = ["gather, y as a column", "margin, tanh"]


@pytest.mark.parametrize(("kind", "together"), [*((kind, True) for kind in TABLE), *((kind, False) for kind in BY_FIT)])
def test_a_loss_sees_what_plain_keras_is_given_by_hand(kind, together):
    """Losses of all epochs and the accuracy are those of Keras with the same y, whichever way a fit goes."""
    y, loss, outputs, last, by_hand, read = TABLE[kind]
    build = functools.partial(models.dense, outputs=outputs, activation=last, loss=loss, units=4)
    case = Case(build, X, y, settings=FIT)
    request = case.request()
    [trained] = case.trainer.train(Group((request,))) if together else [case.train()]
    assert trained.failure is None
    model, history = plain.fit(build, {}, X[TRAIN], by_hand[TRAIN], request.seed, batch_size=16, epochs=3)
    np.testing.assert_allclose(trained.history["loss"], history["loss"], rtol=2e-5)
    labels = read(model.predict(X[60:], verbose=0))
    expected = metrics.accuracy_score(np.squeeze(y)[60:], labels)
    assert case.score(trained, "accuracy").scores["accuracy"] == expected


def named(order=("price", "area"), shape="dict"):
    """Two outputs by name, in an order that is not the alphabet's; the area is positive."""
    inputs = keras.Input((6,))
    ends = {"price": layers.Dense(1, name="price"), "area": layers.Dense(1, activation="softplus", name="area")}
    outs = {name: ends[name](inputs) for name in order}
    nested = {"first": {"price": outs["price"]}, "area": outs["area"]}
    model = keras.Model(inputs, {"dict": outs, "list": list(outs.values()), "nested": nested}[shape])
    losses = {"price": "mse", "area": "mae"}
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss=losses if shape != "nested" else "mse")
    return model


PRICE, AREA = 3 * X[:, 0], 2 * X[:, 1] + 5
BY_NAME = {
    "a table": pd.DataFrame({"price": PRICE, "area": AREA}),
    "a table in the other order": pd.DataFrame({"area": AREA, "price": PRICE}),
    "a dict": {"area": AREA, "price": PRICE},
    "a matrix in build's order": np.column_stack([PRICE, AREA]),
}


@pytest.mark.parametrize(
    ("kind", "together", "shape"),
    [
        *((kind, True, "dict") for kind in BY_NAME),
        ("a table in the other order", False, "dict"),
        ("a table in the other order", True, "list"),
        ("a matrix in build's order", False, "list"),
        ("a dict", True, "nested"),
    ],
)
def test_outputs_are_trained_and_scored_by_name(kind, together, shape):
    """Losses and r2 are those of plain Keras with y as a structure by hand, whatever order names are in."""
    build = functools.partial(named, shape=shape)
    case = Case(build, X, BY_NAME[kind], settings=FIT)
    request = case.request()
    [trained] = case.trainer.train(Group((request,))) if together else [case.train()]
    assert trained.failure is None
    p, a = column(PRICE), column(AREA)
    by_hand = {"dict": {"price": p, "area": a}, "list": (p, a), "nested": {"first": {"price": p}, "area": a}}[shape]
    y = keras.tree.map_structure(lambda one: one[TRAIN], by_hand)
    model, history = plain.fit(build, {}, X[TRAIN], y, request.seed, batch_size=16, epochs=3)
    np.testing.assert_allclose(trained.history["loss"], history["loss"], rtol=2e-5)
    found = model.predict(X[60:], verbose=0)
    flat = {
        "dict": lambda o: (o["price"], o["area"]),
        "list": tuple,
        "nested": lambda o: (o["first"]["price"], o["area"]),
    }
    expected = metrics.r2_score(np.column_stack([PRICE, AREA])[60:], np.hstack(flat[shape](found)))
    assert case.score(trained, "r2").scores["r2"] == pytest.approx(expected, rel=1e-4)


def test_names_that_do_not_agree_are_told():
    """Half of the names right is a mistake; which is whose would be a guess."""
    case = Case(named, X, pd.DataFrame({"price": PRICE, "size": AREA}))
    with pytest.raises(ModelMistake, match=r"outputs are `price` and `area`, and y has the parts `price` and `size`"):
        building.check(case.request(), named, case.material)


def of(scorer):
    """A study's settings whose only scorer reads outputs."""
    return {**FIT, "scoring": {"outputs": f"scores:{scorer}"}}


def likelihood(y, p):
    """Of a normal distribution: mean and logarithm of the variance."""
    y = ops.reshape(y, (-1,))
    return ops.mean(p[:, 1] + ops.square(y - p[:, 0]) * ops.exp(-p[:, 1]))


def tasks():
    """A label and an amount."""
    inputs = keras.Input((6,))
    outs = {
        "kind": layers.Dense(3, activation="softmax", name="kind")(inputs),
        "cost": layers.Dense(1, name="cost")(inputs),
    }
    model = keras.Model(inputs, outs)
    model.compile(loss={"kind": "sparse_categorical_crossentropy", "cost": "mse"})
    return model


def steps():
    """A class for each of six steps."""
    inputs = keras.Input((6,))
    hidden = layers.Dense(4)(layers.Reshape((6, 1))(inputs))
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(hidden))
    model.compile(loss="sparse_categorical_crossentropy")
    return model


def first_only(y, p):
    """A loss of the first of y's columns."""
    return ops.mean(ops.square(y[:, :1] - p))


def with_hidden():
    """A class, and what it was made of, which no loss reads."""
    inputs = keras.Input((6,))
    hidden = layers.Dense(4, activation="tanh", name="hidden")(inputs)
    model = keras.Model(inputs, {"kind": layers.Dense(3, activation="softmax")(hidden), "hidden": hidden})
    model.compile("sgd", loss={"kind": "sparse_categorical_crossentropy"})
    return model


def pinball(level):
    """The loss of a quantile."""

    def loss(y, p):
        return ops.mean(ops.maximum(level * (y - p), (level - 1) * (y - p)))

    return loss


def quantiles():
    """Three outputs of one amount."""
    inputs = keras.Input((6,))
    levels = {"low": 0.1, "mid": 0.5, "high": 0.9}
    model = keras.Model(inputs, {name: layers.Dense(1, name=name)(inputs) for name in levels})
    model.compile("sgd", loss={name: pinball(level) for name, level in levels.items()})
    return model


PAIRS = np.column_stack([PRICE, TWO])
NORMAL = functools.partial(models.dense, outputs=2, activation=None, loss=likelihood)
NARROW = functools.partial(models.dense, activation=None, loss=first_only)
TASKS = {"cost": AREA, "kind": np.array(list("xyz"))[THREE]}
WIDE = {
    "mean and variance": (NORMAL, PRICE, PRICE.astype("float32"), PRICE),
    "several tasks": (tasks, TASKS, {"kind": THREE, "cost": column(AREA)}, None),
    "a class for each step": (steps, (X > 0).astype(int), (X > 0).astype(int), (X > 0).astype(int)),
    "an output without a loss": (with_hidden, THREE, {"kind": THREE}, THREE),
    "quantiles of one amount": (quantiles, PRICE, dict.fromkeys(("low", "mid", "high"), column(PRICE)), PRICE),
    "narrower than y": (NARROW, PAIRS, PAIRS.astype("float32"), PAIRS),
}


@pytest.mark.parametrize(
    ("kind", "together"), [*((kind, True) for kind in WIDE), ("several tasks", False), ("a class for each step", False)]
)
def test_any_outputs_are_trained_for_a_scorer_that_reads_them(kind, together):
    """Outputs of another width than y's, or y of several tasks: losses are plain Keras's, the scorer is given both."""
    build, y, by_hand, seen = WIDE[kind]
    case = Case(build, X, y, settings=of("own"))
    request = case.request()
    [trained] = case.trainer.train(Group((request,))) if together else [case.train()]
    assert trained.failure is None
    train = keras.tree.map_structure(lambda one: one[TRAIN], by_hand)
    model, history = plain.fit(build, {}, X[TRAIN], train, request.seed, batch_size=16, epochs=3)
    np.testing.assert_allclose(trained.history["loss"], history["loss"], rtol=2e-5)
    got = []
    scored = scoring.score(trained, case.rows, {"scores:own": ReadsOutputs(lambda y, o: got.append((y, o)) or 0.5)})
    assert scored.scores == {"scores:own": 0.5}
    expected = model.predict(X[60:], verbose=0)
    keras.tree.map_structure(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), got[0][1], expected)
    if seen is not None:
        assert np.array_equal(got[0][0], seen[60:])
    else:
        assert {name: one.tolist() for name, one in got[0][0].items()} == {
            name: one[60:].tolist() for name, one in TASKS.items()
        }


def test_an_output_without_a_loss_is_left_to_whoever_reads_it():
    """Scikit-learn's scorers read the others, as the loss does."""
    case = Case(with_hidden, X, THREE, settings=FIT)
    trained = case.train()
    expected = metrics.accuracy_score(THREE[60:], trained.test_outputs["kind"].argmax(axis=1))
    assert case.score(trained, "accuracy").scores["accuracy"] == pytest.approx(expected)


def test_a_table_that_own_scorers_read_is_a_matrix_to_a_single_output():
    """Time and event of a survival model: all columns reach the loss, as of a table given to Keras."""
    y = pd.DataFrame({"time": PRICE, "event": AREA})
    case = Case(NARROW, X, y, settings=of("own"))
    model = building.fresh(NARROW, {}, 0)
    found, _ = targets.of(model, building.ready(model, case.material, case.request()), case.material)
    assert np.array_equal(found, y.to_numpy().astype("float32"))


LINE = r"scoring: \{outputs: scores:fits\}"


def test_without_such_a_scorer_they_are_refused_with_the_line_that_names_one():
    """Before any fit, and naming what was got."""
    case = Case(functools.partial(models.dense, outputs=2, activation=None, loss=likelihood), X, PRICE)
    with pytest.raises(ModelMistake, match=rf"shape \(rows, 2\).*{LINE}"):
        building.check(case.request(), case.build, case.material)
    study = {"name": "s", "model": "m:b", "data": "d:l", "search": "grid", "space": {"x": [1]}}
    for y, told in [
        (WIDE["several tasks"][1], "'cost'] is regression .*'kind'] is multiclass"),
        (np.zeros((90, 4, 4), int), r"shape \(90, 4, 4\)"),
        (THREE[:, None] + np.arange(4), "neither one-hot nor of zeros and ones"),
    ]:
        with pytest.raises(DataError, match=rf"{told}.*{LINE}"):
            loading.rows(Given(X, y), Study.model_validate(study))


@pytest.mark.parametrize(
    ("y", "form", "loss", "expected"),
    [
        (THREE + 1, "as_given", margin, THREE + 1),
        (THREE + 1, "indices", margin, THREE),
        (THREE + 1, "one_hot", gathered, np.eye(3)[THREE]),
        (TWO, "as_given", "mse", TWO),
    ],
)
def test_the_study_says_what_a_loss_is_given(y, form, loss, expected):
    """``targets`` is obeyed, to the shape."""
    outputs = 1 if loss == "mse" else 3
    build = functools.partial(
        models.dense, outputs=outputs, activation="softmax" if outputs > 1 else "sigmoid", loss=loss
    )
    case = Case(build, X, y, settings={"targets": form})
    model = building.fresh(build, {}, 0)
    found, _ = targets.of(model, building.ready(model, case.material, case.request()), case.material)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("y", "settings", "loss", "says"),
    [
        (
            np.array(list("ab"))[TWO],
            {"targets": "as_given"},
            "binary_crossentropy",
            "targets: as_given, and y has text",
        ),
        (PRICE, {"targets": "one_hot"}, "mse", "the task is regression"),
        (TWO, {"targets": "indices"}, "categorical_crossentropy", "categorical_crossentropy takes one_hot"),
        (THREE, {"threshold": 0.2}, gathered, "threshold: is for two classes"),
    ],
)
def test_what_the_study_says_and_nothing_can_obey_is_told(y, settings, loss, says):
    """With what would do."""
    outputs = 2 if loss == "categorical_crossentropy" else 3 if loss is gathered else 1
    case = Case(functools.partial(models.dense, outputs=outputs, loss=loss, activation=None), X, y, settings=settings)
    with pytest.raises(ModelMistake, match=says):
        building.check(case.request(), case.build, case.material)


def test_the_studys_threshold_cuts_probabilities_and_others_as_they_are():
    """A probability of 0.2 is one of a sigmoid and of logits alike; a distance of 0.2 is one of tanh."""
    chances = rng.uniform(size=(30, 1)).astype("float32")
    for raw, loss, last in [
        (chances, "binary_crossentropy", "sigmoid"),
        (np.log(chances / (1 - chances)), keras.losses.BinaryCrossentropy(from_logits=True), None),
        (chances, margin, "tanh"),
        (np.hstack([1 - chances, chances]), "sparse_categorical_crossentropy", "softmax"),
    ]:
        build = functools.partial(models.dense, loss=loss, activation=last, outputs=raw.shape[1])
        case = Case(build, X, TWO, settings={**FIT, "threshold": 0.2})
        trained = case.train()
        replaced = type(trained)(**{**vars(trained), "test_outputs": raw})
        expected = metrics.accuracy_score(TWO[60:], chances[:, 0] > 0.2)
        assert case.score(replaced, "accuracy").scores["accuracy"] == pytest.approx(expected)
