"""Params as axes, and how much each tells: known answers, and scikit-learn's and SciPy's own as another source."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kruskal

from job.report.axes import LEVELS, Axis, axis, telling


def column(values, mask=None):
    """Return values as a column of ``cv_results_``."""
    data = np.empty(len(values), object)
    data[:] = values
    return np.ma.MaskedArray(data, mask=[False] * len(values) if mask is None else mask)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([64, 32, 64, 128], ("32", "64", "128")),
        ([0.1, 0.01, 0.1, 0.01], ("0.01", "0.1")),
        (["b", "a", None, True], ("b", "a", "null", "true")),
        ([[64, 32], [128], [64, 32]], ("[64, 32]", "[128]")),
        ([0.1, 0.25, 0.7], ()),
        (list(range(11)), ()),
    ],
)
def test_values_are_levels_or_numbers_on_a_line(values, labels):
    """Few values that repeat, and all that are no numbers, are levels in a natural order; others lie on a line."""
    found = axis("x", column(values))
    assert found.labels == labels
    if labels and isinstance(values[0], int):
        assert [float(labels[int(place)]) for place in found.values] == values
    if not labels:
        assert found.values.tolist() == values


def test_numbers_over_magnitudes_are_logarithmic():
    """Numbers drawn from a log-uniform distribution are seen on a logarithmic scale; uniform ones are not."""
    draw = np.random.default_rng(0)
    assert axis("x", column((10 ** draw.uniform(-5, -1, 50)).tolist())).log
    assert not axis("x", column(draw.uniform(0.0001, 1, 50).tolist())).log
    assert not axis("x", column(draw.uniform(-1, 1, 50).tolist())).log


def test_many_levels_are_gathered():
    """The frequent levels are kept and the rest is one level, so that no chart has hundreds."""
    found = axis("x", column([f"v{n}" for n in range(100)] + ["v7"] * 5, [n == 3 for n in range(105)]))
    assert len(found.labels) == LEVELS
    assert found.labels[-1] == "76 others"
    assert found.labels[int(found.values[104])] == "v7"
    assert np.flatnonzero(np.isnan(found.values)).tolist() == [3]


@given(st.integers(0, 2**32), st.integers(2, 5), st.integers(20, 60))
def test_telling_is_epsilon_squared_of_kruskal_and_wallis(seed, kinds, count):
    """For levels it is (H - k + 1) / (n - k), by SciPy's own H, but never below 0."""
    draw = np.random.default_rng(seed)
    groups, scores = draw.integers(0, kinds, count), draw.normal(size=count) + draw.integers(0, 2) * np.arange(count)
    present = np.unique(groups)
    if len(present) < 2:
        return
    statistic = kruskal(*(scores[groups == group] for group in present)).statistic
    expected = max(0.0, (statistic - len(present) + 1) / (count - len(present)))
    of = Axis("x", tuple(map(str, range(kinds))), groups.astype(float), log=False)
    assert telling(of, scores) == pytest.approx(expected, abs=1e-9)


def test_what_tells_is_told_from_what_does_not():
    """A number that decides the score explains it, noise does not, and too few trials tell nothing."""
    draw = np.random.default_rng(0)
    cause, noise = draw.uniform(0, 1, 300), draw.uniform(0, 1, 300)
    scores = np.where(cause < 0.9, cause, -1e9)
    scores[:5] = math.nan
    assert telling(axis("x", column(cause.tolist())), scores) > 0.7
    assert telling(axis("x", column(noise.tolist())), scores) < 0.05
    assert math.isnan(telling(axis("x", column(cause[:7].tolist())), scores[5:12]))
    assert math.isnan(telling(axis("x", column([1] * 300)), scores))
