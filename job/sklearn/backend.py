"""The joblib backend "tunejob": it sees all calls that fit models before the first runs, and lets their fits meet."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from joblib import register_parallel_backend  # type: ignore[import-untyped]
from joblib.parallel import ParallelBackendBase  # type: ignore[import-untyped]
from sklearn.base import clone

from job.sklearn import meeting
from job.sklearn.asks import Ask
from job.sklearn.base import KerasEstimator
from job.sklearn.calls import Task
from job.sklearn.search_cache import SearchCache

NAME = "tunejob"
_AT_ONCE = 64  # what some meta-estimators divide their work by

_FITTING = {"_fit_and_score", "_fit_and_predict"}
"""scikit-learn's own functions that fit one estimator on some rows: ``(estimator, X, y, train=…, …)``."""


class Together(ParallelBackendBase):  # type: ignore[misc]  # joblib ships no types
    """Runs calls one at a time, and trains together what they fit; calls nested in them meet with the others."""

    supports_retrieve_callback = True
    supports_sharedmem = True
    uses_threads = True

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._calls: list[tuple[Any, Callable[[Any, BaseException | None], None]]] = []

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """How many calls seem to run at once: joblib asks no backend where it is one."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        return _AT_ONCE

    def configure(self, n_jobs: int = 1, parallel: Any = None, **more: Any) -> int:
        """Has all calls submitted before any is waited for."""
        self.parallel, self._calls = parallel, []
        parallel.pre_dispatch = "all"
        return super().configure(n_jobs, parallel, **more)  # type: ignore[no-any-return]

    def submit(self, func: Any, callback: Callable[[Any], None] | None = None) -> None:
        """Takes note of a call."""

        def done(result: Any, error: BaseException | None) -> None:
            if callback is not None:
                callback((result, error))

        self._calls.append((func, done))

    apply_async = submit

    def retrieve_result_callback(self, out: tuple[Any, BaseException | None]) -> Any:
        """A call's result.

        Raises:
            BaseException: what it raised.
        """
        result, error = out
        if error is not None:
            raise error
        return result

    @contextmanager
    def retrieval_context(self) -> Iterator[None]:
        """Runs all calls, before joblib asks for their results.

        Raises:
            Exception: what the calls' own generator raised, which joblib would lose where it raised before the first.
        """
        calls, self._calls = self._calls, []
        if self.parallel._aborting:  # noqa: SLF001  # joblib has no public word for either
            self.parallel._raise_error_fast()  # noqa: SLF001
        with meeting.opened() as kept:
            meeting.meet([Task(func, done, *_foreseen(func, kept)) for func, done in calls])
        yield

    def get_nested_backend(self) -> tuple[Any, int | None]:
        """The same again: calls within calls meet too."""
        return Together(nesting_level=(self.nesting_level or 0) + 1), None


def register() -> None:
    """Makes ``joblib.parallel_config("tunejob")`` known."""
    register_parallel_backend(NAME, Together)


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
    if not isinstance(estimator, KerasEstimator) or not set(fit_params) <= {"sample_weight"}:
        return None, None
    if parameters is not None:
        estimator.set_params(**clone(parameters, safe=False))
    train = np.asarray(train)
    train = np.flatnonzero(train) if train.dtype == bool else train.astype(np.int64)
    ask = estimator.foreseen(kept, X, y, fit_params.get("sample_weight"), train)
    return (None, None) if ask is None else (ask, partial(estimator.foretell, ask))
