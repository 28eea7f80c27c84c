"""What the report shows, taken from a run's table as plain values: the charts' data, small enough for one file."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from job.data.rows import Array
from job.report import importance
from job.report.axes import Axis, axis, telling
from job.report.importance import Importance
from job.report.metrics import said
from job.results.line import FitLine, legal
from job.results.table import Table
from job.store import Store

SPREAD = 20
"""How many of the best trials are shown fold by fold."""
CURVES = 5
"""How many of the best trials are shown with their learning curves."""
_SHARES = 16
_TELLING = 0.01  # of the variance, below which a pair is not worth a line
_FOLDS = 12  # curves of more folds than these can't be told apart


def gather(table: Table, store: Store, most: int) -> dict[str, Any]:
    """Return the charts' data as values that JSON has.

    Args:
        table: the run's table.
        store: where the learning curves of the best are read.
        most: how many trials to show: all, or the better half and an even choice of the rest.
    """
    shown = choose(table, most)
    means = {name: values[0] for name, values in table.moments.items()}
    columns = {name: table.trials.column(name) for name in table.trials.names}
    axes = [axis(name, column) for name, column in columns.items()]
    found = {
        "study": table.plan.study,
        "run": table.plan.run,
        "metrics": list(table.scoring),
        "said": [{"name": one.name, "sign": one.sign} for one in map(said, table.scoring)],
        "metric": table.scoring.index(table.metric),
        "all": table.plan.trials,
        "trials": _trials(table, shown),
        "params": [_param(one, shown, [telling(one, means[name]) for name in table.scoring]) for one in axes],
        "importance": [_importance(importance.of(table, name)) for name in table.scoring],
        "way": _one_way(table),
        "folds": {name: _folds(table, name) for name in table.scoring},
        "curves": [_curve(line) for line in top_lines(table, store)],
    }
    plain: dict[str, Any] = legal(found)
    return plain


def _importance(found: Importance) -> dict[str, Any]:
    """What mattered: all single params, and pairs as long as they tell something."""
    shares = [one for one in found.shares if len(one.names) == 1 or one.share >= _TELLING]
    told = [{"names": one.names, "share": _short(one.share), "deviation": _short(one.deviation)} for one in shares]
    return {"shares": told[:_SHARES], "foretold": _short(found.foretold), "trials": found.trials, "why": found.why}


def _one_way(table: Table) -> str:
    """The way all fits were trained, "" where there are several: then their times can't be compared."""
    ways = {way for way, count in table.ways.items() if count and way != "none"}
    return ways.pop() if len(ways) == 1 else ""


def choose(table: Table, most: int) -> Array:
    """Return the numbers of the trials to show: all with a result, or the best half and an even choice of the rest."""
    seen = np.flatnonzero(table.fits.done.any(axis=1))
    if len(seen) <= most:
        return seen
    order = seen[np.argsort(table.ranks[seen], kind="stable")]
    rest = np.linspace(most // 2, len(order) - 1, most - most // 2).astype(np.int64)
    found: Array = np.sort(np.concatenate([order[: most // 2], order[rest]]))
    return found


def top_lines(table: Table, store: Store) -> list[FitLine]:
    """Return the lines of the best trials' fits, whose histories the table does not hold."""
    top = [int(number) for number in table.ranking if table.trials.twin[number] < 0][:CURVES]
    lines = [line for line in table.lines(store, top) if line.fold < _FOLDS and line.history]
    return sorted(lines, key=lambda line: (top.index(line.trial), line.fold))


def _trials(table: Table, shown: Array) -> dict[str, Any]:
    fits = table.fits
    finished = fits.finished[shown].max(axis=1)
    began = fits.began if fits.done.any() else 0.0
    return {
        "number": shown.tolist(),
        "mean": [rounded(table.moments[name][0][shown]) for name in table.scoring],
        "std": [rounded(table.moments[name][1][shown]) for name in table.scoring],
        "rank": [table.moments[name][2][shown].tolist() for name in table.scoring],
        "seconds": rounded(fits.fit_seconds[shown].mean(axis=1)),
        "finished": rounded(finished - began),
        "failed": fits.failed[shown].sum(axis=1).tolist(),
        "twin": table.trials.twin[shown].tolist(),
    }


def _param(of: Axis, shown: Array, told: Sequence[float]) -> dict[str, Any]:
    values = of.values[shown]
    return {
        "name": of.name,
        "labels": list(of.labels),
        "log": of.log,
        "values": rounded(values) if not of.labels else [None if np.isnan(v) else int(v) for v in values],
        "telling": rounded(np.array(told)),
    }


def _folds(table: Table, name: str) -> list[dict[str, Any]]:
    """Return the best trials' scores fold by fold, by this scorer; duplicates would only repeat their twin's."""
    means = table.moments[name][0]
    order = np.argsort(np.where(np.isnan(means), np.inf, -means), kind="stable")
    best = [int(number) for number in order if table.trained[number] and not np.isnan(means[number])][:SPREAD]
    return [{"trial": number, "scores": rounded(table.scores[name][number])} for number in best]


def _curve(line: FitLine) -> dict[str, Any]:
    history = {name: [[epoch, _short(value)] for epoch, value in points] for name, points in line.history.items()}
    return {"trial": line.trial, "fold": line.fold, "history": history}


def rounded(values: Array) -> list[float | None]:
    """Return floats with six digits, which no pixel can tell from all; None where there is no number."""
    return [_short(value) for value in values.tolist()]


def _short(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
