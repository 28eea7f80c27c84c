"""What is private in scikit-learn's scorers, and no public way tells; each name once.

``tests/train/patches/test_private.py`` names them all.
"""

import copy
import inspect
from collections.abc import Mapping
from typing import Any


def is_scorer(value: Any) -> bool:
    """Whether something is a scorer as ``make_scorer`` makes them; nothing public is their base."""
    from sklearn.metrics._scorer import _BaseScorer

    return isinstance(value, _BaseScorer)


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
