"""What is left in the cluster of a run that is cancelled, and Jobs of workers that belong to no controller."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from job.launch.cluster import names, pod_troubles
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import AbsentError
from job.launch.cluster.job_view import finished, uid
from job.launch.cluster.jobs import held
from job.launch.cluster.names import Owner
from job.launch.cluster.owners import owners
from job.launch.cluster.pod_view import slim

_SELECTED = 50
"""Jobs whose pods are asked for by name; of more, whose names would make too long a query, by being tunejob's."""


@dataclass(frozen=True)
class Left:
    """Jobs and pods that have not gone."""

    jobs: Sequence[Object]
    pods: Sequence[Object]

    @property
    def sentence(self) -> str:
        """What is waited for."""
        if self.pods:
            return f"waiting for {len(self.pods)} pod{'s' * (len(self.pods) != 1)} to end"
        return f"waiting for {_named(self.jobs)} to be deleted"

    @property
    def stays(self) -> str:
        """What to say where they don't go."""
        if self.pods:
            return f"the run was cancelled, but {pod_troubles.lost_node(self.pods[0])}"
        return f"the run was cancelled, but {_named(self.jobs)} is still there{held(self.jobs[0])}"


@dataclass
class CancelledRun:
    """A run whose controller's Job was deleted: looks at its own Jobs and pods, and at no other's.

    Attributes:
        api: the cluster.
        controller: the controller's Job.
        study: the study's name; empty where it is not known.
        known: the Jobs of workers that were seen before.
    """

    api: Api
    controller: Owner
    study: str
    known: Sequence[Object]
    _jobs: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self._jobs = {self.controller.name, *(one["metadata"]["name"] for one in self.known)}

    def left(self) -> Left | None:
        """What has not gone; None where all has. Workers are told to go once no controller launches others."""
        controller = self._controller()  # first: what it launches until it is gone is listed after that
        mine = {self.controller.uid, *map(uid, self.known)}
        workers = [one for one in worker_jobs(self.api, self.study) if mine & {uid(one), *owners(one)}]
        self._jobs |= {one["metadata"]["name"] for one in workers}
        if controller is None:
            for one in workers:
                if not one["metadata"].get("deletionTimestamp"):
                    self.api.delete("jobs", one["metadata"]["name"], uid=uid(one), propagation="Foreground")
        jobs = [one for one in workers if uid(one) != self.controller.uid] + ([controller] if controller else [])
        pods = pods_of(self.api, self._jobs, {"status.phase!": "Succeeded"})
        return Left(jobs, pods) if jobs or pods else None

    def _controller(self) -> Object | None:
        try:
            found = self.api.get("jobs", self.controller.name)
        except AbsentError:
            return None
        return found if uid(found) == self.controller.uid else None


def worker_jobs(api: Api, study: str = "") -> Sequence[Object]:
    """The Jobs of workers of a study, or of all."""
    return api.items("jobs", labels={**names.labels(study), names.NAME: "tunejob", names.COMPONENT: "worker"})


def ownerless(jobs: Sequence[Object]) -> list[Object]:
    """The Jobs that go on and belong to no controller: theirs was replaced, and the next one was refused."""
    return [one for one in jobs if finished(one) is None and not owners(one)]


def pods_of(api: Api, jobs: Collection[str], fields: Mapping[str, str] | None = None) -> Sequence[Object]:
    """The pods of these Jobs, with what is looked at."""
    labels = {names.JOB_NAME: jobs} if len(jobs) <= _SELECTED else {names.NAME: "tunejob"}
    found = api.items("pods", labels=labels, fields=fields, slim=slim)
    return [pod for pod in found if pod["metadata"]["labels"].get(names.JOB_NAME) in jobs]


def _named(jobs: Sequence[Object]) -> str:
    return f"the Job{'s' * (len(jobs) != 1)} {', '.join(str(one['metadata']['name']) for one in jobs)}"
