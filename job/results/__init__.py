"""Result lines, aggregation, cv_results_, best, coverage.

``job.results("study.yaml")`` is what users call, and ``job.results`` is this room as well: a module can be called when
its class says how, so the public name and the room's name need not be two.
"""

import os
import sys
import warnings
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    def __call__(self, target: str | os.PathLike[str] | Mapping[str, Any], store: str | None = None) -> Any:
        """Return what a run found by now; ``pandas.DataFrame(found.cv_results_)`` is scikit-learn's.

        Args:
            target: a study file or a study as a dict (its newest run); a run's folder or URL; ``NAME`` or ``NAME/RUN``.
            store: the store's URL; without it TUNEJOB_STORE, else the study file's own.

        Returns:
            A ``job.python.results.Results``, as ``job.run`` returns it.

        Raises:
            UsageError: there is no such file, study or run.
            StoreError: the store is out of reach.

        Warns:
            FitFailedWarning: fits failed; says how many, and why. ``found.failures`` has all of it.
        """
        room_above = import_module("job.python.results")  # by its name: the arrows between rooms point down
        found = room_above.results(target, store)
        if found.failed:
            from sklearn.exceptions import FitFailedWarning

            warnings.warn(found.failure_summary, FitFailedWarning, stacklevel=2)
        return found


sys.modules[__name__].__class__ = _Room
