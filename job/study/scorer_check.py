"""Tries a scorer on a few labels of the study's kind, to find out before training whether it can score them."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from job.study.study import Task


def refusal(scorer: Callable[..., float], task: Task, classes: Sequence[Any] | None, outputs: int, kind: str) -> str:
    """Why a scorer can't score such labels; empty when it can.

    Args:
        scorer: scikit-learn's, called with (estimator, X, y).
        task: how y is read.
        classes: the labels; a few made-up ones where they are not known.
        outputs: columns of y, for regression and multilabel.
        kind: "regression" or "classification": what the scorer is for.
    """
    if (task == "regression") != (kind == "regression"):
        return f"it is for {kind}."
    y, estimator = _example(task, classes, outputs)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scorer(estimator, y, y)
    except Exception as error:  # noqa: BLE001 - whatever it raises is its refusal
        return str(error).split(". ")[0].strip().rstrip(".") + "."
    return ""


def _example(task: Task, classes: Sequence[Any] | None, outputs: int) -> tuple[Any, Any]:
    """A few targets, and an estimator that predicts them well."""
    if task == "regression":
        column = np.linspace(1.0, 2.0, 12)
        y = column if outputs == 1 else np.stack([column + one for one in range(outputs)], axis=1)
        return y, _regressor()
    if task == "multilabel":
        labels = max(2, outputs)
        return np.eye(labels, dtype=int)[np.arange(3 * labels) % labels], _classifier([np.array([0, 1])] * labels)
    labels_ = np.asarray(classes if classes is not None else [0, 1] if task == "binary" else [0, 1, 2])
    return labels_[np.arange(3 * len(labels_)) % len(labels_)], _classifier(labels_)


def _regressor() -> Any:
    from sklearn.base import BaseEstimator, RegressorMixin

    class Told(RegressorMixin, BaseEstimator):  # type: ignore[misc]
        """Predicts what it is given."""

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict(self, X: Any) -> Any:
            """The targets themselves."""
            return X

    return Told()


def _classifier(classes: Any) -> Any:
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Told(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        """Predicts what it is given, with probabilities near one."""

        classes_ = classes

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict(self, X: Any) -> Any:
            """The labels themselves."""
            return X

        def predict_proba(self, X: Any) -> Any:
            """Probabilities (n, classes): nine tenths for the label, the rest shared."""
            hit = X if np.ndim(X) == 2 else np.equal(np.asarray(X)[:, None], np.asarray(classes)[None, :])
            return np.where(hit, 0.9, 0.1 / max(1, np.shape(hit)[1] - 1))

    return Told()
