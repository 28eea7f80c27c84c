"""``job.run``: a study run on this machine from Python, as ``tunejob run`` runs it."""

import os
import warnings
from collections.abc import Mapping
from typing import Any

from job.errors import UsageError
from job.python import notebook
from job.python.declared import Declared
from job.python.following import Terminal
from job.python.local import LocalRun
from job.python.results import Results
from job.store import open_store


def run(
    study: str | os.PathLike[str] | Mapping[str, Any], *, store: str | None = None, workers: int | None = None
) -> Results:
    """Run a study on this machine to its end; run it again to resume.

    A notebook shows a bar, a terminal the lines of ``tunejob run``. Ctrl-C, or a notebook's Interrupt, ends the
    workers in order; what they finished is stored.

    Args:
        study: a study file; or a study's fields as a dict, whose ``module:name`` and files lie in the current folder.
        store: a folder, s3://, gs:// or az:// URL; without it TUNEJOB_STORE, else the study's own store.
        workers: worker processes; one for each GPU, or by cores, if not given.

    Returns:
        What the run found: ``best_params_``, ``cv_results_`` and so on. ``job.load`` of it gives the trained model.

    Raises:
        StudyMistakes: what of the study is wrong, all of it at once.
        DataError: the data is wrong, or no fit succeeded.
        StoreError: the store is out of reach.
        Incomplete: fits are missing; says which, and what resumes the run.

    Warns:
        FitFailedWarning: fits failed; says how many, and why. ``failures`` of what is returned has all of it.
    """
    if workers is not None and (not isinstance(workers, int) or workers < 1):
        raise UsageError(f"workers is {workers!r}; needed is a number of processes, at least 1")
    declared = Declared.of(study, store or os.environ.get("TUNEJOB_STORE"))
    opened = open_store(declared.study.store)
    with notebook.Notebook() if notebook.is_here() else Terminal() as follower, declared.placing():
        table = LocalRun(declared.study, declared.folder, opened, follower, workers, declared.resume).run()
    found = Results.of(table, opened, declared.folder)
    if table.failed:
        from sklearn.exceptions import FitFailedWarning

        warnings.warn(table.failure_summary, FitFailedWarning, stacklevel=2)
    return found
