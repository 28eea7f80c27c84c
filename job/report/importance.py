"""Which params mattered: each one's and each pair's share of the scores' variance over the whole space.

Functional ANOVA over a random forest, after Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing
Hyperparameter Importance" (2014). A tree cuts the space into boxes of one score each. Its mean over all other params is
a function of one param, or of two, and what that function varies is what they explain. The trees are grown on draws of
the trials with replacement, so how far they differ says how sure that is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from job.data.rows import Array
from job.report.axes import Axis, axis
from job.report.boxes import Param, boxes, variances
from job.results.table import Table

FEWEST = 16
"""Trials below which nothing is said; and four for each param."""
MOST = 2_000
"""The most trials that a forest is grown on, an even choice."""
_VALUES = 100_000  # of all trials and columns that a forest is grown on, at most: a second's work
_TREES = 64
_LEAVES = 128
_PAIRED = 10  # params of which pairs are looked at: those with the largest shares
_FENCE = 3.0  # times the middle half's width below its lower end, beyond which scores count as no worse


@dataclass(frozen=True)
class Share:
    """What one param, or a pair beyond its two, explains.

    Attributes:
        names: one param's, or two.
        share: of the variance, 0 to 1; the mean over trees.
        deviation: the standard deviation over trees.
    """

    names: tuple[str, ...]
    share: float
    deviation: float


@dataclass(frozen=True)
class Importance:
    """What mattered to one scorer.

    Attributes:
        shares: the largest first; empty where nothing can be said.
        foretold: the share of the variance of trials that trees have not seen which the forest foretells (R squared).
        trials: that it is said from.
        why: why nothing is said; "" where something is.
    """

    shares: tuple[Share, ...] = ()
    foretold: float = 0.0
    trials: int = 0
    why: str = ""


_known: WeakKeyDictionary[Table, dict[str, Importance]] = WeakKeyDictionary()
"""Forests take seconds: each report of a table, as HTML and as Markdown, would grow its own."""


def of(table: Table, metric: str) -> Importance:
    """Returns what mattered to a scorer; trials with failed fits and duplicates are left out."""
    found = _known.setdefault(table, {})
    if metric not in found:
        axes = [axis(name, table.trials.column(name)) for name in table.trials.names]
        whole = ~table.fits.failed.any(axis=1) & table.trained
        found[metric] = measured(axes, np.where(whole, table.moments[metric][0], np.nan))
    return found[metric]


def measured(axes: Sequence[Axis], scores: Array) -> Importance:
    """Returns what mattered.

    Args:
        axes: the params over n trials.
        scores: (n,), NaN where a trial has none.
    """
    known = np.flatnonzero(np.isfinite(scores))
    columns = sum(1 if one.ordered or not one.labels else len(one.labels) for one in axes)
    most = max(FEWEST, 4 * len(axes), min(MOST, _VALUES // max(1, columns)))
    if len(known) > most:
        known = known[np.linspace(0, len(known) - 1, most).astype(np.int64)]
    params = [param for param in (Param.of(axis, known) for axis in axes) if param.varies]
    needed = max(FEWEST, 4 * len(params))
    if not params or len(known) < needed:
        return Importance(trials=len(known), why=f"{len(known):,} trials are too few to tell: {needed} are needed")
    found = _fenced(scores[known])
    if np.ptp(found) == 0:
        return Importance(trials=len(known), why="all trials score the same")
    forest = grown(params, found)
    foretold = float(forest.oob_score_)
    if foretold <= 0:
        return Importance(
            trials=len(known), why="no parameter predicts the scores of other trials: their differences may be chance"
        )
    return Importance(tuple(_shares(forest, params)), foretold, len(known))


def grown(params: Sequence[Param], scores: Array) -> Any:
    """Returns a forest of scikit-learn's; the same for the same trials."""
    from sklearn.ensemble import RandomForestRegressor  # a second, only where it is asked for

    forest = RandomForestRegressor(_TREES, max_leaf_nodes=_LEAVES, oob_score=True, random_state=0)
    return forest.fit(np.hstack([param.columns for param in params]), scores)


def _shares(forest: Any, params: Sequence[Param]) -> Iterator[Share]:
    trees = [boxes(tree.tree_, params) for tree in forest.estimators_]
    trees = [tree for tree in trees if tree.variance > 0]
    singles = np.array([[variances(tree, (place,)) for place in range(len(params))] for tree in trees])
    totals = np.array([tree.variance for tree in trees])
    order = np.argsort(-(singles / totals[:, np.newaxis]).mean(axis=0), kind="stable")[:_PAIRED]
    chosen = [(place,) for place in range(len(params))] + list(combinations(sorted(order.tolist()), 2))
    found = []
    for places in chosen:
        own = singles[:, list(places)].sum(axis=1)
        whole = own if len(places) == 1 else np.array([variances(tree, places) for tree in trees]) - own
        shares = np.maximum(0.0, whole / totals)
        names = tuple(params[place].name for place in places)
        found.append(Share(names, float(shares.mean()), float(shares.std())))
    yield from sorted(found, key=lambda one: -one.share)


def _fenced(scores: Array) -> Array:
    """Scores with those far below all others raised: a few fits that diverged would be all the variance there is."""
    low, high = np.quantile(scores, [0.25, 0.75])
    fence = low - _FENCE * (high - low)
    found: Array = np.maximum(scores, fence if high > low else scores.min())
    return found
