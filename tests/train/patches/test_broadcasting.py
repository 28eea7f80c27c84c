"""What is known of dimensions while tracing: enough to sum gradients over the right axes, and never too much."""

import pytest
import tensorflow as tf

from job.train.patches import broadcasting
from job.train.patches.broadcasting import Extents


def traced(function, *shapes):
    """Traces a function of float tensors of these shapes; returns what it returned while tracing."""
    kept = []

    def remembering(*tensors):
        kept.append(function(*tensors))
        return tf.zeros(())

    specs = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
    tf.function(remembering, input_signature=specs, autograph=False).get_concrete_function()
    return kept[0]


def test_rows_taken_by_the_same_numbers_are_as_many():
    """Of two tables; rows taken by other numbers may be more."""

    def function(a, b, numbers, others):
        rows, more = tf.cast(numbers, tf.int32), tf.cast(others, tf.int32)
        x, y, z = tf.gather(a, rows), tf.gather(b, rows), tf.gather(b, more)
        found = Extents()
        return found.stretched(tf.tanh(x), y), found.stretched(x, z)

    assert traced(function, [None, 3], [None, 3], [None], [None]) == (([], []), None)


def test_a_product_has_the_rows_of_one_and_the_columns_of_the_other():
    """And what is summed over is as long in both."""

    def function(x, kernel, bias):
        found = Extents()
        z = tf.matmul(x, kernel)
        before = found.stretched(z, bias)
        found.unify(found.of(kernel)[1], found.of(bias)[0])
        return before, found.stretched(z, bias), found.of(x)[1] == found.of(kernel)[0]

    assert traced(function, [None, None], [None, None], [None]) == (None, ([], [0]), True)


def test_a_stretched_axis_is_found_only_where_its_size_is_known():
    """One beside an unknown size is stretched, if anything is; two unknown sizes tell nothing."""

    def function(x, y):
        found = Extents()
        return found.stretched(x, tf.reduce_mean(x, 0, keepdims=True)), found.stretched(x, y)

    assert traced(function, [None, None], [None, None]) == (([], [0]), None)


@pytest.mark.parametrize(
    "shape_of",
    [
        lambda x: tf.zeros(tf.shape(x)),
        lambda x: tf.zeros([tf.shape(x)[0], 4]),
        lambda x: tf.reshape(tf.transpose(x), tf.shape(x)),
        lambda x: tf.transpose(tf.transpose(x)),
        lambda x: tf.split(tf.concat([x, x], 1), 2, 1)[0],
        lambda x: tf.squeeze(tf.expand_dims(x, 1), 1),
        lambda x: tf.reduce_max(tf.expand_dims(x, -1), 2)[:, :],
        lambda x: tf.where(x > 0, x, 0.0),
    ],
    ids=["told whole", "told in parts", "reshaped", "turned", "cut", "widened", "sliced", "selected"],
)
def test_shapes_are_followed_through_operations(shape_of):
    """What is made in the shape of something is as large."""
    assert traced(lambda x: Extents().stretched(x, shape_of(x)), [None, 4]) == ([], [])


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (lambda x, y: x + y, ([2, 3], [3])),
        (lambda x, y: x * y, ([2, 1, 3], [1, 4, 3])),
        (lambda x, y: x / (y + 2.0), ([3], [2, 3])),
        (lambda x, y: tf.maximum(x, y) - y, ([2, 3], [1, 3])),
        (lambda x, y: tf.where(x > y, x, y) * 2.0, ([1, 3], [4, 1])),
        (lambda x, y: x**2.0 + (y - tf.reduce_mean(x)) ** 2.0, ([2, 3], [])),
    ],
    ids=["a bias", "both ways", "from the front", "along rows", "selected", "a scalar"],
)
@pytest.mark.parametrize("sizes", ["known", "unknown"])
def test_gradients_are_those_of_tensorflow(function, shapes, sizes):
    """Whatever is stretched, with sizes known while tracing or not."""
    x, y = (tf.random.stateless_uniform(shape, seed=[place, 1]) for place, shape in enumerate(shapes))

    def gradient(x, y):
        with tf.GradientTape() as tape:
            tape.watch([x, y])
            found = tf.reduce_sum(function(x, y) ** 2)
        with broadcasting.known():
            return tape.gradient(found, [x, y])

    with tf.GradientTape() as tape:
        tape.watch([x, y])
        expected = tf.reduce_sum(function(x, y) ** 2)
    specs = [tf.TensorSpec([None] * one.shape.rank if sizes == "unknown" else one.shape) for one in (x, y)]
    found = tf.function(gradient, input_signature=specs, autograph=False)(x, y)
    for mine, its in zip(found, tape.gradient(expected, [x, y]), strict=True):
        assert mine.shape == its.shape
        tf.debugging.assert_near(mine, its, rtol=1e-6)
