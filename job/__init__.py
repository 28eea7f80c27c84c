"""Cross-validated hyperparameter search for TensorFlow on Kubernetes, or on one machine."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

    from job.results.table import Table

    def results(target: str | os.PathLike[str], store: str | None = None) -> Table:
        """Return a run's table at this moment, see ``job.results``."""


__all__ = ["results"]


def __getattr__(name: str) -> Any:
    """Import ``results`` when it is first asked for: ``import job`` alone costs nothing."""
    if name == "results":
        return import_module("job.results")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
