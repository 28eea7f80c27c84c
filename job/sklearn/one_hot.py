"""Folds of one-hot labels: scikit-learn sees columns of zeros and ones, and would leave a class out of sorted rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

from job.data import task
from job.data.rows import Array
from job.sklearn.estimators import KerasClassifier
from job.train.estimators import ending

_FOLDS = 5  # scikit-learn's, where nothing is said


class OneHotFolds(StratifiedKFold):  # type: ignore[misc]  # scikit-learn ships no types
    """Folds with the same share of each class, of one-hot y."""

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[tuple[Array, Array]]:
        """Training and test rows of each fold."""
        del X
        labels = np.asarray(y).argmax(axis=1)
        yield from super().split(np.empty((len(labels), 1)), labels, groups)


def folds(estimator: Any, cv: Any, y: Any) -> Any:
    """What a search's ``cv`` means: folds of classes where it is a number, y is one-hot, and a model classifies."""
    _, step = ending(estimator)
    if not isinstance(step, KerasClassifier) or not (cv is None or isinstance(cv, int | np.integer)):
        return cv
    if np.ndim(y) != 2 or np.shape(y)[1] < 2:
        return cv
    values = np.asarray(y)
    if values.dtype.kind not in "biuf" or not task.is_indicator(values) or not task.is_one_hot(values):
        return cv
    return OneHotFolds(_FOLDS if cv is None else int(cv))
