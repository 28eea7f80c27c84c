"""One-hot labels in a search: scikit-learn sees columns of zeros and ones, and would fold and score them as such.

It would leave a class out of sorted rows, and has no score for columns but a few.
"""

import copy
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline

from job.data import task
from job.data.rows import Array
from job.sklearn.estimators import KerasClassifier
from job.study import sklearn_private
from job.train.estimators import ending

_FOLDS = 5  # scikit-learn's, where nothing is said


class OneHotFolds(StratifiedKFold):  # type: ignore[misc]  # scikit-learn ships no types
    """Folds with the same share of each class, of one-hot y."""

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[tuple[Array, Array]]:
        """Training and test rows of each fold."""
        del X
        labels = np.asarray(y).argmax(axis=1)
        yield from super().split(np.empty((len(labels), 1)), labels, groups)


@dataclass(frozen=True, repr=False)
class OfLabels:
    """A scorer that is given one-hot y as labels, and an estimator that predicts labels.

    Where a model's loss takes labels one by one, so that a row may have several, it is given both as they are.
    """

    scorer: Any

    def __call__(self, estimator: Any, X: Any, y: Any, **more: Any) -> Any:
        """Scores, as the scorer does."""
        _, step = ending(estimator)
        if not step.is_of_classes or not (np.ndim(y) == 1 or _is_one_hot(y)):
            return self.scorer(estimator, X, y, **more)
        labels = y if np.ndim(y) == 1 else np.asarray(y).argmax(axis=1)
        return self.scorer(_of_labels(estimator), X, labels, **more)

    @property
    def __signature__(self) -> inspect.Signature:
        """What the scorer takes: scikit-learn reads there whether weights are among it."""
        return inspect.signature(self.scorer)

    def __getattr__(self, name: str) -> Any:
        """What else scikit-learn asks a scorer for."""
        if name == "scorer" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.scorer, name)

    def __repr__(self) -> str:
        return repr(self.scorer)


def folds(estimator: Any, cv: Any, y: Any) -> Any:
    """What a search's ``cv`` means: folds of classes where it is a number, y is one-hot, and a model classifies."""
    if not (cv is None or isinstance(cv, int | np.integer)) or not _is_meant(estimator, y):
        return cv
    return OneHotFolds(_FOLDS if cv is None else int(cv))


def scoring(estimator: Any, given: Any, y: Any) -> Any:
    """What a search's ``scoring`` means: scorers of labels where y is one-hot, and a model classifies.

    None, the estimator's own score, is the same of both. A plain function is given y and predictions as they are, as in
    scikit-learn's own searches; what these refuse stays for them to refuse.
    """
    if given is None or not _is_meant(estimator, y):
        return given
    if isinstance(given, list | tuple | set) and given and all(isinstance(one, str) for one in given):
        several = {one: _scorer(one) for one in given}
        return several if len(several) == len(given) and all(map(callable, several.values())) else given
    if isinstance(given, Mapping):
        return {name: _scorer(one) for name, one in given.items()}
    return _scorer(given)


def _scorer(given: Any) -> Any:
    if isinstance(given, str):
        return OfLabels(get_scorer(given)) if given in get_scorer_names() else given
    return OfLabels(given) if sklearn_private.is_scorer(given) else given


def _is_meant(estimator: Any, y: Any) -> bool:
    _, step = ending(estimator)
    return isinstance(step, KerasClassifier) and _is_one_hot(y)


def _is_one_hot(y: Any) -> bool:
    if np.ndim(y) != 2 or np.shape(y)[1] < 2:
        return False
    values = np.asarray(y)
    return values.dtype.kind in "biuf" and task.is_one_hot(values)


def _of_labels(estimator: Any) -> Any:
    """A fitted estimator that predicts labels where it was fitted on one-hot rows."""
    if not isinstance(estimator, Pipeline):
        return estimator.of_labels()
    found = copy.copy(estimator)
    name, step = estimator.steps[-1]
    found.steps = [*estimator.steps[:-1], (name, _of_labels(step))]
    return found
