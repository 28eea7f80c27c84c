"""Normalization layers of one fit: with its own mean and variance, and of a width that is not known."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L  # noqa: N812

from job.train.patches import normalization
from job.train.patches.patch import replaced

rng = np.random.default_rng(4)
ROWS = rng.normal(3.0, 2.0, (5, 6)).astype("float32")
MEAN, VARIANCE = rng.normal(size=6).astype("float32"), rng.uniform(0.5, 2.0, 6).astype("float32")


def model(*parts: Any, inputs: tuple[int, ...] = (6,)) -> Any:
    """Of these layers in a row."""
    return keras.Sequential([keras.Input(inputs), *parts])


def called(of: Any, values: list[Any], rows: Any) -> Any:
    """The outputs with other values in the place of a model's variables, in the order of ``of.variables``."""
    scope = keras.StatelessScope()
    for variable, value in zip(of.variables, values, strict=True):
        scope.add_update((variable, value))
    with scope:
        return of(rows)


def test_a_layer_computes_with_the_mean_and_variance_of_its_fit() -> None:
    """Which Keras would have made constants of when it was built."""
    found = model(L.Normalization())
    values = [tf.reshape(MEAN, [1, 6])[0], tf.constant(VARIANCE), tf.constant(0)]
    by_keras = called(found, values, ROWS)
    with replaced(normalization.replacements(found)):
        by_us = called(found, values, ROWS)
    np.testing.assert_allclose(by_us, (ROWS - MEAN) / np.sqrt(VARIANCE), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(by_keras, ROWS, rtol=1e-5)


def test_a_layer_is_as_it_was_after() -> None:
    """Its constants too, which were others meanwhile: that of a trace would be a tensor of a graph that is over."""
    found = model(L.Normalization(), L.LayerNormalization(), L.GroupNormalization(2))
    before = [dict(vars(one)) for one in found.layers]
    plain = np.asarray(found(ROWS))
    with replaced(normalization.replacements(found)):
        tf.function(lambda rows: called(found, [2.0 + one for one in found.variables], rows))(ROWS)
    np.testing.assert_array_equal(found(ROWS), plain)
    for one, old in zip(found.layers, before, strict=True):
        assert vars(one).keys() == old.keys()
        assert all(vars(one)[name] is old[name] for name in ("mean", "variance", "axis") if name in old)


UNKNOWN = {
    "the last axis": (L.LayerNormalization(), (6,)),
    "the last axis by its number": (L.LayerNormalization(axis=2), (4, 6)),
    "another axis": (L.LayerNormalization(axis=1), (6, 4)),
    "no centre": (L.LayerNormalization(center=False), (6,)),
    "groups": (L.GroupNormalization(3), (4, 6)),
    "groups of another axis": (L.GroupNormalization(2, axis=1), (6, 4)),
    "no scale": (L.GroupNormalization(2, scale=False), (6,)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_width_that_is_not_known_while_tracing_changes_nothing(name: str) -> None:
    """Traced without the sizes of its weights, and where that may be of its rows, it gives what Keras gives eagerly."""
    layer, inputs = UNKNOWN[name]
    found = model(layer, inputs=inputs)
    values = [rng.normal(size=one.shape).astype("float32") for one in found.variables]
    rows = rng.normal(size=(5, *inputs)).astype("float32")
    expected = called(found, values, rows)
    shape = list(rows.shape) if name == "another axis" else [None] * rows.ndim  # it is reshaped, by known sizes
    specs = [*(tf.TensorSpec([None], tf.float32) for _ in values), tf.TensorSpec(shape, tf.float32)]
    with replaced(normalization.replacements(found)):
        traced = tf.function(
            lambda *given: called(layer, list(given[:-1]), given[-1]), input_signature=specs, autograph=False
        ).get_concrete_function()
    np.testing.assert_allclose(traced(*map(tf.constant, (*values, rows))), expected, rtol=1e-4, atol=1e-5)


def test_layers_that_learn_are_those_that_were_not_told() -> None:
    """Mean and variance given by the user are his, and of layers within layers all are found."""
    told, inner, outer = L.Normalization(mean=0.0, variance=1.0), L.Normalization(), L.Normalization(axis=None)
    found = model(outer, told, keras.Sequential([inner, L.BatchNormalization()]))
    assert normalization.learning(found) == [outer, inner]
    assert {id(owner) for owner, *_ in normalization.replacements(found)} == {id(outer), id(inner)}
