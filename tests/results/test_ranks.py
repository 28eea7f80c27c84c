"""Ranks compared with SciPy's."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from job.results import ranks

NUMBERS = st.lists(st.sampled_from([0.0, -0.0, 0.5, 1.0, -3.5, math.inf, -math.inf]) | st.floats(allow_nan=False))


@given(NUMBERS)
def test_ranks_are_those_of_scipy(numbers):
    """Any numbers, infinite and tied ones too, none at all included."""
    values = np.array(numbers, np.float64)
    np.testing.assert_array_equal(ranks.lowest(values), rankdata(values, method="min"))
    np.testing.assert_array_equal(ranks.average(values), rankdata(values))
