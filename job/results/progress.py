"""How far a run is: each look reads only the result objects that are new."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from job.plan.plan import Plan
from job.results.aggregate import empty
from job.results.cv_results import moments
from job.results.failures import Cause
from job.results.line import load_lines
from job.store import Store
from job.store.keys import RunKeys
from job.study.study import Study


@dataclass(frozen=True)
class Best:
    """The best trial so far among those with all their scores."""

    trial: int
    score: float
    params: dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """What one look at a run found."""

    done: int  # fits stored, failed ones too
    fits: int  # that the run has
    failed: int
    best: Best | None
    seconds: float  # the mean of a fit's training and scoring; NaN before the first


class Progress:
    """The running count of a run's results, for a live display."""

    def __init__(self, store: Store, keys: RunKeys, plan: Plan, study: Study) -> None:
        self._store, self._prefix, self._total = store, keys.results_prefix, plan.fits
        self._fits = empty(plan, study)
        self._scores = self._fits.scores[study.refit if isinstance(study.refit, str) else plan.facts.scoring[0]]
        self._error_score = np.nan if study.error_score == "raise" else study.error_score
        self._read: set[str] = set()
        self._best: Best | None = None

    def look(self) -> Seen:
        """Read the result objects that are new since the last look, and count anew."""
        new = [entry.key for entry in self._store.list(self._prefix) if entry.key not in self._read]
        for key, data in self._store.read_many(new):
            self._fits.add(key, data)
            self._read.add(key)
        if new:
            self._find_best()
        fits = self._fits
        seconds = fits.fit_seconds[fits.done] + fits.score_seconds[fits.done]
        mean = float(seconds.mean()) if len(seconds) else np.nan
        return Seen(len(seconds), self._total, int(fits.failed.sum()), self._best, mean)

    @property
    def failures(self) -> tuple[Cause, ...]:
        """Why fits failed so far, the most frequent cause first."""
        return self._fits.failures.causes(self._fits.cause)

    def _find_best(self) -> None:
        means, _ = moments(np.where(self._fits.failed, self._error_score, self._scores))
        if np.isnan(means).all():
            return
        trial = int(np.nanargmax(means))
        if self._best is None or trial != self._best.trial:
            key = self._fits.keys[self._fits.source[trial, 0]]
            lines = load_lines(self._store.read(key), key)
            params = next(line.params for line in lines if line.trial == trial)
            self._best = Best(trial, float(means[trial]), params)
