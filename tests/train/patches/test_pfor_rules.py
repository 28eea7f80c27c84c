"""Operations of all fits at once, beside those of each fit, and how many there are of them."""

import numpy as np
import pytest
import tensorflow as tf

from job.train.patches import pfor_rules

rng = np.random.default_rng(5)
A = rng.normal(size=(3, 4, 6)).astype("float32")
B = rng.normal(size=(3, 4, 6)).astype("float32")

OPERATIONS = {
    "sum of one axis": lambda a, _: tf.reduce_sum(a, 1),
    "sum of the last, kept": lambda a, _: tf.reduce_sum(a, -1, keepdims=True),
    "mean of all": lambda a, _: tf.reduce_mean(a),
    "maximum of two axes": lambda a, _: tf.reduce_max(a, [0, -1]),
    "product": lambda a, _: tf.reduce_prod(a, 0),
    "concatenated": lambda a, b: tf.concat([a, b], 1),
    "concatenated by the last": lambda a, b: tf.concat([a, b], -1),
    "split": lambda a, _: tf.split(a, 2, 1)[1],
    "split unevenly": lambda a, _: tf.split(a, [1, 3], 0)[1],
    "one more axis": lambda a, _: tf.expand_dims(a, -1),
    "one more axis before": lambda a, _: tf.expand_dims(a, 1),
    "chosen": lambda a, b: tf.raw_ops.Select(condition=a > 0, x=a, y=b),
    "bits": lambda a, _: tf.bitcast(a, tf.int32),
    "zeros": lambda a, _: tf.zeros_like(a) + a,
    "ones": lambda a, _: tf.ones_like(a) * a,
}


def mapped(function):
    """It over the fits, traced."""
    spec = tf.TensorSpec([None, *A.shape[1:]], tf.float32)
    return tf.function(
        lambda a, b: tf.vectorized_map(lambda one: function(*one), (a, b)),
        input_signature=[spec, spec],
        autograph=False,
    ).get_concrete_function()


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_fit_has_its_own_and_there_are_no_more_operations(name):
    """The numbers are those of a fit alone; the graph is no larger than that of the vectorizer's own rules."""
    function = OPERATIONS[name]
    plain = mapped(function)
    with pfor_rules.shorter():
        ours = mapped(function)
    found = ours(tf.constant(A), tf.constant(B))
    for fit in range(len(A)):
        np.testing.assert_allclose(found[fit], function(tf.constant(A[fit]), tf.constant(B[fit])), rtol=1e-5)
    assert len(ours.graph.get_operations()) <= len(plain.graph.get_operations())


def test_the_vectorizer_is_as_it_was():
    """Its registry has its own rules again."""
    before = dict(pfor_rules.pfor._pfor_converter_registry)
    with pfor_rules.shorter():
        assert dict(pfor_rules.pfor._pfor_converter_registry) != before
    assert dict(pfor_rules.pfor._pfor_converter_registry) == before


def test_an_axis_that_no_trace_knows_is_left_to_the_vectorizer():
    """Each fit has its own: right, if slower."""
    with pfor_rules.shorter():
        found = tf.vectorized_map(
            lambda one: tf.reduce_sum(one[0], one[1]), (tf.constant(A[:, :, :4]), tf.constant([0, 1, 0]))
        )
    for fit, axis in enumerate([0, 1, 0]):
        np.testing.assert_allclose(found[fit], A[fit, :, :4].sum(axis), rtol=1e-5)
