"""The joblib backend "tunejob": it sees all calls that fit models before the first runs, and lets their fits meet."""

import inspect
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from joblib import register_parallel_backend  # type: ignore[import-untyped]
from sklearn.base import clone

from job.sklearn import meeting
from job.sklearn.asks import Ask
from job.sklearn.at_once import AllAtOnce, Done
from job.sklearn.base import KerasEstimator
from job.sklearn.calls import Task
from job.sklearn.search_cache import SearchCache
from job.sklearn.theirs import is_theirs
from job.study import sklearn_private
from job.train import waits

NAME = "tunejob"

_FITTING = {sklearn_private.FIT_AND_SCORE, sklearn_private.FIT_AND_PREDICT}


class Together(AllAtOnce):
    """Runs calls one at a time, and trains together what they fit; calls nested in them meet with the others."""

    def do(self, calls: Sequence[tuple[Any, Done]]) -> None:
        """Runs all calls."""
        with meeting.opened() as kept:
            meeting.meet([_task(func, done, kept) for func, done in calls])

    def get_nested_backend(self) -> tuple[Any, int | None]:
        """The same again: calls within calls meet too."""
        return Together(nesting_level=(self.nesting_level or 0) + 1), None


def register() -> None:
    """Makes ``joblib.parallel_config("tunejob")`` known."""
    register_parallel_backend(NAME, Together)


def _task(func: Any, done: Done, kept: SearchCache) -> Task:
    return Task(partial(_timed, func), done, *_foreseen(func, kept), is_theirs(func))


def _timed(func: Any) -> Any:
    """Calls it; where scikit-learn's clock ran around a fit, it says what that took by itself."""
    before = waits.total()
    result = func()
    for one in result if len(result) == 1 else ():
        if isinstance(one, dict) and "fit_time" in one:
            one["fit_time"] = max(0.0, one["fit_time"] + waits.total() - before)
    return result


def _foreseen(func: Any, kept: SearchCache) -> tuple[Ask | None, Any]:
    """The fit that a call will ask for, and how it is handed the answer; nothing where that can't be told."""
    items = getattr(func, "items", ())
    if len(items) != 1:
        return None, None
    wrapper, args, kwargs = next(iter(items))
    function: Any = getattr(wrapper, "function", None)
    if getattr(function, "__name__", "") not in _FITTING:
        return None, None
    try:
        given = inspect.signature(function).bind(*args, **kwargs).arguments
        return _asked(kept, **{name: given.get(name) for name in _GIVEN})
    except Exception:  # noqa: BLE001  # raised again where scikit-learn fits it, and told as it tells it
        return None, None


_GIVEN = ("estimator", "X", "y", "train", "parameters", "fit_params")


def _asked(
    kept: SearchCache, estimator: Any, X: Any, y: Any, train: Any, parameters: Any, fit_params: Any
) -> tuple[Ask | None, Any]:
    fit_params = fit_params or {}
    if getattr(type(estimator), "fit", None) is not KerasEstimator.fit:
        return None, None  # none of ours, or a subclass whose own fit may train on something else
    if not set(fit_params) <= {"sample_weight"}:
        return None, None
    if parameters is not None:
        estimator.set_params(**clone(parameters, safe=False))
    train = np.asarray(train)  # of all calls of a split one array, and one it stays: there may be thousands
    train = np.flatnonzero(train) if train.dtype == bool else train.astype(np.int64, copy=False)
    if train.size and train.min() < 0:  # counted from the last of X, behind which validation data will lie
        train = np.arange(sklearn_private.count_rows(X))[train]
    ask = estimator.foreseen(kept, X, y, fit_params.get("sample_weight"), train)
    return (None, None) if ask is None else (ask, partial(estimator.foretell, ask))
