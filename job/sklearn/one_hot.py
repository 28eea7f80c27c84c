"""One-hot labels in a search: scikit-learn sees columns of zeros and ones, and would fold and score them as such.

It would leave a class out of sorted rows, and has no score for columns but a few.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import StratifiedKFold

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


class OfLabels(sklearn_private.scorer_type()):  # type: ignore[misc]  # scikit-learn ships no types
    """A scorer that is given one-hot y as labels, and predictions as labels too.

    Where a model's loss takes labels one by one, so that a row may have several, it is given both as they are; so it
    is where an estimator of the user's own predicts several, and of all estimators that are not ours.
    It is a scorer as scikit-learn's are, so that several share what an estimator predicts.
    """

    def __init__(self, scorer: Any) -> None:
        self.__dict__.update(vars(scorer))  # what it requests, and how: scikit-learn reads it there
        self.scorer = scorer

    def _score(self, method_caller: Any, estimator: Any, X: Any, y_true: Any, **more: Any) -> Any:
        """Scores, as the scorer does; ``method_caller(estimator, method, X, …)`` returns what the method does."""

        def said(one: Any, method: str, *given: Any, **others: Any) -> Any:
            found = method_caller(one, method, *given, **others)
            return _labels(found) if method == "predict" else found

        y = _labels(y_true)
        if np.ndim(y) != 1 or not _is_of_classes(estimator, partial(method_caller, estimator, "predict", X)):
            return sklearn_private.scored(self.scorer, method_caller, estimator, X, y_true, **more)
        return sklearn_private.scored(self.scorer, said, estimator, X, y, **more)

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


def _labels(y: Any) -> Any:
    """One-hot rows as labels; all else as it is."""
    return np.asarray(y).argmax(axis=1) if _is_one_hot(y) else y


def _is_of_classes(estimator: Any, predict: Callable[[], Any]) -> bool:
    """Whether a fitted estimator is ours, and predicts one class a row."""
    _, step = ending(estimator)
    if not isinstance(step, KerasClassifier) or not step.is_of_classes:
        return False
    return type(step).predict is KerasClassifier.predict or np.ndim(_labels(predict())) == 1
