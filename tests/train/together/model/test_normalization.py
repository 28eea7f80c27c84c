"""Normalization learns from each fit's training rows, and such fits go together all the same."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import layers as L  # noqa: N812  # as short as Keras's own examples have it
from train.together import against

from job.train.together.program.xla import Policy

PARAMS = [{"n": 4}, {"n": 7}, {"n": 5}]
TWO = {"a": against.X[:, :5], "b": 3 + 2 * against.X[:, 5:]}


def compiled(model):
    """The usual way."""
    model.compile(keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
    return model


def normalized(n, learn_from=None):
    """A Normalization before all else, in a row; adapted as a user would where rows to learn from are given."""
    norm = L.Normalization()
    if learn_from is not None:
        norm.adapt(learn_from)
    return compiled(keras.Sequential([keras.Input((12,)), norm, L.Dense(n, "relu"), L.Dense(1, "sigmoid")]))


def twice(n, learn_from=None):
    """One for each of two inputs, the second of them over all its columns alike."""
    inputs = {"b": keras.Input((7,), name="b"), "a": keras.Input((5,), name="a")}
    norms = {"a": L.Normalization(), "b": L.Normalization(axis=None)}
    if learn_from is not None:
        for name, norm in norms.items():
            norm.adapt(learn_from[name])
    x = L.Concatenate()([norm(inputs[name]) for name, norm in norms.items()])
    return compiled(keras.Model(inputs, L.Dense(1, "sigmoid")(L.Dense(n, "relu")(x))))


def late(n):
    """One that learns from what another layer makes."""
    return compiled(keras.Sequential([keras.Input((12,)), L.Dense(n), L.Normalization(), L.Dense(1, "sigmoid")]))


def words(n):
    """A vocabulary, which is no number."""
    inputs = keras.Input((1,), dtype="string")
    x = L.StringLookup(max_tokens=5, output_mode="multi_hot", pad_to_max_tokens=True)(inputs)
    return compiled(keras.Model(inputs, L.Dense(1, "sigmoid")(L.Dense(n, "relu")(x))))


def assert_learnt(build, x, found):
    """Each fit is the one of plain Keras, adapted by hand on the fold's training rows."""
    for one in found:
        assert one.way != "fit", one.why
        rows = one.request.train
        learn_from = keras.tree.map_structure(lambda array, rows=rows: array[rows], x)
        by_hand = against.case(partial(build, learn_from=learn_from), X=x)
        against.assert_equal(one, *against.reference(by_hand, one.request))


def test_each_fold_learns_its_own_mean():
    """Trials of several widths on two folds, in one trace for all shapes."""
    of = against.case(normalized)
    found = against.trained(of, against.requests(of, PARAMS))
    assert {one.way for one in found} == {"any-shape graph"}
    assert_learnt(normalized, against.X, found)


def test_validation_rows_are_not_learnt_from():
    """What is held out for validation is no training row."""
    of = against.case(normalized, validation_split=0.25)
    found = against.trained(of, against.requests(of, PARAMS[:1]))
    assert all(len(one.request.train) < 33 for one in found)
    assert_learnt(normalized, against.X, found)


def test_layers_learn_from_the_input_they_are_given():
    """Two inputs by name, in another order than the model's."""
    of = against.case(twice, X=TWO)
    found = against.trained(of, against.requests(of, PARAMS))
    assert_learnt(twice, TWO, found)


def test_xla_takes_what_was_learnt_as_well():
    """Compiled, the same fit."""
    of = against.case(normalized)
    found = against.under(Policy(compiling="at once"), of, against.requests(of, PARAMS[:2]))
    assert_learnt(normalized, against.X, found)


def test_test_rows_change_no_weight():
    """Other test rows, the same predictions for the rows that stay."""
    of = against.case(normalized)
    asked = against.requests(of, PARAMS[:1])
    before = against.trained(of, asked)[0]
    changed = against.X.copy()
    changed[asked[0].test[1:]] *= 100
    after = against.trained(against.case(normalized, X=changed), asked[:1])[0]
    np.testing.assert_array_equal(before.test_outputs[0], after.test_outputs[0])


@pytest.mark.parametrize(
    ("build", "x", "why"),
    [
        (late, against.X, "learns from what other layers make of the rows"),
        (words, np.array([[word] for word in "abc" * 21], dtype=object), "a StringLookup layer learns its vocabulary"),
    ],
)
def test_what_can_not_be_followed_goes_by_fit(build, x, why):
    """A Normalization after other layers, and a vocabulary: by Keras fit, and the reason names the layer."""
    of = against.case(build, X=x)
    for one in against.trained(of, against.requests(of, PARAMS[:1])):
        assert one.way == "fit"
        assert why in one.why
        assert one.failure is None
