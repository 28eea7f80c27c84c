"""Which calls are scikit-learn's alone, so that they can come to no Keras fit, and need wait for none."""

from collections.abc import Iterable, Mapping
from typing import Any

_MODULE = "sklearn."
_SEARCHES = "job.sklearn.searches"
"""Ours, which fit nothing but their estimators."""


def is_theirs(func: Any) -> bool:
    """Whether a call is of scikit-learn's own functions over estimators that are all its own, with all they hold.

    Args:
        func: as joblib hands it to a backend.
    """
    items = getattr(func, "items", ())
    return len(items) > 0 and all(_is_own(*item) for item in items)


def _is_own(wrapper: Any, args: Iterable[Any], kwargs: Mapping[str, Any]) -> bool:
    function = getattr(wrapper, "function", None)
    given = [one for one in (*args, *kwargs.values()) if _may_hold(one)]
    estimators = [one for one in given if hasattr(one, "get_params")]
    return _module(function).startswith(_MODULE) and bool(estimators) and not _holds_other(given, {})


def _may_hold(value: Any) -> bool:
    return hasattr(value, "get_params") or isinstance(value, Mapping)


def _holds_other(value: Any, seen: dict[int, Any]) -> bool:
    """Whether an estimator that is not scikit-learn's is in a value, however deep; it may hold itself."""
    if id(value) in seen:
        return False
    if isinstance(value, Mapping | list | tuple):
        seen[id(value)] = value  # held, so that its number stays its own
        return any(_holds_other(one, seen) for one in (value.values() if isinstance(value, Mapping) else value))
    if isinstance(value, type) or not hasattr(value, "get_params"):
        return hasattr(value, "fit")
    if not _module(type(value)).startswith((_MODULE, _SEARCHES)):
        return True
    seen[id(value)] = value
    return _holds_other(value.get_params(deep=False), seen)


def _module(value: Any) -> str:
    return str(getattr(value, "__module__", ""))
