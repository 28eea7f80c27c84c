"""A number for each row reaches a loss of the user's own in the shape that it is written for, (rows,) or (rows, 1)."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from train import models, plain
from train.cases import Case

from job.train import advice, building, targets

rng = np.random.default_rng(5)
X = rng.normal(size=(90, 6)).astype("float32")
AMOUNT = X[:, 0] - 2 * X[:, 1] + 0.1 * rng.normal(size=90)
CLASS = np.digitize(X[:, 0], [-0.5, 0.5])
FREE = {"fit": {"epochs": 3, "batch_size": 16}, "scoring": {"outputs": "scores:own"}}
SCORED = {"fit": {"epochs": 3, "batch_size": 16}}


def normal_of_columns(y, p):
    """Mean and logarithm of the variance, each a column."""
    return 0.5 * tf.reduce_mean(p[:, 1:] + tf.square(tf.cast(y, tf.float32) - p[:, :1]) * tf.exp(-p[:, 1:]))


def normal_of_vectors(y, p):
    """The same of vectors, row by row."""
    return 0.5 * (p[:, 1] + ops.square(y - p[:, 0]) * ops.exp(-p[:, 1]))


def normal_of_either(y, p):
    """The same, whichever it is given."""
    return normal_of_vectors(ops.reshape(y, (-1,)), p)


def summed(y, p):
    """A sum over the batch."""
    return ops.sum(ops.square(y - p[:, :1]))


def pinball(y, p):
    """Two quantiles."""
    q, e = ops.array([0.1, 0.9]), y - p
    return ops.mean(ops.maximum(q * e, (q - 1) * e), axis=-1)


def gathered(y, p):
    """The chance of the true class, of a vector or a column."""
    return -tf.reduce_mean(tf.math.log(tf.gather(p, tf.cast(y, tf.int32), axis=1, batch_dims=1) + 1e-7))


def first_column(y, p):
    """The same, of the first column of y."""
    return -tf.reduce_mean(tf.reduce_sum(tf.one_hot(tf.cast(y[:, 0], tf.int32), 3) * tf.math.log(p + 1e-7), -1))


def of_rows(y, p):
    """Of a column for each class."""
    return -ops.mean(ops.sum(y * ops.log(p + 1e-7), axis=-1))


def all_pairs(y, p):
    """Of pairs of rows: no loss of rows at all."""
    return ops.mean(ops.square(ops.matmul(p, ops.transpose(p)) - ops.outer(y, y)))


VECTOR, COLUMN = (90,), (90, 1)
SEEN = {
    normal_of_columns: (AMOUNT, 2, COLUMN), normal_of_vectors: (AMOUNT, 2, VECTOR),
    normal_of_either: (AMOUNT, 2, VECTOR), summed: (AMOUNT, 2, COLUMN), pinball: (AMOUNT, 2, COLUMN),
    all_pairs: (AMOUNT, 2, VECTOR), gathered: (CLASS, 3, VECTOR), first_column: (CLASS, 3, COLUMN),
    of_rows: (CLASS, 3, (90, 3)),
}  # fmt: skip


def case_of(loss, y, outputs):
    """A study of a model with so many outputs."""
    activation, settings = ("softmax", SCORED) if y is CLASS else (None, FREE)
    return Case(
        functools.partial(models.dense, outputs=outputs, activation=activation, loss=loss), X, y, settings=settings
    )


@pytest.mark.parametrize("loss", SEEN, ids=lambda loss: loss.__name__)
def test_each_loss_sees_the_shape_it_is_written_for(loss):
    """As given where that works; as a column where only so rows are compared with themselves."""
    y, outputs, shape = SEEN[loss]
    case = case_of(loss, y, outputs)
    model = building.fresh(case.build, {}, 0)
    found, _ = targets.of(model, building.ready(model, case.material, case.request()), case.material)
    assert found.shape == shape
    if shape != (90, 3):
        np.testing.assert_allclose(found.ravel(), y, rtol=1e-6)


@pytest.mark.parametrize("loss", [normal_of_columns, pinball, first_column], ids=lambda loss: loss.__name__)
def test_it_trains_as_plain_keras_that_is_given_columns(loss):
    """Plain Keras is given y[:, None] by hand."""
    y, outputs, _ = SEEN[loss]
    case = case_of(loss, y, outputs)
    request = case.request()
    trained = case.train()
    assert trained.failure is None, trained.failure
    column = y[request.train, None].astype("float32" if y is AMOUNT else "int64")
    _, history = plain.fit(case.build, {}, X[request.train], column, request.seed, batch_size=16, epochs=3)
    np.testing.assert_allclose(trained.history["loss"], history["loss"], rtol=2e-5)


def test_what_was_taken_is_said_and_may_be_said_otherwise():
    """Check tells of the column, and `targets: as_given` gives y as it is."""
    case = case_of(normal_of_columns, AMOUNT, 2)
    model = building.fresh(case.build, {}, 0)
    outputs = building.ready(model, case.material, case.request())
    told = list(advice.of(model, outputs, case.material, {}))
    assert any("given y as a column, (rows, 1)" in one and "`targets: as_given`" in one for one in told), told
    exact = Case(case.build, X, AMOUNT, settings=FREE | {"targets": "as_given"})
    found, _ = targets.of(model, outputs, exact.material)
    assert found.shape == VECTOR
