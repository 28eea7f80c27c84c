"""The state of a group: stacked, parts of it taken out, put back, cut into three and joined again."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from job.train.together.step import stack

FITS = 5


def state():
    """Three variables of five fits: a matrix each, a count each, a key each."""
    rng = np.random.default_rng(0)
    return [
        tf.constant(rng.normal(size=(FITS, 2, 3)).astype("float32")),
        tf.constant(np.arange(FITS)),
        tf.constant(rng.integers(0, 99, size=(FITS, 2)).astype("uint32")),
    ]


members = st.lists(st.integers(0, FITS - 1), unique=True).map(lambda found: np.array(found, int))


def test_each_variable_of_all_fits_is_one_tensor():
    """Where all fits begin alike, the value is not copied in Python; types stay."""
    same, seeds = np.ones((2, 3), "float32"), [np.array([fit, 0], "uint32") for fit in range(3)]
    a, b = stack.stacked([[same, seed] for seed in seeds])
    assert a.shape == (3, 2, 3)
    assert (a.dtype, b.dtype) == (tf.float32, tf.uint32)
    np.testing.assert_array_equal(a, np.ones((3, 2, 3)))
    np.testing.assert_array_equal(b, seeds)


@settings(deadline=None)
@given(members)
def test_what_is_taken_is_what_is_put(places):
    """The fits that are taken are in the order asked for; put back elsewhere, others stay as they are."""
    before = state()
    taken = stack.take(before, places)
    for part, whole in zip(taken, before, strict=True):
        np.testing.assert_array_equal(part, whole.numpy()[places])
    zeros = [tf.zeros_like(one) for one in before]
    for found, whole in zip(stack.put(zeros, places, taken), before, strict=True):
        expected = np.zeros_like(whole)
        expected[places] = whole.numpy()[places]
        np.testing.assert_array_equal(found, expected)


@settings(deadline=None)
@given(st.integers(0, FITS), st.integers(0, FITS))
def test_neighbours_are_cut_out_and_joined_again(begin, end):
    """Before, they, after: together all fits; what is new of them is in their place."""
    begin, end = sorted((begin, end))
    before = state()
    parts = stack.parted(before, tf.constant(begin), tf.constant(end - begin))
    new = [tf.zeros_like(they) for _, they, _ in parts]
    for found, whole in zip(stack.joined(parts, new), before, strict=True):
        expected = whole.numpy().copy()
        expected[begin:end] = 0
        np.testing.assert_array_equal(found, expected)


def test_a_step_s_state_has_the_shapes_it_had():
    """What a graph forgot of them is said again; what contradicts them is an error."""

    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def forgetful(x):
        (found,) = stack.shaped([tf.compat.v1.placeholder_with_default(x, [None, None])], [x])
        assert found.shape.as_list() == [None, 3]
        return found

    assert forgetful(tf.ones((2, 3))).shape == (2, 3)
    with pytest.raises(ValueError, match="not compatible"):
        stack.shaped([tf.ones((2, 4))], [tf.ones((2, 3))])
