"""A trained fit scored by scikit-learn's scorers, from predictions made once for all of them."""

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from job.data.rows import Array, Indices, Rows
from job.results.line import FitFailure
from job.study import sklearn_private
from job.study.mistakes import listed
from job.study.own_scorers import ReadsOutputs
from job.train import device_faults, failures, outputs
from job.train.fits import Outputs, Trained
from job.train.outputs import Predictions


class NamesVary(Exception):  # the fit's failure is named by it
    """A scorer that returns a dict gives scores of other names than it gave for other rows."""


@dataclass(frozen=True)
class Scored:
    """One fit's scores by scorer, or why there are none.

    Attributes:
        scores: on the test fold; empty when the fit failed.
        train_scores: on the fold's training rows, when asked for.
        seconds: for predicting and scoring.
        failure: the fit's own, or that of reading or scoring its predictions.
    """

    scores: Mapping[str, float] = field(default_factory=dict)
    train_scores: Mapping[str, float] | None = None
    seconds: float = 0.0
    failure: FitFailure | None = None


class _Predicted(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """What scorers take for an estimator: it has predicted already.

    Args:
        predictions: for the rows that are scored, in their order.
        classes: of the whole y, as scikit-learn's ``classes_``.
    """

    def __init__(self, predictions: Predictions, classes: Array | None = None) -> None:
        self.predictions = predictions
        self.classes = classes
        if classes is not None:
            self.classes_ = classes

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: Any) -> Array:
        """Labels or amounts of the rows scored."""
        return self._of(self.predictions.labels, X)

    @available_if(lambda self: self.predictions.probabilities is not None)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Array:
        """Probabilities (n, classes); absent when the model's outputs are none."""
        return self._of(self.predictions.probabilities, X)

    @available_if(lambda self: self.predictions.distances is not None)  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Array:
        """The greater, the more likely; of two classes above zero for the second; absent for regression."""
        return self._of(self.predictions.distances, X)

    def _of(self, found: Array | None, X: Any) -> Array:
        if found is None or len(found) != _rows(X):
            raise ValueError(
                "predictions are made once, for all rows of a fold in their order; a scorer can't ask for other rows"
            )
        return found


class PredictedClassifier(ClassifierMixin, _Predicted):  # type: ignore[misc]
    """A classifier that has predicted already."""


class PredictedRegressor(RegressorMixin, _Predicted):  # type: ignore[misc]
    """A regressor that has predicted already."""


def score(trained: Trained, rows: Rows, scorers: Mapping[str, Any], names: Collection[str] = ()) -> Scored:
    """Scores one fit on its test fold, and on its training rows when these were predicted.

    Args:
        trained: by whichever way.
        rows: the study's.
        scorers: ``scorer(estimator, X, y) -> float`` by name, greater is better.
        names: of the scores that there must be; any where there are none.

    Returns:
        Scores, or a failure: outputs that fit no task or are not finite, a scorer that raised. Never an exception.
    """
    began = perf_counter()
    request = trained.request
    if trained.failure is not None or trained.test_outputs is None:
        return Scored(failure=trained.failure, seconds=trained.predict_seconds)
    train_rows = np.concatenate([request.train, request.validation])
    try:
        scores = _scores(trained, trained.test_outputs, request.test, rows, scorers)
        _check_names(scores, names)
        train = None
        if trained.train_outputs is not None:
            train = _scores(trained, trained.train_outputs, train_rows, rows, scorers)
    except Exception as error:  # noqa: BLE001  # a failed fit is data
        device_faults.check(error)
        return Scored(failure=failures.of(error), seconds=trained.predict_seconds + perf_counter() - began)
    return Scored(scores, train, trained.predict_seconds + perf_counter() - began)


def _scores(
    trained: Trained, found: Outputs, numbers: Indices, rows: Rows, scorers: Mapping[str, Any]
) -> dict[str, float]:
    estimator = None
    if not all(isinstance(one, ReadsOutputs) for one in scorers.values()):
        predictions = outputs.read(found, trained.reading, rows)
        kind = PredictedRegressor if rows.task == "regression" else PredictedClassifier
        estimator = kind(predictions, rows.classes)
    else:
        outputs.check_finite(found)
    scores: dict[str, float] = {}
    for name, scorer in scorers.items():
        scores |= called(name, scorer, estimator, found, rows, numbers)
    return scores


def _check_names(scores: Collection[str], names: Collection[str]) -> None:
    """Raises NamesVary where a run's table would have no place for a score, or no score for a place."""
    if names and set(scores) != set(names):
        lacking, more = (listed(sorted(set(a) - set(b))) for a, b in ((names, scores), (scores, names)))
        told = " and ".join([f"{lacking} missing"] * bool(lacking) + [f"{more} more"] * bool(more))
        raise NamesVary(
            f"the scores have other names than when scorers were tried on the folds' labels: {told}. A scorer that "
            "returns a dict must give the same names for any rows and predictions; NaN says that one has no value"
        )


def called(
    name: str, scorer: Any, estimator: Any, found: Outputs | None, rows: Rows, numbers: Indices
) -> dict[str, float]:
    """What one scorer makes of some rows' predictions; of one that returns a dict, a score for each of its names.

    scikit-learn's own scorers need no rows, only their count.
    """
    if not isinstance(scorer, ReadsOutputs):
        X = numbers if sklearn_private.is_scorer(scorer) else _taken(rows.X, numbers)
        return named(name, scorer, estimator, X, rows.y[numbers])
    return named(name, lambda _, outputs, y: scorer.function(y, outputs), None, found, _taken(rows.given, numbers))


def named(name: str, scorer: Any, estimator: Any, X: Any, y: Any) -> dict[str, float]:
    """What ``scorer(estimator, X, y)`` gives, by its name; of a dict, a score for each of its names."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a fold without a class warns once for each fit; the score says it
            score = scorer(estimator, X, y)
            return {key: float(one) for key, one in (score.items() if isinstance(score, Mapping) else [(name, score)])}
    except Exception as error:
        error.add_note(f"raised by the scorer {name}")
        raise


def _taken(given: Any, numbers: Indices) -> Any:
    """Some rows of an array, of a table, or of several arrays."""
    if isinstance(given, Mapping):
        return {name: array[numbers] for name, array in given.items()}
    if isinstance(given, tuple):
        return tuple(array[numbers] for array in given)
    return given.iloc[numbers] if hasattr(given, "iloc") else given[numbers]


def _rows(X: Any) -> int:
    if isinstance(X, Mapping):
        return len(next(iter(X.values())))
    return len(X[0]) if isinstance(X, tuple) else len(X)
