"""A run as the cluster alone shows it, for those without rights in its store: found by name, looked at, ended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Literal

from job.errors import Incomplete, UsageError
from job.launch.client import leftovers
from job.launch.client.leftovers import CancelledRun
from job.launch.cluster import lost_workers, names
from job.launch.cluster.annotations import JobProgress, Verdict
from job.launch.cluster.api import Api, Object
from job.launch.cluster.job_view import finished, uid
from job.launch.cluster.names import Owner
from job.launch.cluster.owners import owners
from job.launch.cluster.pod_view import index_of, job_of
from job.launch.cluster.queues import QUEUE

State = Literal["complete", "ended", "ending", "suspended", "unwatched", "live"]

_FEW = 2000  # pods that succeeded which `status` asks for: of more, a node's losses are left to the controller to tell
_GOING = 240.0  # seconds that all of a cancelled run may take to go
_OFTEN, _SELDOM = 0.5, 5.0  # seconds between two looks at what is left of it: at first, and later


@dataclass(frozen=True)
class Remote:
    """One run in the cluster.

    Attributes:
        job: the controller's Job; where no controller is left, the newest Job of workers that goes on.
        workers: the Jobs of its workers.
        pods: the pods of all these.
        others: the Jobs of other controllers that live and were meant as well.
        weighed: whether a node's losses can be told by these pods; not where too many succeeded to be asked for.
    """

    job: Object
    workers: Sequence[Object]
    pods: Sequence[Object]
    others: Sequence[str] = ()
    weighed: bool = True

    @property
    def name(self) -> str:
        """The controller's Job's name."""
        return str(self.job["metadata"]["name"])

    @property
    def study(self) -> str:
        """The study's name; empty before its controller ran, where the Job was not submitted by this command."""
        return self._label(names.STUDY)

    @property
    def run(self) -> str:
        """The run's name; empty before planning."""
        return self._label(names.RUN)

    @property
    def state(self) -> State:
        """How it stands."""
        if self.job["metadata"].get("deletionTimestamp"):
            return "ending"
        if not self.is_controlled:
            return "unwatched"
        if finished(self.job) is None:
            return "suspended" if any(one["spec"].get("suspend") for one in self.live) else "live"
        if self.live:
            return "unwatched"
        verdict = self.verdict
        return "complete" if verdict is not None and verdict.code == 0 else "ended"

    @property
    def is_controlled(self) -> bool:
        """Whether its Job is a controller's: where the next one was refused, workers may go on without any."""
        return self._label(names.COMPONENT) != "worker"

    @property
    def live(self) -> Sequence[Object]:
        """The workers' Jobs that have not ended."""
        return [one for one in self.workers if finished(one) is None]

    @property
    def verdict(self) -> Verdict | None:
        """How it ended, if its controller said so."""
        text = self.noted(names.VERDICT)
        return Verdict.loads(text) if text else None

    @property
    def progress(self) -> JobProgress | None:
        """How far it was when its controller last said so."""
        text = self.noted(names.PROGRESS)
        return JobProgress.loads(text) if text else None

    def noted(self, annotation: str) -> str:
        """An annotation of the controller's Job, or nothing."""
        return str((self.job["metadata"].get("annotations") or {}).get(annotation, ""))

    def _label(self, name: str) -> str:
        return str((self.job["metadata"].get("labels") or {}).get(name, ""))


def find(api: Api, target: str | Path, *, every: bool = False) -> Remote:
    """The newest run that is meant.

    Args:
        api: the cluster.
        target: a study's name (or NAME/RUN), a run's name, or the controller's Job's name.
        every: whether pods that succeeded are wanted too, of which there may be ten thousand.

    Raises:
        UsageError: there is none; says which there are.
    """
    text = str(target)
    jobs = api.items("jobs", labels={names.NAME: "tunejob", names.COMPONENT: "controller"})
    meant = [job for job in jobs if text in _names_of(job)]
    left = [one for one in leftovers.ownerless(leftovers.worker_jobs(api)) if text in _names_of(one)]
    if not meant and not left:
        there = ", ".join(sorted(f"{_shown(job)}" for job in jobs)) or "none at all"
        raise UsageError(
            f"there is no run {text} in the namespace {api.namespace} of the cluster; there are: {there}. Finished "
            "runs stay in the cluster for a week, their results in the store for good."
        )
    newest = max(meant or left, key=lambda job: (job["metadata"]["creationTimestamp"], job["metadata"]["name"]))
    others = [job["metadata"]["name"] for job in meant if job is not newest and finished(job) is None]
    return replace(look(api, newest, every=every, left=left), others=others)


