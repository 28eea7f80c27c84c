"""The controller in its pod: the whole flow with pods as workers, told to the cluster as it goes."""

import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from job.cli import store_warnings
from job.errors import TunejobError, UsageError
from job.launch.cluster import annotations, names
from job.launch.cluster.annotations import BestTrial, JobProgress, Verdict
from job.results import termination
from job.study import times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from job.cli.leaving import Leaving
    from job.launch.cluster.api import Api, Object
    from job.launch.cluster.events import Telling
    from job.plan.plan import Plan
    from job.results.progress import Seen
    from job.results.table import Table
    from job.retune.record import Record
    from job.study.study import Study

JOB_VARIABLE = "TUNEJOB_CONTROLLER"
"""Where the pod is told the name of its Job."""


@dataclass
class Telltale:
    """Tells the cluster and the pod's log how the run goes; the verdict with ``remarks``. Implements ``Watcher``."""

    telling: "Telling"
    store: str
    _table: "Table | None" = field(default=None)
    _first: list[str] | None = field(default_factory=list)
    """What was said before the plan, which would hide it."""
    remarks: "Sequence[str]" = ()
    record: "Record | None" = None
    """What the retune came to, where it was one."""
    leaving: "Leaving | None" = None
    """What is done when the controller is told to end."""

    def say(self, sentence: str) -> None:
        """Tells a sentence as the cause of what is seen now."""
        log(sentence)
        if self._first is not None:
            self._first.append(sentence)
        self.telling.annotate(cause=sentence)
        self.telling.flush()  # whoever waits should not wait for the next count of fits

    def planned(self, plan: "Plan", study: "Study") -> None:
        """Tells the run's name, by which it is found from now on."""
        start = plan.facts.import_seconds + plan.facts.data_seconds
        if self.leaving is not None:
            self.leaving.follow(plan)
        sentence = (
            f"planned {plan.trials:,} trials in {plan.shards:,} shards as the run {plan.run}; a pod takes about "
            f"{times.duration(round(start))} before its first fit (import, data)"
        )
        log(sentence)
        self.telling.event("Planned", sentence)
        self.telling.annotate(store=self.store, cause="\n".join([*(self._first or ()), sentence]))
        self._first = None
        if plan.facts.confirms:  # what this controller's Job is found by stays the search
            self.telling.flush()
        else:
            self.telling.flush(names.labels(study.name, plan.run))

    def seen(self, seen: "Seen") -> None:
        """Tells how far the run is."""
        best = seen.best
        trial = None if best is None else BestTrial(best.trial, best.score, best.params)
        self.telling.annotate(progress=JobProgress(seen.done, seen.fits, seen.failed, trial).dumps())

    def ended(self, table: "Table") -> None:
        """Keeps the table for the verdict; of a retune, that of its search."""
        if not table.plan.facts.confirms:
            self._table = table

    def verdict(self, error: TunejobError | None) -> Verdict:
        """The verdict, with the best trials where there are any."""
        table = self._table
        retuned = [] if self.record is None else [f"{self.record.verdict}: {self.record.why}"]
        if table is None:
            message = "\n".join([*(retuned or [str(error or "complete")]), *self.remarks])
            return Verdict(int(error.exit_code) if error else 0, message)
        ranked = [] if table.hopeless else list(islice(table.ranked(), annotations.BEST))
        scores = [one.scores[table.metric] for one in ranked]
        best = tuple(BestTrial(one.number, s.mean, one.params, s.std) for one, s in zip(ranked, scores, strict=True))
        failed = f", {table.failed:,} failed" if table.failed else ""
        done = f"the run {table.plan.run} is complete: {table.done:,} fits{failed}"
        found = [str(error)] if error else [*retuned, done, *table.failure_summary.splitlines()]
        message = "\n".join([*found, *self.remarks])
        return Verdict(int(error.exit_code) if error else 0, message, table.metric, best)


