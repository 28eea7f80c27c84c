"""Expected cost of a trial, from its params and the folds' sizes alone; only ratios are meant.

A training step costs a fixed time (starting operations, gathering rows), one for each weight that the optimizer
updates, and one that grows with the batch and with the model's arithmetic. The model is the user's and unknown here, so
the widths are read off the params' names: an integer called like units, filters or width is taken for the width of the
hidden layers, one called like layers or depth for their number. Where no name tells, all models cost the same per row;
epochs and batch size make the difference.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from math import ceil
from typing import Any

from job.plan.plan import Facts
from job.study.study import Study

_WIDTH = re.compile(r"units|width|hidden|neurons|filters|channels|kernels|embedding|dim|nodes|features|heads")
_DEPTH = re.compile(r"layers|depth|blocks|stacks|repeats")

STEP = 12.0
"""Cost of a step whatever its size. The unit is about a microsecond of one CPU core, for small dense models."""
MULTIPLICATIONS = 17.0
"""Cost of a million multiplications."""
WEIGHTS = 1300.0
"""Cost of updating a million weights."""
FIT = 5_000.0
"""Cost of a fit whatever its size: building, resetting weights, storing the result."""
WIDTH = 64
DEPTH = 2
"""The hidden layers where params don't tell."""


def of_trial(study: Study, facts: Facts) -> Callable[[Mapping[str, Any]], float]:
    """Returns a function from a trial's params to its expected cost over all folds, in arbitrary units.

    The function remembers what it found for equal epochs, batch sizes, widths and depths.
    """
    settings = study.fit

    @lru_cache(maxsize=65_536)
    def known(epochs: float, batch: float, widths: tuple[float, ...], depth: float) -> float:
        millions = _multiplications(facts.width, widths, depth) / 1e6
        part = 1 - settings.validation_split
        return sum(_fit(train * part, test, epochs, batch, millions) for train, test in facts.fold_sizes)

    def cost(params: Mapping[str, Any]) -> float:
        epochs = _number(params.get("epochs"), settings.epochs)
        batch = _number(params.get("batch_size"), settings.batch_size)
        return known(epochs, batch, *_shape(params))

    return cost


def _fit(train: float, test: float, epochs: float, batch: float, millions: float) -> float:
    steps = max(1, ceil(train / batch))
    step = STEP + WEIGHTS * millions  # in a dense layer, each weight multiplies once for each row
    training = epochs * (steps * step + 3 * train * millions * MULTIPLICATIONS)  # forward, and twice that backward
    return FIT + training + (train + test) * millions * MULTIPLICATIONS


def _multiplications(inputs: int, widths: Sequence[float], depth: float) -> float:
    """Multiplications of one row through dense layers: as named one after the other, or one width ``depth`` times."""
    layers = list(widths) if len(widths) > 1 else list(widths or (WIDTH,)) * max(1, round(depth))
    path = [inputs, *layers, 1]
    return float(sum(a * b for a, b in pairwise(path)))


@cache
def _reads(name: str) -> str:
    lowered = name.lower()
    if _DEPTH.search(lowered):
        return "depth"
    return "width" if _WIDTH.search(lowered) else ""


def _shape(params: Mapping[str, Any]) -> tuple[tuple[float, ...], float]:
    widths: list[float] = []
    depth = float(DEPTH)
    for name, value in params.items():
        kind = _reads(name)
        if kind == "width":
            widths += _positive(value)
        elif kind == "depth":
            depth = next(iter(_positive(value)), depth)
    return tuple(widths), depth


def _positive(value: Any) -> list[float]:
    """Widths in a param: an integer, or a list of integers such as ``[64, 32]``."""
    values = value if isinstance(value, list | tuple) else [value]
    return [float(v) for v in values if isinstance(v, int) and not isinstance(v, bool) and v > 0]


def _number(value: Any, default: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 1
    return float(value) if is_number else float(default)


def seconds(study: Study, facts: Facts, total: float) -> float | None:
    """Returns how long trials of this total cost take one worker, by the fit that was timed; None where none was."""
    found = unit(study, facts)
    return None if found is None else total * found


def unit(study: Study, facts: Facts) -> float | None:
    """Returns the seconds of a unit of cost, by the fit that was timed; None where none was."""
    if facts.fit_time is None:
        return None
    return facts.fit_time.seconds / (of_trial(study, facts)(facts.fit_time.params) / len(facts.fold_sizes))
