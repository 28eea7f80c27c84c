"""Finding a run again: by its study file, or by ``NAME`` or ``NAME/RUN`` in a store."""

import os
from dataclasses import dataclass
from pathlib import Path

from job.errors import UsageError
from job.plan import stored
from job.plan.plan import Plan
from job.results.aggregate import aggregate
from job.results.table import Table
from job.store import Store, open_store
from job.store.keys import RunKeys, runs_prefix
from job.study import reading
from job.study.study import Study


@dataclass(frozen=True)
class Run:
    """A planned run in a store."""

    store: Store
    keys: RunKeys
    plan: Plan

    @property
    def study(self) -> Study:
        """The study as it was run, from the store."""
        text = self.store.read(self.keys.study_yaml).decode()
        return reading.parse(text, self.keys.study_yaml)

    def table(self) -> Table:
        """Aggregate what is stored by now."""
        return aggregate(self.store, self.keys, self.plan, self.study)


def find(target: str | os.PathLike[str], store: str | None = None) -> Run:
    """Return the run that is meant: the named one, else the study's newest.

    Args:
        target: a study file, or ``NAME``, or ``NAME/RUN``.
        store: the store's URL; without it TUNEJOB_STORE, else the study file's own.

    Raises:
        UsageError: there is no such file, study or run; says which runs there are.
        StoreError: the store is out of reach.
    """
    url = store or os.environ.get("TUNEJOB_STORE")
    path = Path(target)
    if path.suffix in {".yaml", ".yml"} or path.is_file():
        study = reading.read(path, url)
        return _chosen(open_store(study.store), study.name, None)
    if url is None:
        raise UsageError(f"{target} is no study file, and to find a run by its name its store is needed: --store URL")
    name, _, run = str(target).partition("/")
    return _chosen(open_store(url), name, run or None)


def names(store: Store, study: str) -> list[str]:
    """Return the names of a study's planned runs."""
    prefix = f"{runs_prefix(study)}/"
    parts = (entry.key.removeprefix(prefix).split("/") for entry in store.list(prefix.rstrip("/")))
    return sorted(part[0] for part in parts if part[1:] == ["plan.json"])


def _chosen(store: Store, study: str, run: str | None) -> Run:
    if run is not None:
        keys = RunKeys(study, run)
        plan = stored.plan(store, keys)
        if plan is not None:
            return Run(store, keys, plan)
    known = names(store, study)
    if run is not None or not known:
        there = f"; there are: {', '.join(known)}" if known else "; nothing of it was run into this store yet"
        raise UsageError(f"there is no run {study}/{run or ''} in {store.url}{there}".replace("/ in", " in"))
    runs = [(keys, stored.plan(store, keys)) for keys in (RunKeys(study, name) for name in known)]
    created = [(plan.created, keys.run, plan, keys) for keys, plan in runs if plan is not None]
    _, _, plan, keys = max(created)
    return Run(store, keys, plan)
