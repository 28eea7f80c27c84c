"""A tree of a forest as boxes in the space of params, and the variance of its means over some of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from job.data.rows import Array, Indices
from job.report.axes import Axis

_ABSENT = -1.0
"""Where a number lies that a trial lacks; others lie from 0 to 1."""


@dataclass(frozen=True, eq=False)
class Param:
    """One param as a forest sees it, over n trials.

    Attributes:
        name: the param's.
        columns: (n, 1) where values have an order, else (n, levels) of zeros and ones.
        points: the values it may have, (m,) or (m, levels); None for numbers on a line, from 0 to 1.
        absent: the share of the trials that lack it.
    """

    name: str
    columns: Array
    points: Array | None
    absent: float

    @classmethod
    def of(cls, axis: Axis, trials: Indices) -> "Param":
        """Returns the param of an axis, of some trials."""
        values = axis.values[trials]
        absent = np.isnan(values)
        share = float(absent.mean()) if len(values) else 0.0
        if axis.labels and not axis.ordered:
            levels = np.unique(np.where(absent, _ABSENT, values))
            columns = (np.where(absent, _ABSENT, values)[:, np.newaxis] == levels).astype(float)
            return cls(axis.name, columns, np.eye(len(levels)), 0.0)
        placed = _placed(values, log=axis.log)
        points = np.unique(placed)[:, np.newaxis] if axis.labels else None
        return cls(axis.name, placed[:, np.newaxis], points, share)

    @property
    def varies(self) -> bool:
        """Whether there are two values of it."""
        return bool(len(self.columns)) and bool((self.columns != self.columns[0]).any())

    def cells(self, low: Array, high: Array) -> tuple[Array, Array]:
        """Divides the values into cells within which no box ends.

        Args:
            low: (boxes, columns), values above which boxes lie.
            high: (boxes, columns), values up to which.

        Returns:
            The cells' shares of the space, (cells,), and which box has which cells, (boxes, cells).
        """
        points, shares = self._between(low, high) if self.points is None else (self.points, self._of_points())
        inside = (points > low[:, np.newaxis, :]) & (points <= high[:, np.newaxis, :])
        return shares, inside.all(axis=2).astype(float)

    def _of_points(self) -> Array:
        count = 0 if self.points is None else len(self.points)
        if not self.absent or count == 1:
            return np.full(count, 1 / count)
        found: Array = np.full(count, (1 - self.absent) / (count - 1))
        found[0] = self.absent  # the least
        return found

    def _between(self, low: Array, high: Array) -> tuple[Array, Array]:
        edges = np.unique(np.r_[0.0, 1.0, low.ravel(), high.ravel()].clip(0, 1))
        points, shares = (edges[1:] + edges[:-1]) / 2, np.diff(edges) * (1 - self.absent)
        if self.absent:
            points, shares = np.r_[_ABSENT, points], np.r_[self.absent, shares]
        return points[:, np.newaxis], shares


@dataclass(frozen=True, eq=False)
class Boxes:
    """A tree's leaves.

    Attributes:
        values: (leaves,) the score of each.
        shares: of each param, its cells' shares of the space.
        inside: of each param, (leaves, cells): which box has which cells.
    """

    values: Array
    shares: Sequence[Array]
    inside: Sequence[Array]

    @cached_property
    def parts(self) -> Array:
        """Each box's share of each param's values, (params, leaves)."""
        return np.array([inside @ shares for shares, inside in zip(self.shares, self.inside, strict=True)])

    @cached_property
    def mean(self) -> float:
        """The mean over the whole space."""
        return float(self.values @ self.parts.prod(axis=0))

    @cached_property
    def variance(self) -> float:
        """The variance over the whole space."""
        return float((self.values - self.mean) ** 2 @ self.parts.prod(axis=0))


def boxes(tree: Any, params: Sequence[Param]) -> Boxes:
    """Returns the boxes of a tree (scikit-learn's ``tree_``) that was grown on the params' columns side by side."""
    found = list(_leaves(tree))
    low, high = np.array([one[1] for one in found]), np.array([one[2] for one in found])
    shares, inside, begin = [], [], 0
    for param in params:
        own = slice(begin, begin + param.columns.shape[1])
        begin = own.stop
        of_cells, of_boxes = param.cells(low[:, own], high[:, own])
        shares.append(of_cells)
        inside.append(of_boxes)
    return Boxes(np.array([one[0] for one in found]), shares, inside)


def variances(of: Boxes, places: tuple[int, ...]) -> float:
    """Returns the variance of a tree's mean over all params but one, or but two."""
    others = np.delete(of.parts, places, axis=0).prod(axis=0)
    weighted = (of.values - of.mean) * others
    first, shares = of.inside[places[0]], of.shares[places[0]]
    if len(places) == 1:
        return float((first.T @ weighted) ** 2 @ shares)
    means = (first * weighted[:, np.newaxis]).T @ of.inside[places[1]]
    return float(shares @ means**2 @ of.shares[places[1]])


def _leaves(tree: Any) -> Iterator[tuple[float, Array, Array]]:
    """Yields the score of each leaf, the values above which it lies, and those up to which, in each column."""
    columns = tree.n_features
    waiting = [(0, np.full(columns, -np.inf), np.full(columns, np.inf))]
    while waiting:
        node, low, high = waiting.pop()
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            yield float(tree.value[node].ravel()[0]), low, high
            continue
        column, threshold = tree.feature[node], tree.threshold[node]
        below, above = high.copy(), low.copy()
        below[column], above[column] = min(high[column], threshold), max(low[column], threshold)
        waiting += [(left, low, below), (right, above, high)]


def _placed(values: Array, *, log: bool) -> Array:
    """Numbers from 0 to 1, those absent below them."""
    known = ~np.isnan(values)
    found = np.full(len(values), _ABSENT)
    if known.any():
        numbers = np.log(values[known]) if log else values[known]
        low, high = numbers.min(), numbers.max()
        found[known] = (numbers - low) / (high - low) if high > low else 0.5
    return found
