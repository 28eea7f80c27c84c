"""Result lines, aggregation, cv_results_, best, coverage.

``job.results("study.yaml")`` is what users call, and ``job.results`` is this room as well: a module can be called when
its class says how, so the public name and the room's name need not be two.
"""

import os
import sys
import warnings
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from job.results.table import Table


class _Room(ModuleType):
    def __call__(self, target: str | os.PathLike[str], store: str | None = None) -> "Table":
        """Return a run's table at this moment; ``pandas.DataFrame(table.cv_results_)`` is scikit-learn's.

        Args:
            target: a study file (its newest run), or ``NAME``, or ``NAME/RUN``.
            store: the store's URL; without it TUNEJOB_STORE, else the study file's own.

        Raises:
            UsageError: there is no such file, study or run.
            StoreError: the store is out of reach.

        Warns:
            FitFailedWarning: fits failed; says how many, and why. ``table.failures`` has all of it.
        """
        from job.results import runs  # what it needs, few who import the room need

        table = runs.find(target, store).table()
        if table.failed:
            from sklearn.exceptions import FitFailedWarning

            warnings.warn(table.failure_summary, FitFailedWarning, stacklevel=2)
        return table


sys.modules[__name__].__class__ = _Room
