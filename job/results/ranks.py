"""Ranks of numbers, ties shared: SciPy's ``rankdata``, which takes three seconds to import, in a few lines."""

import numpy as np

from job.data.rows import Array


def lowest(values: Array) -> Array:
    """Return int64 ranks from 1, the smallest number first; ties share the lowest."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    before = np.cumsum(counts) - counts
    found: Array = before[places] + 1
    return found


def average(values: Array) -> Array:
    """Return float64 ranks from 1, the smallest number first; ties share their mean."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    before = np.cumsum(counts) - counts
    found: Array = before[places] + (counts[places] + 1) / 2
    return found
