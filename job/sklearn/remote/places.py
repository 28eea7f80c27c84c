"""Where a search's run is trained: by worker processes of this machine, or in a cluster."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from job.errors import DataError, TunejobError
from job.plan.plan import Plan
from job.python import notebook
from job.python.following import Terminal
from job.python.local import Follower, LocalRun
from job.python.sentences import Sentences
from job.results import runs
from job.results.progress import Seen
from job.results.runs import Run
from job.results.table import Table
from job.store import Store, open_store, probe
from job.study import archive, document, reading
from job.study.study import Study

_AGAIN = "call fit of the same search again"


class Place(Protocol):
    """Runs a study to its end."""

    @property
    def store(self) -> Store:
        """Where runs and rows lie."""

    def run(self, fields: Mapping[str, Any], files: Mapping[str, bytes]) -> Run:
        """Runs a study, or goes on with it.

        Args:
            fields: the study's.
            files: what lies beside it, by path.

        Raises:
            TunejobError: as ``Control.run``; but a run of failed fits alone is a run.
        """


def of(backend: str, store: str | None, overlay: str | None, workers: int | None, *, shows: bool) -> Place:
    """Return the place that a search names.

    Raises:
        ValueError: there is none of that name, its store is missing, or an argument is not for it.
        StoreError: the store is out of reach; says that a search needs its credentials here.
    """
    store = store or os.environ.get("TUNEJOB_STORE")
    if workers is not None and (not isinstance(workers, int) or isinstance(workers, bool) or workers < 1):
        raise ValueError(f"workers={workers!r}: needed is a number of workers, at least 1.")
    if backend == "processes":
        if overlay is not None:
            raise ValueError("overlay=… is for backend='kubernetes'; worker processes of this machine take none.")
        return Processes(_reached(str(store or "./runs"), ""), workers, shows)
    if backend != "kubernetes":
        raise ValueError(f"backend={backend!r}: allowed are 'processes', 'kubernetes', or None for this process.")
    if store is None or "://" not in str(store) or str(store).startswith(("file:", "memory:")):
        raise ValueError(
            f"backend='kubernetes' needs store='s3://BUCKET/PREFIX' (or gs://, az://), which pods reach; got {store!r}."
        )
    told = (
        "Unlike `tunejob submit`, a search puts its rows into the store from here and reads its results there, so it "
        "needs the store's credentials here: its cloud's usual environment variables, or a login such as `aws sso "
        "login`; docs/stores.md lists them."
    )
    return Kubernetes(_reached(str(store), told), overlay, workers, shows)


def _reached(url: str, told: str) -> Store:
    store = open_store(url)
    try:
        probe(store)
    except TunejobError as error:
        raise type(error)(f"{error}\n{told}".rstrip()) from error
    return store


@dataclass(frozen=True)
class Processes:
    """Worker processes of this machine."""

    store: Store
    workers: int | None
    shows: bool

    def run(self, fields: Mapping[str, Any], files: Mapping[str, bytes]) -> Run:
        """Runs a study, or goes on with it."""
        with tempfile.TemporaryDirectory(prefix="tunejob-search-") as name, self._shown() as follower:
            folder = _written(Path(name), fields, files)
            _check_size(fields, folder, reading.LARGEST)
            study = reading.read(folder / "study.yaml", self.store.url)
            noting = _Noting(follower)
            try:
                LocalRun(study, folder, self.store, noting, self.workers, _AGAIN).run()
            except DataError:
                if not noting.run:
                    raise
                # that fits failed is told as scikit-learn tells it
        return runs.named(f"{study.name}/{noting.run}", self.store.url)

    def _shown(self) -> Any:
        """A bar in a notebook, lines in a terminal, nothing where it is not to be shown."""
        if not self.shows:
            return Sentences(every=False)
        return notebook.Notebook() if notebook.is_here() else Terminal()


@dataclass
class _Noting:
    """Follows as another does, and notes which run it is."""

    follower: Follower
    run: str = field(default="")

    def say(self, sentence: str) -> None:
        """Passes it on."""
        self.follower.say(sentence)

    def doing(self, what: str) -> None:
        """Passes it on."""
        self.follower.doing(what)

    def planned(self, plan: Plan, study: Study) -> None:
        """Notes the run, and passes it on."""
        self.run = plan.run
        self.follower.planned(plan, study)

    def seen(self, seen: Seen) -> None:
        """Passes it on."""
        self.follower.seen(seen)

    def ended(self, table: Table) -> None:
        """Passes it on."""
        self.follower.ended(table)


@dataclass(frozen=True)
class Kubernetes:
    """One Indexed Job in the cluster of the kubeconfig."""

    store: Store
    overlay: str | None
    workers: int | None
    shows: bool

    def run(self, fields: Mapping[str, Any], files: Mapping[str, bytes]) -> Run:
        """Submits a study, or follows or resumes it."""
        from job.launch.client import remote_run, submission, submit, templates
        from job.launch.client.submission import Sent
        from job.launch.cluster import connection

        said = Sentences(every=self.shows)
        cluster = {"cluster": {"parallelism": self.workers}} if self.workers else {}
        with tempfile.TemporaryDirectory(prefix="tunejob-search-") as name:
            folder = _written(Path(name), {**fields, **cluster}, files)
            packed = len(archive.pack(sorted(files.items()), named=sorted(files)))
            _check_size(fields, folder, archive.ROOM - packed * 4 // 3)
            declared, text = reading.read_elsewhere(folder / "study.yaml")
        template = templates.controller(self.overlay or os.environ.get("TUNEJOB_OVERLAY"))
        made = submission.make(Sent(declared, text, sorted(files.items()), named=sorted(files)), template)
        api = connection.from_kubeconfig(None, os.environ.get("TUNEJOB_NAMESPACE"), say=said.say)
        submitted = submit.submit(api, made)
        try:
            said.say(submitted.sentence)  # within: who reads it may press Ctrl-C at once
            deadline = declared.cluster.startDeadline
            followed = submit.Followed(api, submitted.job, deadline, is_new=submitted.is_new)
            for told in followed.until_it_ends():
                said.say(told)
        except KeyboardInterrupt:
            said.say(
                f"the run continues without you: to follow it, {_AGAIN}; look: tunejob status {made.name}; "
                f"end it: tunejob cancel {made.name}"
            )
            raise
        found = remote_run.look(api, followed.job)
        try:
            submit.raised(followed.verdict())
        except DataError:
            if not found.run:
                raise
            # that fits failed is told as scikit-learn tells it
        return runs.named(f"{declared.name}/{found.run}", self.store.url)


def _written(folder: Path, fields: Mapping[str, Any], files: Mapping[str, bytes]) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "study.yaml").write_text(document.dump(dict(fields)), encoding="utf-8")
    return folder


def _check_size(fields: Mapping[str, Any], folder: Path, most: int) -> None:
    """Refuses candidates that are more than travels.

    Raises:
        ValueError: they are; says how many travel, and what to do.
    """
    size, points = (folder / "study.yaml").stat().st_size, len(fields["space"])
    if size > most and points > 1:
        raise ValueError(
            f"the search's {points:,} candidates are {size / 1000:,.0f} KB as they travel to workers, and "
            f"{most / 1000:,.0f} KB may: about {points * most // size:,}. Draw fewer (n_iter=…), search in parts, "
            "or give a grid as one dict of lists, which travels as such; without backend=…, the search trains in this "
            "process and takes any."
        )
