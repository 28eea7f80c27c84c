"""What a run found, as Python and notebooks are given it: scikit-learn's names over a run's table."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job.errors import UsageError
from job.python import showing
from job.python.declared import Declared
from job.results import runs
from job.results.table import Ranked, Table
from job.store import RunKeys, Store, open_store, place


@dataclass(frozen=True, eq=False, repr=False)
class Results(Table):
    """A run's table at one moment, with the attributes of a fitted search of scikit-learn.

    ``cv_results_`` and ``failures`` are the table's. Shows itself in a notebook as its ten best trials.

    Attributes:
        store: where the run lies.
        folder: where its code lies, as far as this machine knows.
    """

    store: Store
    folder: Path

    @classmethod
    def of(cls, table: Table, store: Store, folder: Path) -> "Results":
        """Return a run's table as what it found."""
        return cls(table.study, table.plan, table.trials, table.fits, store, folder)

    @property
    def keys(self) -> RunKeys:
        """The run's names in its store."""
        return RunKeys(self.plan.study, self.plan.run)

    @property
    def best_params_(self) -> dict[str, Any]:
        """The params of the best trial; of an unfinished run, the best so far."""
        return dict(self._best.params)

    @property
    def best_score_(self) -> float:
        """The best trial's mean score over its folds, by the scorer that ranks."""
        return self._best.scores[self.metric].mean

    @property
    def best_index_(self) -> int:
        """The best trial's number, which is its row in ``cv_results_``."""
        return self._best.number

    @property
    def report(self) -> str:
        """Where the report is: a path, or a URL."""
        return place(self.store, self.keys.report_html)

    @property
    def _best(self) -> Ranked:
        best = None if self.hopeless else self.best
        if best is None:
            raise AttributeError(f"this run has no best trial: {showing.why_none(self)}")
        return best

    def __repr__(self) -> str:
        return showing.text(self, self.report)

    def _repr_html_(self) -> str:
        return showing.page(self, self.store)


def results(target: str | os.PathLike[str] | Mapping[str, Any], store: str | None = None) -> Results:
    """Return what a run found by now; see ``job.results``."""
    if isinstance(target, Mapping):
        declared = Declared.of(target, store or os.environ.get("TUNEJOB_STORE"))
        run, folder = runs.newest(open_store(declared.study.store), declared.study.name), declared.folder
    elif isinstance(target, str | os.PathLike):
        run = runs.find(target, store)
        folder = Path(target).parent if Path(target).suffix in {".yaml", ".yml"} else Path()
    else:
        raise UsageError(f"got a {type(target).__name__}; needed is a study file, a run's folder or URL, or its name")
    return Results.of(run.table(), run.store, folder)
