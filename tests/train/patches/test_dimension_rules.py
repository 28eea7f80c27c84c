"""Operation by operation: what is said of a result's dimensions while tracing is so when the operation has run."""

import numpy as np
import pytest
import tensorflow as tf

from job.train.patches import dimension_rules
from job.train.patches.broadcasting import Extents

X = np.arange(1.0, 43.0, dtype="float32").reshape(6, 7)
CUBE = np.arange(1.0, 31.0, dtype="float32").reshape(2, 3, 5)
ROW, COLUMN = X[:1], X[:, :1]

RULES = {
    "unchanged": (tf.tanh, [X], ("a", "b")),
    "softmax": (tf.nn.softmax, [X], ("a", "b")),
    "with itself": (lambda x: x + tf.exp(x), [X], ("a", "b")),
    "one of unknown size": (lambda x, y: x * y, [X, ROW], None),
    "a sum over rows": (lambda x: tf.reduce_sum(x, 0), [X], ("b",)),
    "a sum over the last": (lambda x: tf.reduce_sum(x, -1), [CUBE], ("a", "b")),
    "a mean that keeps": (lambda x: tf.reduce_mean(x, [0, -1], keepdims=True), [CUBE], (1, "b", 1)),
    "beside its own mean": (lambda x: x - tf.reduce_mean(x, 0, keepdims=True), [X], ("a", "b")),
    "a product": (tf.matmul, [X, X.T.copy()], ("a", "d")),
    "a product with a transposed": (lambda x, y: tf.matmul(x, y, transpose_b=True), [X, X], ("a", "c")),
    "a transposed product": (lambda x, y: tf.matmul(x, y, transpose_a=True), [X, X], ("b", "d")),
    "rows by number": (lambda x: tf.gather(x, tf.constant([0, 2, 4])), [X], (3, "b")),
    "columns by number": (lambda x: tf.gather(x, tf.constant([0, 2]), axis=1), [X], None),
    "turned": (lambda x: tf.transpose(x, [2, 0, 1]), [CUBE], ("c", "a", "b")),
    "a new axis in front": (lambda x: tf.expand_dims(x, 0), [X], (1, "a", "b")),
    "a new axis at the end": (lambda x: tf.expand_dims(x, -1), [X], ("a", "b", 1)),
    "a new axis within": (lambda x: tf.expand_dims(x, -2), [X], ("a", 1, "b")),
    "an axis less": (lambda x: tf.squeeze(tf.expand_dims(x, 1), 1), [X], ("a", "b")),
    "an axis less at the end": (lambda x: tf.squeeze(x, -1), [COLUMN], ("a",)),
    "cut": (lambda x: tf.split(x, 2, axis=0)[0], [X], (None, "b")),
    "joined": (lambda x, y: tf.concat([x, y], 0), [X, X], (None, "b")),
    "joined at the end": (lambda x, y: tf.concat([x, y], -1), [X, X], ("a", None)),
    "taken apart": (lambda x: tf.unstack(x, 3, axis=1)[2], [CUBE], ("a", "c")),
    "the first place": (lambda x: x[:, 0], [CUBE], ("a", "c")),
    "the last place": (lambda x: x[..., -1], [X], None),
    "a part": (lambda x: x[1:3], [X], (None, "b")),
    "backwards": (lambda x: x[::-1], [X], (None, "b")),
    "as large as": (tf.zeros_like, [X], ("a", "b")),
    "filled": (lambda x: tf.fill(tf.shape(x), 0.0), [X], ("a", "b")),
    "shaped as": (lambda x: tf.reshape(x, [tf.shape(x)[0], 7]), [X], ("a", 7)),
    "shaped anew": (lambda x: tf.reshape(x, [-1, 2]), [X], (None, 2)),
    "stretched as": (lambda x: tf.broadcast_to(x, [4, tf.shape(x)[0], tf.shape(x)[1]]), [X], (4, "a", "b")),
    "chosen": (lambda x: tf.where(x > 3.0, x, tf.zeros_like(x)), [X], ("a", "b")),
}
"""Each: an operation, what it is given, and what is known of its result: a letter for each axis of what it is given,
a number, or None for what is its own; None for all of them where nothing has to be known."""


def _letters(found, tensors):
    """What stands for each axis of what an operation is given, by letter."""
    extents = [found.root(extent) for tensor in tensors for extent in found.of(tensor)]
    return dict(zip("abcdefgh", extents, strict=False))


@pytest.mark.parametrize("name", RULES)
def test_what_is_known_of_a_result_is_true(name):
    """No size is known while tracing; what is said to be as long as something else is, for these sizes."""
    function, given, expected = RULES[name]
    kept = []

    def traced(*tensors):
        result = function(*tensors)
        found = Extents()
        kept.append((found.of(result), _letters(found, tensors)))
        return result

    specs = [tf.TensorSpec([None] * one.ndim, tf.float32) for one in given]
    result = tf.function(traced, input_signature=specs, autograph=False)(*given)
    extents, letters = kept[0]
    sizes = dict(zip("abcdefgh", [size for one in given for size in one.shape], strict=False))
    for extent, size in zip(extents, result.shape, strict=True):
        for letter, other in letters.items():
            assert extent != other or size == sizes[letter]
        assert not isinstance(extent, int) or extent == size
    for extent, told in zip(extents, expected or (), strict=expected is not None):
        assert told is None or extent == letters.get(told, told)


def test_every_rule_is_tried():
    """A rule for another operation shows here; those for numbers of one tensor, or of two, are all alike."""
    seen = set()
    for function, given, _ in RULES.values():
        specs = [tf.TensorSpec([None] * one.ndim, tf.float32) for one in given]
        graph = tf.function(function, input_signature=specs, autograph=False).get_concrete_function().graph
        seen |= {operation.type for operation in graph.get_operations()}
    rules = dimension_rules._RULES
    alike = dimension_rules._SAME | dimension_rules._BROADCAST | dimension_rules._REDUCED
    assert set(rules) - alike - seen == set()
    assert set(dimension_rules._TOLD) - seen <= {"StatelessRandomUniformFullInt"}


def test_a_tensor_of_known_shape_needs_nothing():
    """Nor is anything said of it that its shape does not say."""
    kept = []

    def function(x):
        kept.append((dimension_rules.needed(x), dimension_rules.made(x, Extents()), Extents().of(x)))
        return x

    tf.function(function, input_signature=[tf.TensorSpec([2, 3])], autograph=False).get_concrete_function()
    assert kept == [([], None, (2, 3))]
