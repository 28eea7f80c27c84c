"""Rows on the device, and the batches that fits take from them by number."""

import sys
from pathlib import Path

import numpy as np
import pytest
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


@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds to itself is told by Linux")
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_memory_mapped_rows_stay_where_they_lie(tmp_path, kind):
    """Of 80 MB of rows a process holds next to nothing to itself, and takes the batches that a copy gives."""

    def own():
        status = Path("/proc/self/status").read_text()
        return int(status.partition("RssAnon:")[2].split()[0]) / 1e3

    made = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", kind, (200_000, 100))
    made[:] = np.arange(200_000)[:, None] / 3
    made.flush()
    del made
    x = np.load(tmp_path / "X.npy", mmap_mode="r")
    rows = material(X=x, encoded=np.zeros(len(x), np.int64))
    before = own()
    table = device_rows.make(rows, np.zeros(len(x), np.float32), weighted=False)
    batch, _, _ = table.batch(table.tensors, tf.constant([7, 199_999, 7]), tf.ones(3))
    assert own() - before < 40
    assert batch.dtype == tf.float32
    np.testing.assert_array_equal(batch, x[[7, 199_999, 7]].astype(np.float32))


@pytest.mark.parametrize("part", [np.s_[2:], np.s_[:, ::2], np.s_[::-1]])
def test_a_part_of_memory_mapped_rows_is_that_part(tmp_path, part):
    """Some rows, some columns, or the rows backwards."""
    np.save(tmp_path / "X.npy", np.arange(24, dtype=np.float32).reshape(6, 4))
    x = np.load(tmp_path / "X.npy", mmap_mode="r")[part]
    table = device_rows.make(material(X=x, encoded=np.zeros(len(x), np.int64)), np.zeros(len(x)), weighted=False)
    np.testing.assert_array_equal(table.tensors[0], x)
