"""What TensorFlow and Python do less of for a while, and do again after."""

import gc
from contextlib import suppress

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context

from job.train.patches import runtime


def test_seeding_that_keeps_kernels_seeds_all_the_same():
    """Operations of TensorFlow's own seed draw what they draw after seeding it plainly."""
    tf.random.set_seed(7)
    plain = np.asarray(tf.random.uniform([4], seed=1))
    tf.random.set_seed(8)
    before = context.context()._set_global_seed
    with runtime.kernels():
        tf.random.set_seed(7)
        assert context.context()._seed == 7
    assert context.context()._set_global_seed == before
    tf.random.set_seed(7)
    np.testing.assert_array_equal(tf.random.uniform([4], seed=1), plain)


@pytest.mark.parametrize("collecting", [True, False])
def test_garbage_waits_and_is_looked_for_again(collecting):
    """Where it was looked for before; an error changes nothing of that."""
    was = gc.isenabled()
    (gc.enable if collecting else gc.disable)()
    try:
        with suppress(ZeroDivisionError), runtime.objects():
            assert not gc.isenabled()
            raise ZeroDivisionError
        assert gc.isenabled() is collecting
    finally:
        (gc.enable if was else gc.disable)()


def test_a_graph_is_gone_over_once_and_gives_the_same():
    """The setting is in force inside, and gone after."""
    current = context.context()
    before = current._config
    function = tf.function(lambda x: tf.reduce_sum(x * 2 + 1 - 1), autograph=False)
    with runtime.simplified_once():
        options = current._config.graph_options.rewrite_options
        assert options.meta_optimizer_iterations == options.ONE
        assert float(function(tf.constant([1.0, 2.0]))) == 6.0
    assert current._config is before
    assert float(function(tf.constant([2.0, 2.0]))) == 8.0
