"""What is known of one Job and its pods, from what was seen of them so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from job.launch.cluster import names
from job.launch.cluster.api import Object
from job.launch.cluster.deletions import Deletions, First
from job.launch.cluster.pod_view import End, disrupted_end, end_of, has_ended, has_run, is_running, is_unreachable
from job.launch.cluster.watch import WatchEvent

_WRITTEN = (names.STORE, names.PROGRESS, names.CAUSE, names.VERDICT)


@dataclass
class View:
    """One Job, by the controller's lights. ``see`` tells it what was seen.

    Attributes:
        name: the Job's name.
        uid: its identity; another Job of its name is not it.
        job: the Job as last seen, None before that.
        gone: whether it was deleted.
        pods: the pods that have not ended, by name.
        ran: whether a main container of any pod ever ran, as far as pods and the Job tell.
        ends: how pods ended that failed, or whose workers did, by pod name.
        vanished: pods that were deleted before anybody saw them end, by pod name.
        places: the node of every pod that ever had one, by the pod's name.
    """

    name: str
    uid: str
    job: Object | None = None
    gone: bool = False
    pods: dict[str, Object] = field(default_factory=dict)
    ran: bool = False
    ends: dict[str, End] = field(default_factory=dict)
    vanished: dict[str, End] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    _deletions: Deletions = field(default_factory=Deletions)

    def see(self, seen: WatchEvent) -> None:
        """Takes in one thing that was seen."""
        if seen.kind == "jobs":
            self._see_job(seen)
        elif seen.kind == "pods":
            if seen.what == "listed":
                self.pods.clear()
            for pod in seen.objects:
                self.see_pod(pod, deleted=seen.what == "deleted")
            if seen.what == "listed":
                self._deletions.keep(self.pods)

    def _see_job(self, seen: WatchEvent) -> None:
        found = next((one for one in seen.objects if one["metadata"]["name"] == self.name), None)
        if seen.what == "deleted" or found is None or uid(found) != self.uid:
            self.gone = True
        else:
            self.job = found
            status = found.get("status", {})
            done = status.get("succeeded") or status.get("completedIndexes")
            self.ran = self.ran or bool(done) or is_begun(found)

    def see_pod(self, pod: Object, *, deleted: bool = False) -> None:
        """Takes in one pod of the Job; one of an earlier Job of its name, which stays on a lost node, is none."""
        name = str(pod["metadata"]["name"])
        if (pod["metadata"].get("labels") or {}).get(names.JOB_UID, self.uid) != self.uid:
            return
        self.ran = self.ran or has_run(pod)
        if node := pod.get("spec", {}).get("nodeName"):
            self.places[name] = str(node)
        finished = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
        if finished or deleted:
            self.pods.pop(name, None)
        else:
            self.pods[name] = pod
        earlier = self.ends.get(name)
        known: First = "" if earlier is None else "told" if earlier.disruption else "ended"
        first = self._deletions.see(pod, ended=finished or has_ended(pod), known=known)
        if (end := end_of(pod, first)) is not None:
            self.ends[name] = end
        elif deleted and not finished and not has_ended(pod):
            self.vanished[name] = disrupted_end(pod)

    @property
    def suspended(self) -> bool:
        """Whether the Job waits for someone to let it run."""
        return bool(self.job and self.job["spec"].get("suspend"))

    @property
    def parallelism(self) -> int:
        """Pods at once, at most."""
        return int(self.job["spec"].get("parallelism", 1)) if self.job else 0

    @property
    def completed(self) -> set[int]:
        """Indexes whose pods succeeded."""
        return indexes(self.job["status"].get("completedIndexes")) if self.job else set()

    @property
    def wanted(self) -> int:
        """Pods that there should be now."""
        if self.job is None or self.suspended:
            return 0
        failed = indexes(self.job["status"].get("failedIndexes"))
        left = int(self.job["spec"]["completions"]) - len(self.completed) - len(failed)
        return min(self.parallelism, left)

    @property
    def lingering(self) -> Sequence[Object]:
        """Pods that something beside the worker keeps, though that has ended."""
        return [pod for pod in self.pods.values() if has_ended(pod)]

    @property
    def running(self) -> int:
        """Pods whose worker runs; one that should have ended before now is on a lost node, most often."""
        return sum(is_running(pod) and not has_ended(pod) and not self._is_late(pod) for pod in self.pods.values())

    @property
    def condition(self) -> tuple[str, str, str] | None:
        """How the Job ended: Complete or Failed, the reason, the message; None while it has not."""
        return finished(self.job) if self.job else None

    def stuck(self, after: float) -> Sequence[Object]:
        """Pods still there this many seconds after the end of their grace period: their node is gone, most often.

        That begins when they are first seen to be told: a clock here that is wrong makes no node lost.
        """
        return [pod for pod in self.pods.values() if self._deletions.overdue(pod) > after]

    def _is_late(self, pod: Object) -> bool:
        """Whether it was told to end, and should have or is out of reach."""
        told = bool(pod["metadata"].get("deletionTimestamp"))
        return told and (self._deletions.overdue(pod) > 0 or is_unreachable(pod))


def indexes(text: str | None) -> set[int]:
    """Completion indexes as a Job's status writes them: ``0-3,5``."""
    pairs = (part.partition("-")[::2] for part in (text or "").split(",") if part)
    return {index for first, last in pairs for index in range(int(first), int(last or first) + 1)}


def is_begun(job: Object) -> bool:
    """Whether the controller whose Job this is ever ran: it writes there how far it is, from its first minute on."""
    return any(name in (job["metadata"].get("annotations") or {}) for name in _WRITTEN)


def uid(found: Object) -> str:
    """An object's identity: another of its name later has another."""
    return str(found["metadata"]["uid"])


def finished(job: Object) -> tuple[str, str, str] | None:
    """How a Job ended: Complete or Failed, the reason, the message; None while it has not."""
    for condition in job.get("status", {}).get("conditions") or []:
        if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
            return condition["type"], condition.get("reason", ""), condition.get("message", "")
    return None
