"""A function of one fit over the fits of a stack, beside calling it once for each."""

import numpy as np
import pytest
import tensorflow as tf

from job.train.patches.vectorize import over_fits

rng = np.random.default_rng(2)
A, B = rng.normal(size=(3, 4, 5)).astype("float32"), rng.normal(size=(3, 5, 2)).astype("float32")
IMAGE, FILTERS = rng.normal(size=(3, 2, 6, 6, 1)).astype("float32"), rng.normal(size=(3, 2, 2, 1, 3)).astype("float32")

FUNCTIONS = {
    "a product": (lambda a, b: [tf.matmul(a, b)], [A, B]),
    "sums and maxima": (lambda a: [tf.reduce_sum(a, 0), tf.reduce_max(a)], [A]),
    "what no fit has a say in": (lambda a: [tf.constant([1.0, 2.0]), a], [A]),
    "rows by number": (lambda a: [tf.gather(a, [2, 0])], [A]),
    "a convolution": (lambda image, filters: [tf.nn.conv2d(image, filters, 1, "SAME")], [IMAGE, FILTERS]),
    "a sorting, which loops": (lambda a: [tf.sort(a, axis=0)], [A]),
}


def gradient(a, b):
    """Of a loss by both."""
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        loss = tf.reduce_sum(tf.tanh(a @ b) ** 2)
    return tape.gradient(loss, [a, b])


@pytest.mark.parametrize("name", [*FUNCTIONS, "a gradient"])
@pytest.mark.parametrize("known", [True, False], ids=["sizes known", "sizes unknown"])
def test_each_fit_has_what_it_would_have_alone(name, known):
    """For any number of fits, and with dimensions known while tracing or not."""
    function, given = FUNCTIONS.get(name, (gradient, [A, B]))
    specs = [tf.TensorSpec([None, *(one.shape[1:] if known else [None] * (one.ndim - 1))], one.dtype) for one in given]
    if name == "a convolution":
        specs = [tf.TensorSpec([None, *one.shape[1:]], one.dtype) for one in given]

    @tf.function(input_signature=specs, autograph=False)
    def mapped(*stacks):
        return over_fits(lambda leaves: function(*leaves), stacks, tf.shape(stacks[0])[0])

    for fits in (3, 1):
        found = mapped(*(tf.constant(one[:fits]) for one in given))
        for fit in range(fits):
            alone = function(*(tf.constant(one[fit]) for one in given))
            for mine, its in zip(found, alone, strict=True):
                np.testing.assert_allclose(mine[fit], its, rtol=1e-5, atol=1e-6)
