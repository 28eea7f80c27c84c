"""A digest of a study's rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from made_rows import rows

from job.data import fingerprint
from job.data.rows import Fold

Y = [0, 1, 0, 1]
X = np.arange(8, dtype=np.float32).reshape(4, 2)
BASE = fingerprint.of(rows(X, Y))

arrays = hnp.arrays(st.sampled_from(["<f4", "<i8", "|u1"]), (4, 3), elements=st.integers(0, 100))


@given(arrays, st.integers(1, 64))
def test_it_is_of_values_not_of_how_they_lie(array: np.ndarray, chunk: int) -> None:
    """Memory order, byte order, and how much is hashed at once change nothing."""
    expected = fingerprint.of(rows(array, Y))
    assert fingerprint.of(rows(np.asfortranarray(array), Y)) == expected
    assert fingerprint.of(rows(array.astype(array.dtype.newbyteorder(">")), Y)) == expected
    before, fingerprint.CHUNK = fingerprint.CHUNK, chunk
    try:
        assert fingerprint.of(rows(array, Y)) == expected
    finally:
        fingerprint.CHUNK = before


@given(arrays, arrays)
def test_other_values_have_another(one: np.ndarray, other: np.ndarray) -> None:
    """Equal exactly where the arrays are, type and all."""
    same = one.dtype == other.dtype and np.array_equal(one, other)
    assert (fingerprint.of(rows(one, Y)) == fingerprint.of(rows(other, Y))) == same


@pytest.mark.parametrize(
    "other",
    [
        rows(X.astype("float64"), Y),
        rows(X.reshape(4, 2, 1), Y),
        rows({"X": X}, Y),
        rows((X,), Y),
        rows(X, [0, 1, 1, 0]),
        rows(X, ["0", "1", "0", "1"]),
        rows(X, Y, groups=[1, 1, 2, 2]),
        rows(X, Y, sample_weight=[1, 1, 1, 1]),
    ],
)
def test_every_part_counts(other) -> None:
    """Type, shape, names, y, groups and weights."""
    assert fingerprint.of(other) != BASE


def test_text_is_told_apart_wherever_words_end() -> None:
    """Fixed width or Python strings are the same text; ``ab, c`` is not ``a, bc``."""
    fixed = np.array(["ab", "c", "", "ä"])
    expected = fingerprint.of(rows(fixed, Y))
    assert fingerprint.of(rows(fixed.astype(object), Y)) == expected
    assert fingerprint.of(rows(np.array(["a", "bc", "", "ä"]), Y)) != expected


def test_mapped_arrays_are_as_those_in_memory(tmp_path) -> None:
    """Where the rows lie does not matter."""
    np.save(tmp_path / "X.npy", X)
    assert fingerprint.of(rows(np.load(tmp_path / "X.npy", mmap_mode="r"), Y)) == BASE


def test_the_order_of_names_does_not_matter() -> None:
    """Inputs by name are the same inputs in any order."""
    one, other = rows({"a": X, "b": Y_LONG}, Y), rows({"b": Y_LONG, "a": X}, Y)
    assert fingerprint.of(one) == fingerprint.of(other)


def test_the_order_of_columns_matters_where_an_estimator_is_given_them() -> None:
    """It makes a matrix of them in their order, and refuses another at predict."""
    one = rows({"a": X[:, 0], "b": X[:, 1]}, Y)
    ways = [replace(one, frame=pd.DataFrame(X[:, :2], columns=names)) for names in (["a", "b"], ["b", "a"])]
    fold = Fold(np.arange(2), np.arange(2, 4))
    assert len({fingerprint.of(each) for each in (one, *ways)}) == 3
    assert len({fingerprint.of_folds(each, [fold]) for each in (one, *ways)}) == 3


Y_LONG = np.arange(4)