def look(api: Api, job: Object, *, every: bool = False, left: Sequence[Object] = ()) -> Remote:
    """A controller's Job with its workers and pods: ``every`` one, or those that did not succeed.

    Where some failed, those that succeeded are asked for too unless they are many, since a node's losses are told by
    its share of all. ``left`` are Jobs of workers that belong to no controller, and to this run.
    """
    study = (job["metadata"].get("labels") or {}).get(names.STUDY, "")
    own = [*(one for one in leftovers.worker_jobs(api, study) if uid(job) in owners(one)), *left]
    of = {job["metadata"]["name"], *(one["metadata"]["name"] for one in own)}
    if every:
        return Remote(job, own, leftovers.pods_of(api, of))
    pods = leftovers.pods_of(api, of, {"status.phase!": "Succeeded"})
    succeeded = sum(one.get("status", {}).get("succeeded") or 0 for one in own)
    failed = sum(pod["status"].get("phase") == "Failed" for pod in pods)
    if failed < lost_workers.FEWEST or succeeded > _FEW:
        return Remote(job, own, pods, weighed=failed < lost_workers.FEWEST)
    return Remote(job, own, [*pods, *leftovers.pods_of(api, of, {"status.phase": "Succeeded"})])


def cancel(api: Api, remote: Remote) -> Iterator[str]:
    """Deletes a run's Jobs and waits until no pod of theirs is left; yields what it waits for.

    Raises:
        Incomplete: a pod does not end; says which, and what to do.
    """
    controller = Owner(remote.name, uid(remote.job))
    api.delete("jobs", controller.name, uid=controller.uid, propagation="Foreground")
    cancelled = CancelledRun(api, controller, remote.study, remote.workers)
    end, wait, told = monotonic() + _GOING, _OFTEN, ""
    while (left := cancelled.left()) is not None:
        if monotonic() > end:
            raise Incomplete(left.stays)
        if left.sentence != told:
            yield (told := left.sentence)
        sleep(wait)
        wait = min(2 * wait, _SELDOM)


def throttle(api: Api, remote: Remote, parallelism: int) -> str:
    """Changes how many workers of a live run there may be at once; returns what was done.

    Raises:
        UsageError: no worker's Job of shards is running.
    """
    live = [one for one in remote.live if one["metadata"]["labels"].get(names.TASK) == "shards"]
    if not live:
        raise UsageError(
            f"the run {remote.run or remote.name} has no running Job of shards, so there is nothing to throttle; "
            "`cluster: {parallelism: N}` in the study holds for its next submission"
        )
    meta = live[0]["metadata"]
    job = meta["name"]
    before = live[0]["spec"].get("parallelism", 1)
    if queue := (meta.get("labels") or {}).get(QUEUE):
        api.patch("jobs", job, {"metadata": {"annotations": {names.THROTTLE: str(parallelism)}}})
        return (
            f"the run takes {parallelism} at once from now on (before: {before}): its controller asks the queue "
            f"{queue} anew, by another Job of the shards that are left; what is being trained now is trained again"
        )
    api.patch("jobs", job, {"spec": {"parallelism": parallelism}})
    return f"the Job {job} takes {parallelism} at once from now on (before: {before})"


def pods_of(remote: Remote, index: int | None, *, of_workers: bool) -> list[Object]:
    """The pods whose logs are meant, the oldest first: the controller's, or workers' (of one completion index)."""
    found = [pod for pod in remote.pods if (job_of(pod) != remote.name) == (of_workers or index is not None)]
    chosen = [pod for pod in found if index is None or index_of(pod) == index]
    return sorted(chosen, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))


def _names_of(job: Object) -> set[str]:
    """All by which a run may be meant."""
    labels = job["metadata"].get("labels") or {}
    study, run = labels.get(names.STUDY), labels.get(names.RUN)
    return {one for one in (job["metadata"]["name"], study, run, f"{study}/{run}" if study and run else None) if one}


def _shown(job: Object) -> str:
    labels = job["metadata"].get("labels") or {}
    parts = [labels.get(names.STUDY), labels.get(names.RUN)]
    return "/".join(part for part in parts if part) or str(job["metadata"]["name"])
