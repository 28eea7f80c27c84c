"""The public order of rows, and which rows are held out."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.train import order

seeds = st.integers(0, 2**63 - 1)

ORDER_0_0 = [0, 2, 1, 5, 4, 3, 6, 7]
ORDER_BIG_3 = [0, 1, 2, 7, 3, 6, 4, 5]


@given(seeds, st.integers(0, 1000), st.integers(0, 300))
def test_each_epoch_visits_every_row_once(seed, epoch, n):
    """An order is a permutation, and the same whenever it is asked for."""
    found = order.epoch_order(seed, epoch, n)
    assert found.dtype == np.int64
    assert sorted(found) == list(range(n))
    assert np.array_equal(found, order.epoch_order(seed, epoch, n))


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=100))
def test_equal_draws_stay_in_their_order(draws):
    """Python's own sort, which is stable, is the judge."""
    found = order.ranked(np.array(draws, np.uint64))
    assert found.tolist() == sorted(range(len(draws)), key=draws.__getitem__)


def test_epochs_and_seeds_differ():
    """Neither another epoch nor another seed gives the same order."""
    found = {tuple(order.epoch_order(seed, epoch, 50)) for seed in range(10) for epoch in range(10)}
    assert len(found) == 100


def test_the_order_is_the_documented_one_for_ever():
    """The first orders of a seed are these, whatever the versions of NumPy: stored runs are resumed with them."""
    assert order.epoch_order(0, 0, 8).tolist() == ORDER_0_0
    assert order.epoch_order(2**62 + 5, 3, 8).tolist() == ORDER_BIG_3


@pytest.mark.parametrize(("n", "split"), [(10, 0.2), (11, 0.2), (7, 0.5), (100, 0.29), (1000, 0.01), (3, 0.34)])
def test_validation_rows_are_those_keras_holds_out(n, split):
    """The split is Keras's own ``validation_split``: seen from a model that says which rows it was given."""
    seen = {True: set(), False: set()}

    class Seeing(keras.Model):
        def train_step(self, data):
            seen[True].update(data[0].numpy().ravel().tolist())
            return {"loss": keras.ops.zeros(())}

        def test_step(self, data):
            seen[False].update(data[0].numpy().ravel().tolist())
            return {"loss": keras.ops.zeros(())}

    model = Seeing()
    model.compile(run_eagerly=True)
    rows = np.arange(n)
    model.fit(rows[:, None].astype("float32"), rows, validation_split=split, verbose=0)
    train, validation = order.held_out(rows, split)
    assert (set(train), set(validation)) == (seen[True], seen[False])


def test_without_a_split_nothing_is_held_out():
    """A split of zero gives all rows back, and none to validate on."""
    train, validation = order.held_out(np.array([3, 1, 2]), 0.0)
    assert train.tolist() == [3, 1, 2]
    assert validation.tolist() == []
