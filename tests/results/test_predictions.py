"""Predictions that are kept: whatever a model gives comes back bit for bit; what is large or unsound is left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from job.errors import StoreError
from job.results import predictions
from job.results.predictions import Predicted

READING = [{"place": 0, "activation": "sigmoid", "threshold": None, "numbered": False}]


def outputs(rows):
    """What ``model.predict`` may give for so many rows."""
    one = st.tuples(st.sampled_from(["<f4", "<f8", "<f2", "<i8"]), st.lists(st.integers(1, 3), max_size=2)).flatmap(
        lambda kind: npst.arrays(kind[0], (rows, *kind[1]))
    )
    several = st.lists(one, min_size=1, max_size=3)
    return st.one_of(one, several.map(tuple), several.map(lambda some: {f"head {i}": x for i, x in enumerate(some)}))


def same(left, right):
    """Whether two outputs are the same in structure, types and bits."""
    assert type(left) is type(right)
    if isinstance(left, dict):
        assert list(left) == list(right)
    for one, other in zip(*(list(x.values()) if isinstance(x, dict) else list(x) if isinstance(x, tuple) else [x]
                            for x in (left, right)), strict=True):  # fmt: skip
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


@st.composite
def groups(draw):
    """Fits of a group, with other numbers of rows each."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        test = draw(st.integers(1, 5).flatmap(outputs))
        found.append(Predicted(number, number % 2, READING, test, test if draw(st.booleans()) else None))
    return found


@given(groups())
def test_what_is_kept_comes_back(found):
    """Arrays of any type and shape, by name or several, of test and training rows."""
    back = predictions.load(predictions.dump(found), "here")
    assert [(one.trial, one.fold, one.reading) for one in back] == [(one.trial, one.fold, one.reading) for one in found]
    for one, other in zip(found, back, strict=True):
        same(one.test, other.test)
        assert (one.train is None) == (other.train is None)
        if one.train is not None:
            same(one.train, other.train)
            assert all(array.flags.writeable for array in other.arrays)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.zeros(25, np.float32), True),
        (np.zeros(26, np.float32), False),
        (np.array([np.nan], np.float32), False),
        (np.array(["a word"]), False),
    ],
)
def test_what_is_large_or_unsound_is_not_kept(array, expected):
    """Up to the limit, finite, and of numbers."""
    assert predictions.is_kept(Predicted(0, 0, READING, array, None), 100) is expected


def test_a_run_of_many_fits_keeps_less_of_each():
    """What a run keeps in all is bounded, however many fits it has."""
    assert predictions.most(1) == predictions.PER_FIT
    for fits in (1, 1000, 1_000_000, 10**10):
        assert fits * predictions.most(fits) <= predictions.PER_RUN


def test_a_damaged_object_is_told():
    """With what to do about it."""
    data = predictions.dump([Predicted(0, 0, READING, np.zeros((3, 1)), None)])
    for broken in (data[:-20], b"", data.replace(b'"fits"', b'"fits!')):
        with pytest.raises(StoreError, match=r"runs/x\.npz can't be read.*Delete it"):
            predictions.load(broken, "runs/x.npz")
