"""What is private in scikit-learn and joblib, and no public way tells; each name once.

One of TensorFlow's is here too, for whoever looks at its datasets and never imports it.
``tests/train/patches/test_private.py`` names them all.
"""

import copy
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

FIT_AND_SCORE, FIT_AND_PREDICT = "_fit_and_score", "_fit_and_predict"
"""scikit-learn's own functions that fit one estimator on some rows: ``(estimator, X, y, train=…, …)``."""
REMAINDER = "sklearn.compose._column_transformer._RemainderColsList"
"""What a fitted ``ColumnTransformer`` of scikit-learn 1.6 and 1.7 holds, and skops does not know as scikit-learn's."""

INPUTS = "_inputs"
"""A method of a ``tf.data.Dataset`` that gives those that it is made of."""
OF_ESTIMATORS = ("_metadata_request", "_sklearn_output_config")
"""What scikit-learn keeps in an estimator beside its parameters, and copies when it clones one."""


def scorer_type() -> Any:
    """What scorers are as ``make_scorer`` makes them: those alone share predictions; nothing public is their base."""
    from sklearn.metrics._scorer import _BaseScorer

    return _BaseScorer


def is_scorer(value: Any) -> bool:
    """Whether something is such a scorer."""
    return isinstance(value, scorer_type())


def scored(scorer: Any, caller: Any, estimator: Any, X: Any, y: Any, **more: Any) -> Any:
    """What it makes of predictions that ``caller(estimator, method, X, …)`` returns, and may remember."""
    return scorer._score(caller, estimator, X, y, **more)


def metric(scorer: Any) -> Any:
    """The function of ``sklearn.metrics`` that a scorer calls."""
    return scorer._score_func


def takes(scorer: Any) -> Mapping[str, inspect.Parameter]:
    """What that function takes."""
    return inspect.signature(metric(scorer)).parameters


def given(scorer: Any) -> dict[str, Any]:
    """What a scorer calls it with."""
    return dict(scorer._kwargs)


def with_given(scorer: Any, arguments: Mapping[str, Any]) -> Any:
    """A scorer that calls it with other arguments."""
    found = copy.copy(scorer)
    found._kwargs = dict(arguments)
    return found


def wants_probabilities(scorer: Any) -> bool:
    """Whether a scorer compares probabilities, and nothing else will do."""
    return is_scorer(scorer) and scorer._response_method in ("predict_proba", ("predict_proba",))


def wants_labels(scorer: Any) -> bool:
    """Whether a scorer compares labels, and not what they are chosen by."""
    return bool(scorer._response_method == "predict")


def checked_weights(weights: Any, rows: int) -> Any:
    """Weights of rows as scikit-learn's estimators take them: an array, or one number for all.

    Raises:
        ValueError: not one for each row.
    """
    from sklearn.utils.validation import _check_sample_weight

    return _check_sample_weight(weights, np.empty((rows, 1)))


def count_rows(values: Any) -> int:
    """How many rows there are in what scikit-learn takes as rows.

    Raises:
        TypeError: it has none.
    """
    from sklearn.utils.validation import _num_samples

    return int(_num_samples(values))


def copy_requests(estimator: Any, other: Any) -> None:
    """Has another estimator request what one does by ``set_fit_request`` and the like, as ``clone`` has it."""
    if hasattr(estimator, "_metadata_request"):
        other._metadata_request = copy.deepcopy(estimator._metadata_request)


def drop_requests(estimator: Any) -> None:
    """Has an estimator, and all that it is made of, request nothing."""
    for one in (estimator, *estimator.get_params(deep=True).values()):
        getattr(one, "__dict__", {}).pop("_metadata_request", None)


def raise_if_aborting(parallel: Any) -> None:
    """Raises what made a joblib ``Parallel`` give up, if anything did: what its calls' own generator raised."""
    if parallel._aborting:
        parallel._raise_error_fast()
