"""A digest of a study's rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from made_rows import rows

from job.data import fingerprint, frames
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


def _framed(values):
    """Rows of one column, given to an estimator as they are."""
    frame = pd.DataFrame({"a": values})
    return replace(rows(X, Y), X=frames.columns(frame, "data"), frame=frame)


FRAMES = {
    "texts": pd.Series(["1", "2", "2", "None"], dtype=object),
    "missing": pd.Series(["1", "2", "2", None], dtype=object),
    "not a number": pd.Series(["1", "2", "2", float("nan")], dtype=object),
    "an integer": pd.Series([1, "2", "2", "None"], dtype=object),
    "categories": pd.Categorical(["1", "2", "2", "None"], ["1", "2", "None"]),
    "in another order": pd.Categorical(["1", "2", "2", "None"], ["2", "1", "None"]),
    "ordered": pd.Categorical(["1", "2", "2", "None"], ["1", "2", "None"], ordered=True),
    "with one more": pd.Categorical(["1", "2", "2", "None"], ["1", "2", "None", "4"]),
    "strings": pd.Series(["1", "2", "2", "None"], dtype="string"),
    "integers": pd.Series([1, 2, 2, 3], dtype="int64"),
    "integers that may be missing": pd.Series([1, 2, 2, 3], dtype="Int64"),
}


def test_what_an_estimator_sees_of_a_column_matters() -> None:
    """Its dtype, categories with their order, the types of objects, what is missing; of folds too."""
    fold = Fold(np.array([0, 1]), np.array([2, 3]))
    for found in (fingerprint.of, lambda one: fingerprint.of_folds(one, [fold])):
        told = {name: found(_framed(values)) for name, values in FRAMES.items()}
        assert len(set(told.values())) == len(FRAMES)
        assert told == {name: found(_framed(values)) for name, values in FRAMES.items()}


def test_an_objects_type_changes_the_folds_that_see_it_alone() -> None:
    """A row's type is a part of its content, not of the whole column's."""
    folds = [Fold(np.array([0]), np.array([1])), Fold(np.array([2]), np.array([3]))]
    before, after = (fingerprint.of_folds(_framed(FRAMES[one]), folds) for one in ("texts", "an integer"))
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True]


def test_the_order_of_columns_matters_where_an_estimator_is_given_them() -> None:
    """It makes a matrix of them in their order, and refuses another at predict."""
    one = rows({"a": X[:, 0], "b": X[:, 1]}, Y)
    ways = [replace(one, frame=pd.DataFrame(X[:, :2], columns=names)) for names in (["a", "b"], ["b", "a"])]
    fold = Fold(np.arange(2), np.arange(2, 4))
    assert len({fingerprint.of(each) for each in (one, *ways)}) == 3
    assert len({fingerprint.of_folds(each, [fold]) for each in (one, *ways)}) == 3


Y_LONG = np.arange(4)
