"""``cv_results_`` as scikit-learn's searches give it: the same columns, dtypes, masks and ranks."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from job.data.rows import Array
from job.results.ranks import lowest
from job.results.trials import Trials


def columns(
    trials: Trials,
    fit_seconds: Array,
    score_seconds: Array,
    scores: Mapping[str, Array],
    train_scores: Mapping[str, Array],
) -> dict[str, Any]:
    """Return the columns in scikit-learn's order; all arrays are (trials, folds).

    A single scorer is called "score", as scikit-learn does. ``train_scores`` is empty when they are not asked for.
    """
    found: dict[str, Any] = {}
    found.update(_moments("fit_time", fit_seconds))
    found.update(_moments("score_time", score_seconds))
    found.update({f"param_{name}": trials.column(name) for name in trials.names})
    found["params"] = list(trials)
    for scorer, array in scores.items():
        name = "score" if len(scores) == 1 else scorer
        found.update(_splits(f"test_{name}", array))
        found.update(_moments(f"test_{name}", array))
        found[f"rank_test_{name}"] = ranks(found[f"mean_test_{name}"])
        if train_scores:
            found.update(_splits(f"train_{name}", train_scores[scorer]))
            found.update(_moments(f"train_{name}", train_scores[scorer]))
    return found


def ranks(means: Array) -> Array:
    """Return int32 ranks from 1, ties sharing the lowest, NaN sharing the last; all 1 when all are NaN."""
    if np.isnan(means).all():
        return np.ones_like(means, dtype=np.int32)
    filled = np.nan_to_num(means, nan=np.nanmin(means) - 1)
    found: Array = lowest(-filled).astype(np.int32, copy=False)
    return found


def _splits(name: str, array: Array) -> dict[str, Array]:
    return {f"split{fold}_{name}": array[:, fold] for fold in range(array.shape[1])}


def moments(array: Array) -> tuple[Array, Array]:
    """Return means and standard deviations (trials,) over folds, by scikit-learn's own steps, to the last bit."""
    with np.errstate(invalid="ignore"):  # infinite scores have no spread
        means = np.average(array, axis=1)
        deviations = np.sqrt(np.average((array - means[:, np.newaxis]) ** 2, axis=1))
    return means, deviations


def _moments(name: str, array: Array) -> dict[str, Array]:
    means, deviations = moments(array)
    return {f"mean_{name}": means, f"std_{name}": deviations}
