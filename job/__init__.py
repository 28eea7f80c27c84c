"""Cross-validated hyperparameter search for TensorFlow on Kubernetes, or on one machine."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from job.python.loading import load
    from job.python.results import Results
    from job.python.running import run
    from job.retune.fetching import champion
    from job.sklearn import (
        GridSearchCV,
        HalvingGridSearchCV,
        HalvingRandomSearchCV,
        KerasClassifier,
        KerasRegressor,
        MultiInput,
        RandomizedSearchCV,
    )

    def results(target: str | os.PathLike[str] | Mapping[str, Any], store: str | None = None) -> Results:
        """Return what a run found by now, see ``job.results``."""


__all__ = [
    "GridSearchCV",
    "HalvingGridSearchCV",
    "HalvingRandomSearchCV",
    "KerasClassifier",
    "KerasRegressor",
    "MultiInput",
    "RandomizedSearchCV",
    "champion",
    "load",
    "results",
    "run",
]

_WHERE = {"champion": "job.retune.fetching", "load": "job.python.loading", "run": "job.python.running"}


def __getattr__(name: str) -> Any:
    """Import what is public when it is first asked for: ``import job`` alone costs nothing."""
    if name == "results":
        return import_module("job.results")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE.get(name, "job.sklearn")), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
