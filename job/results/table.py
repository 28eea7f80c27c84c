"""The table of a run: every trial with its scores over all folds, complete or not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from job.data.rows import Array
from job.plan.plan import Plan
from job.results import cv_results, failures
from job.results.failures import Cause
from job.results.fits import Fits
from job.results.line import FitLine, load_lines
from job.results.trials import Trials
from job.store import Store
from job.study.study import Study


@dataclass(frozen=True)
class Score:
    """What one trial scored by one scorer: greater is better; rank 1 is the best."""

    mean: float
    std: float
    rank: int
    folds: tuple[float, ...]


@dataclass(frozen=True)
class Ranked:
    """One trial with its scores by each scorer."""

    number: int
    params: dict[str, Any]
    scores: dict[str, Score]
    fit_seconds: float
    """The mean over its folds."""
    failed: int
    """How many of its fits failed."""


@dataclass(frozen=True, eq=False)
class Table:
    """All trials of a run at one moment; duplicates have their twin's fits.

    Attributes:
        study: what was declared.
        plan: what was to run.
        trials: every trial's params.
        fits: scores and times, (trials, folds), as the fits gave them.
    """

    study: Study
    plan: Plan
    trials: Trials
    fits: Fits

    @property
    def scoring(self) -> tuple[str, ...]:
        """The scorers' names, the task's default filled in."""
        return self.plan.facts.scoring

    @property
    def metric(self) -> str:
        """The scorer that ranks: the one named by ``refit``, else the first."""
        return self.study.refit if isinstance(self.study.refit, str) else self.scoring[0]

    @cached_property
    def scores(self) -> dict[str, Array]:
        """For each scorer (trials, folds): a failed fit has ``error_score``, a missing one NaN."""
        return {name: self._with_errors(array) for name, array in self.fits.scores.items()}

    @cached_property
    def cv_results_(self) -> dict[str, Any]:
        """scikit-learn's ``cv_results_``, ready for ``pandas.DataFrame``; a trial with missing fits has NaN means."""
        train = {name: self._with_errors(array) for name, array in self.fits.train_scores.items()}
        return cv_results.columns(self.trials, self.fits.fit_seconds, self.fits.score_seconds, self.scores, train)

    @property
    def means(self) -> Array:
        """Each trial's mean score (n,) by the metric."""
        return self.moments[self.metric][0]

    @property
    def ranks(self) -> Array:
        """Each trial's rank (n,) int32 by the metric."""
        return self.moments[self.metric][2]

    @property
    def ranking(self) -> Array:
        """Trial numbers from best to worst: of those with a mean score, ties by number."""
        order = np.lexsort((np.arange(len(self.ranks)), self.ranks))
        found: Array = order[~np.isnan(self.means[order])]
        return found

    @property
    def best(self) -> Ranked | None:
        """The trial scikit-learn would refit: the first of rank 1; None before any trial has all its scores."""
        return next(self.ranked(), None)

    def ranked(self) -> Iterator[Ranked]:
        """Yield the trials that have a mean score, from best to worst."""
        return (self.trial(int(number)) for number in self.ranking)

    def trial(self, number: int) -> Ranked:
        """Return one trial with its scores."""
        scores = {}
        for name, (means, deviations, ranks) in self.moments.items():
            folds = tuple(self.scores[name][number].tolist())
            scores[name] = Score(float(means[number]), float(deviations[number]), int(ranks[number]), folds)
        seconds = float(np.mean(self.fits.fit_seconds[number]))
        return Ranked(number, self.trials[number], scores, seconds, int(self.fits.failed[number].sum()))

    @property
    def failures(self) -> tuple[Cause, ...]:
        """Why fits failed, the most frequent cause first; a duplicate's are not counted again."""
        return self.fits.failures.causes(np.where(self.trained[:, np.newaxis], self.fits.cause, -1))

    @property
    def failure_summary(self) -> str:
        """What failed, in lines for a person: how many fits of how many, by cause; "" where none did."""
        return "\n".join(failures.told(self.failures, self.failed, self.plan.fits))

    @property
    def overwritten(self) -> str:
        """Files that callbacks of several fits wrote, in a sentence; "" where there is none."""
        shared = [(file, count) for file, count in self.fits.wrote.most_common() if count > 1]
        if not shared:
            return ""
        file, count = shared[0]
        more = f", and {len(shared) - 1:,} more such files" if len(shared) > 1 else ""
        return (
            f"{count:,} fits wrote {file}{more}: each overwrote what another had written. A path that a callback takes "
            "as an argument has `{trial}` and `{fold}` filled in, such as "
            "`callbacks: [{mine:Saving: {path: 'best-{trial}-{fold}.keras'}}]`"
        )

    @property
    def trained(self) -> Array:
        """Which trials train (n,) bool: all but duplicates."""
        found: Array = self.trials.twin < 0
        return found

    @property
    def done(self) -> int:
        """How many fits are stored, failed ones too; the whole is ``plan.fits``."""
        return int(self.fits.done[self.trained].sum())

    @property
    def failed(self) -> int:
        """How many fits failed."""
        return int(self.fits.failed[self.trained].sum())

    @property
    def taken(self) -> int:
        """How many fits an earlier run trained."""
        return int(self.fits.taken[self.trained].sum())

    @property
    def hopeless(self) -> bool:
        """Whether all fits are there and none succeeded; ``error_score`` may still have ranked them."""
        return self.failed == self.plan.fits

    @property
    def scoreless(self) -> bool:
        """Whether all fits are there, some succeeded, and yet no trial has a score on every fold."""
        return not len(self.missing) and not self.hopeless and not len(self.ranking)

    @property
    def missing(self) -> Array:
        """The numbers of the trials that lack a fit, duplicates too."""
        return np.flatnonzero(~self.fits.done.all(axis=1))

    @property
    def ways(self) -> dict[str, int]:
        """How many fits were trained in each way."""
        ways = self.fits.way[self.trained]
        return {way: int((ways == code).sum()) for code, way in enumerate(self.fits.ways)}

    def timed(self, most: int = 500) -> Iterator[tuple[dict[str, Any], float]]:
        """Yield params and seconds of some fits that succeeded, for an estimate of others."""
        good = np.argwhere(self.fits.done & ~self.fits.failed & self.trained[:, np.newaxis])
        for trial, fold in good[:: max(1, len(good) // most)][:most].tolist():
            yield self.trials[trial], float(self.fits.fit_seconds[trial, fold])

    def lines(self, store: Store, numbers: Iterable[int]) -> Iterator[FitLine]:
        """Read again the whole lines of some trials, for what the table does not hold: their histories."""
        twins = self.trials.twin
        wanted = {int(twins[number]) if twins[number] >= 0 else int(number) for number in numbers}
        sources = np.unique(self.fits.source[sorted(wanted)]) if wanted else ()
        keys = {self.fits.keys[source] for source in sources if source >= 0}
        for key, data in store.read_many(sorted(keys)):
            for line in load_lines(data, key):
                if line.trial in wanted and self.fits.keys[self.fits.source[line.trial, line.fold]] == key:
                    yield line

    @cached_property
    def moments(self) -> dict[str, tuple[Array, Array, Array]]:
        """Each trial's mean score, standard deviation and rank, (n,) each, by each scorer."""
        found = {name: cv_results.moments(array) for name, array in self.scores.items()}
        return {name: (means, deviations, cv_results.ranks(means)) for name, (means, deviations) in found.items()}

    def _with_errors(self, array: Array) -> Array:
        error = np.nan if self.study.error_score == "raise" else self.study.error_score
        return np.where(self.fits.failed, error, array)
