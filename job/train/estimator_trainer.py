"""Fits of scikit-learn estimators with a Keras estimator in them: trained by scikit-learn, the Keras part together."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from job.data.rows import Indices, Rows
from job.study.study import Study
from job.train import device_faults, estimators, failures, pulse, waits
from job.train.fits import Build, FitRequest, Reading, Trained
from job.train.groups import Checkpoint, Group
from job.train.scoring import Scored, named
from job.train.ways import Way

TOGETHER = "tunejob"
"""The joblib backend under which Keras fits of several calls train together; the estimators bring it along."""
_MOST = 200
"""Fits that are handed over at a time, each with its own transformed rows until it is trained."""
WEIGHED = "takes_sample_weight"
"""What a scorer has that is given the weights of the rows that it scores, where the data has some."""
INSTEAD = "score_instead"
"""What a function that makes estimators has where a scorer that raises leaves a fit its other scores, as in
scikit-learn's own searches: the score in its place. In a study of a user's own, such a fit fails."""
_WHY = "scikit-learn fits the estimator as it is written"


@dataclass(frozen=True, eq=False)
class TrainedEstimator(Trained):
    """One fit of an estimator, scored already: scikit-learn's scorers were given the estimator itself."""

    scored: Scored = field(default_factory=Scored)


@dataclass(frozen=True, eq=False)
class EstimatorTrainer:
    """Trains the fits of one study whose models are estimators; has the methods of ``Trainer`` that shards use.

    Attributes:
        build: the user's.
        study: as planned.
        rows: the study's.
        scorers: of the study.
        epochs: of each fit, in place of whatever the study and the user's code say; None: as they say.
    """

    build: Build
    study: Study
    rows: Rows
    scorers: Mapping[str, Any]
    epochs: int | None = None
    traced: int = 0

    def look(self, request: FitRequest) -> None:
        """Makes the estimator of a request, so that one that kills the process is blamed; the fit tells the rest."""
        with suppress(Exception):
            estimators.made(self.build, self.study, request.params, request.seed)

    def groups(self, requests: Sequence[FitRequest]) -> Iterator[Group]:
        """Divides requests into groups, each stored as one."""
        for begin in range(0, len(requests), _MOST):
            yield Group(tuple(requests[begin : begin + _MOST]))

    def is_shared(self, group: Group) -> None:
        """Whether cores should share a group's operations: not known before."""

    def train(self, group: Group, checkpoint: Checkpoint | None = None) -> list[Trained]:
        """Trains and scores a group; a fit that fails is a ``Trained`` with its failure, never an exception."""
        del checkpoint  # each fit's preprocessing would have to be kept too
        calls = [delayed(self._one)(request) for request in group.requests]
        with pulse.excused("fitting estimators"), joblib.parallel_config(TOGETHER):
            found: list[Trained] = Parallel(n_jobs=2)(calls)  # scikit-learn's, whose config it takes to each thread
        return found

    def _one(self, request: FitRequest) -> TrainedEstimator:
        began = perf_counter() - waits.total()
        numbers = np.concatenate([request.train, request.validation])
        estimator = None
        try:
            estimator = estimators.made(self.build, self.study, request.params, request.seed, epochs=self.epochs)
            estimators.fit(estimator, self.rows, numbers)
            fitted = perf_counter()
            trained = fitted + waits.total()
            scores = self._scores(estimator, request.test)
            train = self._scores(estimator, numbers) if request.predict_train else None
            scored = Scored(scores, train, perf_counter() - fitted)
        except Exception as error:  # noqa: BLE001  # a failed fit is data
            device_faults.check(error)
            trained, scored = perf_counter() + waits.total(), Scored(failure=failures.of(error))
        return _trained(request, estimator, scored, max(0.0, trained - began))

    def _scores(self, estimator: Any, numbers: Indices) -> dict[str, float]:
        X, y = estimators.rows_of(self.rows, numbers), self.rows.y[numbers]
        scores: dict[str, float] = {}
        for name, scorer in self.scorers.items():
            weight = self.rows.sample_weight if getattr(scorer, WEIGHED, False) else None
            more = {} if weight is None else {"sample_weight": weight[numbers]}
            try:
                scores |= named(name, partial(scorer, **more), estimator, X, y)
            except Exception as error:
                device_faults.check(error)
                if (instead := self._instead()) is None:
                    raise
                warnings.warn(f"scoring failed: {name} is set to {instead}: {failures.brief(error)}", stacklevel=1)
                scores[name] = instead
        return scores

    def _instead(self) -> float | None:
        """The score of a scorer that raised; None where the fit fails, as where one is tried, so that it is told."""
        return getattr(self.build, INSTEAD, None) if self.epochs is None else None


def _trained(request: FitRequest, estimator: Any, scored: Scored, seconds: float) -> TrainedEstimator:
    """What is kept of a fit: the Keras estimator's history, and how it says it was trained."""
    step = None if estimator is None or scored.failure is not None else estimators.last_step(estimator)[1]
    history = {name: [float(one) for one in values] for name, values in getattr(step, "history_", {}).items()}
    way = Way(getattr(step, "way_", Way.FIT))
    why = str(getattr(step, "trained_by_", "nothing was trained")).removeprefix(f"{way}: ")
    return TrainedEstimator(
        request=request,
        history=history,
        test_outputs=None,
        train_outputs=None,
        reading=Reading(),
        epochs=max(map(len, history.values()), default=0),
        seconds=seconds,
        predict_seconds=scored.seconds,
        way=way,
        why=f"{_WHY}; its Keras model: {why}",
        failure=scored.failure,
        scored=scored,
    )