def control(file: Path, store: str | None, *, fresh: bool = False) -> int:
    """Controls one run, from wherever an earlier controller left it, to its verdict.

    Returns:
        The exit code.
    """
    from job.cli.leaving import at_once
    from job.launch.cluster import connection
    from job.launch.cluster.events import Telling
    from job.launch.cluster.job_view import uid
    from job.launch.cluster.names import Owner

    signal.signal(signal.SIGTERM, at_once)
    api = connection.from_pod(say=log)
    own = _own_job(api)
    telling = Telling(api, Owner(own["metadata"]["name"], uid(own)))
    try:
        watcher = Telltale(telling, "")
        try:
            with store_warnings.told(watcher.say):
                _run(api, own, file, store, watcher, fresh=fresh)
        except TunejobError as error:
            verdict = watcher.verdict(error)
        else:
            verdict = watcher.verdict(None)
    except Exception as error:
        telling.annotate(cause=f"the controller failed: {type(error).__name__}: {error}")
        telling.flush()
        raise
    _tell(telling, verdict)
    return verdict.code


def _run(api: "Api", own: "Object", file: Path, store: str | None, watcher: Telltale, *, fresh: bool) -> None:
    from job.cli.leaving import Leaving
    from job.controller import Control
    from job.launch.client import reachable, submission
    from job.launch.cluster import ticks
    from job.launch.cluster.job_view import uid
    from job.launch.cluster.launcher import ClusterLauncher
    from job.retuning import Retuning
    from job.store import open_store
    from job.study import reading

    study = reading.parse(_text(file), file.name)
    url = reachable.store_of(study, store, os.environ.get(reachable.STORE_VARIABLE))
    reachable.refuse_local(study, file.parent, store, os.environ.get(reachable.STORE_VARIABLE))
    study = study.model_copy(update={"store": url})
    watcher.store = url
    watcher.telling.flush(names.labels(study.name))
    opened = open_store(url)
    watcher.leaving = Leaving(api, own, opened)
    signal.signal(signal.SIGTERM, watcher.leaving.now)
    settings = study.cluster
    launcher = ClusterLauncher(
        api, opened, watcher.telling.controller, submission.config_of(own), settings, watcher.telling, watcher.say
    )
    commit = (own["metadata"].get("annotations") or {}).get(names.COMMIT)
    control = Control(
        study, launcher, opened, watcher, settings.parallelism, "submit the study again", commit=commit, measure=True,
        known=(own["metadata"].get("labels") or {}).get(names.RUN, ""), nonce=_nonce(own),
        fresh=fresh, pods=True, job=uid(own), remarks=lambda: launcher.remarks,
    )  # fmt: skip
    try:
        if study.retune is None or not ticks.is_tick(own):
            control.run()
        else:
            watcher.record = Retuning(control, control.nonce, ticks.due(own)).run()
    finally:
        watcher.remarks = launcher.remarks


def _nonce(own: "Object") -> str:
    """The nonce of all that this controller's Job prepares, whichever of its controllers does."""
    from job.launch.cluster.job_view import uid
    from job.launch.cluster.wire import moment
    from job.store import nonces

    return nonces.of(uid(own), moment(own["metadata"]["creationTimestamp"]).timestamp())


def _tell(telling: "Telling", verdict: Verdict) -> None:
    """Tells the verdict: to the cluster, in the pod's log, and where Kubernetes shows a pod's end."""
    text = verdict.shown(termination.LONGEST)
    log(text)
    if verdict.code in annotations.LASTING:
        telling.annotate(verdict=verdict.dumps())
        telling.event("Verdict", verdict.message, kind="Normal" if verdict.code == 0 else "Warning")
    else:
        telling.annotate(cause=verdict.message)
    telling.flush()
    termination.leave(text)


def _own_job(api: "Api") -> "Object":
    from job.launch.cluster.api_errors import AbsentError

    name = os.environ.get(JOB_VARIABLE)
    if not name:
        raise UsageError(f"{JOB_VARIABLE} does not name the controller's own Job; k8s/run/controller.yaml sets it")
    try:
        return api.get("jobs", name)
    except AbsentError:
        raise UsageError(f"there is no Job {name} here, which {JOB_VARIABLE} says is this controller's own") from None


def _text(file: Path) -> str:
    with suppress(UnicodeDecodeError):
        try:
            return file.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise UsageError(f"{file} can't be read: {error.strerror}. The study's ConfigMap has it.") from None
    raise UsageError(f"{file} is no UTF-8 text")


def log(sentence: str) -> None:
    """Writes a line into the pod's log."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()
