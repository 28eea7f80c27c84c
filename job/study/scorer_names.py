"""scikit-learn's scorers by name: which there are, what each is for and gives, and what else people call them."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Literal

from job.study import sklearn_private
from job.study.forms import SPEC

OTHER_WORDS = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "log_loss": "neg_log_loss",
    "loss": "neg_log_loss",
    "mae": "neg_mean_absolute_error",
    "mape": "neg_mean_absolute_percentage_error",
    "mse": "neg_mean_squared_error",
    "rmse": "neg_root_mean_squared_error",
    "max_error": "neg_max_error",
}
"""Names of metrics and losses, and the scorer that is meant."""

REGRESSION = frozenset(
    {
        "explained_variance", "neg_max_error", "neg_mean_absolute_error", "neg_mean_absolute_percentage_error",
        "neg_mean_squared_error", "neg_mean_squared_log_error", "neg_median_absolute_error",
        "neg_root_mean_squared_error", "r2",
    }
)  # fmt: skip
"""Scorers of amounts that every scikit-learn allowed here has, so that most studies are read without importing it."""
CLASSIFICATION = frozenset(
    {
        "accuracy", "average_precision", "balanced_accuracy", "f1", "f1_macro", "f1_micro", "f1_weighted",
        "matthews_corrcoef", "neg_brier_score", "neg_log_loss", "precision", "precision_macro", "precision_weighted",
        "recall", "recall_macro", "recall_weighted", "roc_auc", "roc_auc_ovo", "roc_auc_ovr", "top_k_accuracy",
    }
)  # fmt: skip
"""Those of classes."""
COMMON = REGRESSION | CLASSIFICATION
_SHARES = (
    "accuracy", "average_precision", "balanced_accuracy", "f1", "jaccard", "precision", "recall", "roc_auc",
    "top_k_accuracy",
)  # fmt: skip
"""What begins so lies between 0 and 1."""


def task_of(names: Sequence[str]) -> Literal["regression", "classification"] | None:
    """What the named scorers are for; None where they don't say, or are the user's own."""
    kinds = {kind(name) for name in names if not SPEC.fullmatch(name)}
    return kinds.pop() if len(kinds) == 1 else None


def bounds(name: str) -> tuple[float, float]:
    """The least and the most that a scorer of scikit-learn's can give; infinite where there is no end or none known."""
    if name.startswith("neg_"):
        return -math.inf, 0.0
    if name in _SHARES or name.startswith(tuple(f"{one}_" for one in _SHARES)):
        return 0.0, 1.0
    if name == "matthews_corrcoef":
        return -1.0, 1.0
    return -math.inf, 1.0 if name in ("r2", "explained_variance") or name.startswith("d2_") else math.inf


@cache
def known() -> tuple[str, ...]:
    """All names that scikit-learn's ``get_scorer`` knows."""
    from sklearn.metrics import get_scorer_names  # two seconds to import

    return tuple(get_scorer_names())


@cache
def kind(name: str) -> Literal["regression", "classification"]:
    """What a scorer of scikit-learn's is for."""
    if name in COMMON:
        return "regression" if name in REGRESSION else "classification"
    from sklearn.metrics import get_scorer

    module = sklearn_private.metric(get_scorer(name)).__module__
    return "regression" if "regression" in module else "classification"
