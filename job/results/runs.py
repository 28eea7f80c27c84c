"""Finding a run again: by its study file, by ``NAME`` or ``NAME/RUN`` in a store, or by where it lies."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from job.errors import DataError, Missing, UsageError
from job.plan import stored
from job.plan.plan import Plan
from job.results import brief, status
from job.results.aggregate import aggregate
from job.results.brief import Brief
from job.results.table import Table
from job.store import Store, open_store
from job.store.keys import RunKeys, runs_prefix
from job.study import reading
from job.study.study import Study

_RUN = re.compile(r"(?:(?P<store>.+)/)?(?P<study>[^/]+)/runs/(?P<run>[^/]+)")


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
        return reading.stored(text, self.keys.study_yaml)

    @property
    def is_live(self) -> bool:
        """Whether a controller follows the run now."""
        found = status.read(self.store, self.keys)
        return found is not None and found.is_live

    @property
    def remarks(self) -> tuple[str, ...]:
        """What its controller last said of the machines."""
        found = status.read(self.store, self.keys)
        return () if found is None else found.remarks

    def table(self) -> Table:
        """Aggregate what is stored by now."""
        return aggregate(self.store, self.keys, self.plan, self.study)

    def brief(self) -> Brief:
        """Return the run in brief: as its ``best.json`` has it where that tells the end, else as it is now."""
        try:
            found = brief.read(self.store.read(self.keys.best), self.keys.best)
        except Missing:
            return brief.of(self.table())
        return found if found.is_complete else brief.of(self.table())

    @property
    def mattered(self) -> str:
        """Which params mattered, as it was told at the run's end; "" before, and of older runs."""
        try:
            found = brief.read(self.store.read(self.keys.best), self.keys.best)
        except (Missing, DataError):
            return ""
        return found.mattered if found.is_complete else ""

    def fetch(self, folder: Path) -> Iterator[Path]:
        """Copy reports, tables and model into a folder, which is made; yield the files, each whole."""
        keys = self.keys
        for key in (keys.report_html, keys.report_md, keys.cv_results, keys.best, keys.model, keys.pipeline):
            try:
                size, version = self.store.head(key)
            except Missing:
                continue
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / key.rpartition("/")[2]
            draft = path.with_name(f".{path.name}.part")
            with draft.open("wb") as file:
                file.writelines(self.store.parts(key, size, version))
            yield draft.replace(path)

    def delete(self) -> int:
        """Delete all of the run, the plan first, so that what is left of it is no run; return how many objects."""
        entries = self.store.list(self.keys.prefix)
        for key in sorted((entry.key for entry in entries), key=lambda key: key != self.keys.plan):
            self.store.delete(key)
        return len(entries)


def find(target: str | os.PathLike[str], store: str | None = None) -> Run:
    """Return the run that is meant: the named one, else the study's newest.

    Args:
        target: a study file, or ``NAME``, or ``NAME/RUN``, or a run's folder or URL.
        store: the store's URL; without it TUNEJOB_STORE, else the study file's own.

    Raises:
        UsageError: there is no such file, study or run; says which runs there are.
        StoreError: the store is out of reach.
    """
    return _chosen(*_meant(target, store))


def named(target: str, store: str | None = None) -> Run:
    """Return the run of ``NAME/RUN``, and of nothing less exact; raises as ``find`` does."""
    opened, study, run = _meant(target, store)
    if run is None:
        known = ", ".join(f"{study}/{name}" for name in names(opened, study)) or "none"
        raise UsageError(f"which run of {study}? Name it as {study}/RUN; there are: {known}")
    return _chosen(opened, study, run)


def every(target: str | os.PathLike[str], store: str | None = None) -> list[Run]:
    """Return all runs of a study, the newest first; raises as ``find`` does."""
    opened, study, _ = _meant(target, store)
    return _runs(opened, study)


def older(target: str | os.PathLike[str], store: str | None, keep: int) -> list[Run]:
    """Return a study's runs but the newest ones and those that confirm them; raises as ``find`` does."""
    searches = [run for run in every(target, store) if not run.plan.facts.confirms]
    return searches[keep:]


def with_confirming(chosen: list[Run]) -> list[Run]:
    """Return runs with those on fresh folds that belong to them."""
    if not chosen:
        return []
    names = {run.keys.run for run in chosen}
    others = _runs(chosen[0].store, chosen[0].keys.study)
    return [*chosen, *(one for one in others if one.plan.facts.confirms in names and one.keys.run not in names)]


def newest(store: Store, study: str) -> Run:
    """Return a study's newest run; raises as ``find`` does."""
    return _chosen(store, study, None)


def of_study(store: Store, study: str) -> list[Run]:
    """Return all planned runs of a study in a store, the newest first."""
    return _runs(store, study)


def meant(target: str | os.PathLike[str], store: str | None = None) -> tuple[Store, str]:
    """Return the store and the study that a target names, whether anything of it was run or not."""
    opened, study, _ = _meant(target, store)
    return opened, study


def _meant(target: str | os.PathLike[str], store: str | None) -> tuple[Store, str, str | None]:
    """The store, the study and the run that a target names; no run where it names none."""
    url = store or os.environ.get("TUNEJOB_STORE")
    path = Path(target)
    if path.suffix in {".yaml", ".yml"} or path.is_file():
        name, url = reading.named(path, url)
        return open_store(url), name, None
    if (placed := _place(str(target))) is not None:
        return placed
    if url is None:
        raise UsageError(f"{target} is no study file, and to find a run by its name its store is needed: --store URL")
    name, _, run = str(target).partition("/")
    return open_store(url), name, run or None


def _place(target: str) -> tuple[Store, str, str] | None:
    """The store, the study and the run of a run's folder or URL, ``STORE/STUDY/runs/RUN``; None of anything else."""
    found = _RUN.fullmatch(target.rstrip("/"))
    if found is None or not ("://" in target or Path(target).is_dir()):
        return None
    return open_store(found["store"] or "."), found["study"], found["run"]


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
    found = _runs(store, study)
    return next((one for one in found if not one.plan.facts.confirms), found[0])


def _runs(store: Store, study: str) -> list[Run]:
    """All planned runs of a study, the newest first."""
    every = (RunKeys(study, name) for name in names(store, study))
    found = [Run(store, keys, plan) for keys in every if (plan := stored.plan(store, keys)) is not None]
    return sorted(found, key=lambda run: (run.plan.created, run.keys.run), reverse=True)
