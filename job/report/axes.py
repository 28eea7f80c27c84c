"""A param as an axis of a chart: numbers on a line, or levels side by side; and how much it tells of the scores."""

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from job.data.rows import Array
from job.results import ranks
from job.results.line import legal

LEVELS = 24
"""The most levels side by side; the rarer ones are drawn as one."""
_FEW = 10  # as many different numbers are levels when they come again and again, or are whole; else a line
_LABEL = 60
_BINS = 6


@dataclass(frozen=True, eq=False)
class Axis:
    """One param over n trials.

    Attributes:
        name: the param's name.
        labels: the levels in their order; empty when the values are numbers on a line.
        values: (n,) float64: the number, or the place of the level in ``labels``; NaN where a trial lacks the param.
        log: whether the numbers are better seen on a logarithmic scale.
        ordered: whether the levels have an order: they are numbers, each one there is.
    """

    name: str
    labels: tuple[str, ...]
    values: Array
    log: bool
    ordered: bool = False


def label(value: Any) -> str:
    """Return a value as the study file would have it, cut where it gets long."""
    text = str(value) if isinstance(value, str | float) else json.dumps(legal(value), ensure_ascii=False)
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"


def axis(name: str, column: "np.ma.MaskedArray[Any, Any]") -> Axis:
    """Return a param's axis from its column of ``cv_results_``."""
    present = ~np.ma.getmaskarray(column)
    found = column.data[present].tolist()
    values = np.full(len(column), np.nan)
    numbers = [float(value) for value in found if _is_number(value)]
    if found and len(numbers) == len(found) and np.isfinite(numbers).all() and not _are_levels(numbers):
        values[present] = numbers
        return Axis(name, (), values, _is_log(np.array(numbers)))
    labels = _levels(found)
    places = {text: place for place, text in enumerate(labels)}
    values[present] = [places.get(label(value), len(labels) - 1) for value in found]
    ordered = bool(found) and all(_is_number(value) for value in found) and not labels[-1].endswith(" others")
    return Axis(name, labels, values, log=False, ordered=ordered)


def telling(of: Axis, scores: Array) -> float:
    """Return the share, from 0 to 1, of the variance of the scores' ranks that this param alone explains.

    Epsilon squared of a one-way analysis of variance on ranks (Kruskal and Wallis), with numbers cut into up to six
    groups of equal size; it is adjusted for the number of groups, so that pure noise gives about 0. Trials without a
    score or without the param are left out; fewer than eight, or of one value, tell
    nothing, which is NaN.
    """
    known = ~np.isnan(scores) & ~np.isnan(of.values)
    count = int(known.sum())
    groups = _groups(of, of.values[known])
    kinds = len(np.unique(groups))
    if count < 8 or kinds < 2 or count <= kinds:
        return math.nan
    placed = ranks.average(scores[known])
    total = float(((placed - placed.mean()) ** 2).sum())
    if total == 0:
        return 0.0
    parts = (placed[groups == group] for group in set(groups))
    within = sum(float(((part - part.mean()) ** 2).sum()) for part in parts)
    return max(0.0, 1.0 - (within / (count - kinds)) / (total / (count - 1)))


def _groups(of: Axis, values: Array) -> Array:
    if of.labels or not len(values):
        return values
    bins = max(2, min(_BINS, len(values) // 8))
    edges = np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1])
    found: Array = np.searchsorted(edges, values, side="right")
    return found


def _levels(values: list[Any]) -> tuple[str, ...]:
    """Return the levels: numbers by size, others as they first come; beyond the most allowed, the frequent ones."""
    counts: dict[str, int] = {}
    for value in values:
        text = label(value)
        counts[text] = counts.get(text, 0) + 1
    if all(_is_number(value) for value in values):
        counts = dict(sorted(counts.items(), key=lambda item: float(item[0])))
    if len(counts) <= LEVELS:
        return tuple(counts)
    kept = set(sorted(counts, key=lambda text: -counts[text])[: LEVELS - 1])
    return (*(text for text in counts if text in kept), f"{len(counts) - len(kept):,} others")


def _are_levels(numbers: list[float]) -> bool:
    kinds = set(numbers)
    return len(kinds) <= _FEW and (2 * len(kinds) <= len(numbers) or all(number.is_integer() for number in kinds))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_log(numbers: Array) -> bool:
    """Say whether the median lies nearer to the middle on a logarithmic scale than on a plain one."""
    low, middle, high = np.quantile(numbers, [0, 0.5, 1])
    if low <= 0 or high / low < 20:
        return False
    plain = (middle - low) / (high - low)
    logarithmic = np.log(middle / low) / np.log(high / low)
    return bool(abs(logarithmic - 0.5) < abs(plain - 0.5))
