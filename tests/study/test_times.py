"""Times as people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.study.times import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.000363, "0.4 ms"),
        (0.048, "48 ms"),
        (0.9996, "1 s"),
        (1.25, "1.2 s"),
        (8, "8 s"),
        (12.34, "12 s"),
        (59.7, "1 min"),
        (92, "1 min 32 s"),
        (120, "2 min"),
        (3599.9, "1 h"),
        (7500, "2 h 5 min"),
        (86400 * 3 + 3600 * 4.2, "3 d 4 h"),
        (0, "0 s"),
        (1e-9, "less than 0.1 ms"),
        (math.nan, "unknown"),
    ],
)
def test_a_time_is_as_people_write_it(seconds, text):
    """Two units at most, and no more digits than tell."""
    assert duration(seconds) == text


@given(st.floats(1e-3, 1e8))
def test_a_time_is_never_far_from_what_it_tells(seconds):
    """Read back, it is within a twentieth."""
    units = {"ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400}
    words = duration(seconds).split(" ")
    read = sum(float(number) * units[unit] for number, unit in zip(words[::2], words[1::2], strict=True))
    assert read == pytest.approx(seconds, rel=0.06)
