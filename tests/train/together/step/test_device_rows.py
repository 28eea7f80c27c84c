"""Rows on the device, and the batches that fits take from them by number."""

import numpy as np
import tensorflow as tf

from job.train.fits import Material
from job.train.together.step import device_rows

X = {"a": np.arange(12.0).reshape(6, 2).astype("float32"), "b": np.arange(6, dtype="int32")}
Y = np.array([0, 1, 2, 0, 1, 2])


def material(**more):
    """Six rows of two inputs and three classes."""
    return Material(**({"X": X, "encoded": Y, "sample_weight": None, "classes": 3} | more))


def test_a_batch_is_the_rows_asked_for():
    """In their order, with the structures of inputs and targets; rows may come twice."""
    table = device_rows.make(material(), (Y, 10 * Y), weighted=False)
    x, y, weights = table.batch(table.tensors, tf.constant([4, 0, 4]), tf.ones(3))
    assert set(x) == {"a", "b"}
    np.testing.assert_array_equal(x["a"], X["a"][[4, 0, 4]])
    np.testing.assert_array_equal(x["b"], [4, 0, 4])
    assert [one.numpy().tolist() for one in y] == [[1, 0, 1], [10, 0, 10]]
    assert weights is None


def test_a_row_s_weight_is_its_own_times_that_of_its_class():
    """Class weights are of one fit; without weights of their own rows weigh one."""
    own = np.linspace(1, 2, 6)
    classes = tf.constant([1.0, 10.0, 100.0])
    for given, expected in ((own, own), (None, np.ones(6))):
        table = device_rows.make(material(sample_weight=given), Y, weighted=True)
        _, _, weights = table.batch(table.tensors, tf.range(6), classes)
        np.testing.assert_allclose(weights, expected * np.array([1, 10, 100, 1, 10, 100]), rtol=1e-6)


def test_rows_without_classes_have_the_first_s_weight():
    """Amounts, and several labels of a row; their fits' class weights are ones."""
    for y in (np.linspace(0, 1, 6), np.eye(6)[:, :2]):
        table = device_rows.make(material(encoded=y, classes=None), y, weighted=True)
        _, _, weights = table.batch(table.tensors, tf.range(6), tf.ones(1))
        np.testing.assert_array_equal(weights, np.ones(6))


def test_any_number_of_rows_is_taken_by_one_trace():
    """Their shapes and types are told without it."""
    table = device_rows.make(material(), Y, weighted=True)
    assert [spec.shape.as_list() for spec in table.specs] == [[None, 2], [None], [None], [None], [None]]
    assert [spec.dtype for spec in table.specs] == [tf.float32, tf.int32, tf.int64, tf.float32, tf.int32]
