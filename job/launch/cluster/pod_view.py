"""What one pod's status tells: whether it runs or ran, and how it ended."""

import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

from job.errors import ExitCode
from job.launch.cluster import disruptions, names
from job.launch.cluster.api import Object
from job.launch.cluster.deletions import First

MAIN = ("worker", "controller")
"""The containers whose ends are their pods' ends."""

_STORELESS = {int(ExitCode.STORE), int(ExitCode.USAGE), int(ExitCode.NOT_PERMITTED)}
"""The store may be out of reach, wrong or closed to a worker that ends so: then it left nothing there."""

_OWN_WORDS = {int(code) for code in ExitCode if code < 128} - _STORELESS

_KILLED = 128 + signal.SIGKILL

_NO_DEVICE = (int(ExitCode.INCOMPLETE), int(ExitCode.NO_GPU))

NOT_STARTED = ("StartError", "ContainerCannotRun")
"""A container's reason where it has ended and never ran."""
_LIMIT = re.compile(r"exceeds the (?:total )?limit|exceeded its local ephemeral storage limit")
"""A kubelet's words where a pod used more than it may by its own spec."""

_UNREADY = ("", "NodeLost", "NodeNotReady")
"""Why a pod is not ready where it was not its kubelet that said so, which always gives another reason."""


@dataclass(frozen=True)
class End:
    """How one pod ended.

    Attributes:
        pod: its name.
        index: its completion index.
        code: the main container's exit code; None where none ever ran, or nobody saw its end.
        message: what it left.
        reason: the kubelet's; "Disrupted" for a pod that was evicted, preempted, deleted, or on a lost node.
        node: where it ran.
        uid: its identity.
        memory: whether the kubelet says that the main container ran out of memory.
        disruption: why it was disrupted, in Kubernetes' words; empty for a pod that was not.
        said: what Kubernetes says of that.
        limited: which limit of its own spec ended it, as the kubelet tells it; empty for none.
        container: the container that failed, where that was not the worker's.
    """

    pod: str
    index: int
    code: int | None
    message: str
    reason: str
    node: str
    uid: str = field(default="", compare=False)
    memory: bool = False
    disruption: str = ""
    said: str = ""
    limited: str = ""
    container: str = ""

    @property
    def counts(self) -> bool:
        """Whether it is the worker's own end, and not one by eviction, deletion or a lost node."""
        by_itself = self.code not in (None, int(ExitCode.TERMINATED)) and self.reason != "Disrupted"
        return by_itself or bool(self.limited)

    @property
    def is_rejected(self) -> bool:
        """Whether the kubelet refused the pod, so that nothing of it ever ran."""
        return self.code is None and not self.disruption and self.reason != "Disrupted" and bool(self.reason)

    @property
    def is_stopped(self) -> bool:
        """Whether the worker was told to stop, and Kubernetes does not say that it wanted the pod to end."""
        return self.code == int(ExitCode.TERMINATED) and not (self.disruption or self.limited or self.container)

    @property
    def is_unseen(self) -> bool:
        """Whether it was killed and the kubelet does not say why: a node's restart leaves the same as any kill."""
        return self.code == _KILLED and not self.memory and not self.limited

    @property
    def is_told(self) -> bool:
        """Whether the worker itself saw to its end, and left in the store what is to be known of it."""
        return self.code in _OWN_WORDS and not self.container

    @property
    def is_storeless(self) -> bool:
        """Whether it ended by itself for what is no fit's fault, and may have been unable to say so in the store."""
        return self.code in _STORELESS and not self.container

    @property
    def is_nodes(self) -> bool:
        """Whether it went with its node, as far as was seen: no kubelet saw the worker end by itself, or stop."""
        return self.disruption in disruptions.NODE_GONE and self.code in (None, _KILLED) and not self.limited

    @property
    def is_lost(self) -> bool:
        """Whether its node, or the device there, may be to blame: nobody ended it on purpose, and it not itself."""
        if self.disruption:
            return self.disruption in disruptions.NODE_GONE
        by_signal = self.code is None or (self.code > 128 and self.code != int(ExitCode.TERMINATED))
        return not self.memory and (by_signal or self.code in _NO_DEVICE)


def slim(pod: Object) -> Object:
    """A pod with what is looked at: most of a pod is what its template says too."""
    spec = pod.get("spec", {})
    kept = {name: [_named(one) for one in spec.get(name) or []] for name in ("initContainers", "containers")}
    meta = {name: value for name, value in pod["metadata"].items() if name not in ("managedFields", "ownerReferences")}
    kept["volumes"] = [one for one in spec.get("volumes") or [] if "persistentVolumeClaim" in one or "ephemeral" in one]
    kept["schedulingGates"] = spec.get("schedulingGates") or []
    kept |= {name: spec[name] for name in ("nodeName", "terminationGracePeriodSeconds") if name in spec}
    return {"metadata": meta, "spec": kept, "status": pod.get("status", {})}


def claims(pod: Object) -> list[str]:
    """The volume claims that a pod waits for, by name."""
    name, volumes = pod["metadata"]["name"], pod.get("spec", {}).get("volumes") or []
    return [
        str(one["persistentVolumeClaim"]["claimName"]) if "persistentVolumeClaim" in one else f"{name}-{one['name']}"
        for one in volumes
        if "persistentVolumeClaim" in one or "ephemeral" in one
    ]


def _named(container: Object) -> Object:
    return {name: container[name] for name in ("name", "image", "restartPolicy") if name in container}


def containers(pod: Object) -> Iterator[Object]:
    """The states of a pod's containers, those that initialize first."""
    status = pod.get("status", {})
    yield from status.get("initContainerStatuses") or []
    yield from status.get("containerStatuses") or []


def is_running(pod: Object) -> bool:
    """Whether a main container is running: what is beside it may run long before."""
    return any("running" in one.get("state", {}) for one in _main(pod))


def is_unreachable(pod: Object) -> bool:
    """Whether a pod's node does not answer: what is known of its containers is of before."""
    status = pod["status"]
    unready = [one for one in status.get("conditions") or [] if one["type"] == "Ready" and one["status"] != "True"]
    if status.get("reason") == "NodeLost":
        return True
    return is_running(pod) and any(one.get("reason", "") in _UNREADY for one in unready)


def has_run(pod: Object) -> bool:
    """Whether a main container of this pod is running or ever ran; one that initializes has not begun the work."""
    return any("running" in one.get("state", {}) or _began(one) or bool(one.get("lastState")) for one in _main(pod))


def _began(container: Object) -> bool:
    """Whether a container has ended that really was started."""
    ended = container.get("state", {}).get("terminated")
    return ended is not None and ended.get("reason") not in NOT_STARTED


def has_ended(pod: Object) -> bool:
    """Whether the main container of a pod that has not ended has: something beside it keeps the pod."""
    found = _main(pod)
    return bool(found) and all("terminated" in one.get("state", {}) for one in found)


def _main(pod: Object) -> list[Object]:
    return [one for one in pod.get("status", {}).get("containerStatuses") or [] if one.get("name") in MAIN]


def index_of(pod: Object) -> int:
    """The pod's completion index; -1 where it has none."""
    meta = pod["metadata"]
    text = (meta.get("annotations") or {}).get(names.INDEX) or (meta.get("labels") or {}).get(names.INDEX)
    return -1 if text is None else int(text)


def runs(pod: Object) -> bool:
    """Whether a pod runs: one on a lost node is not ready there; our own clock, which may be wrong, is not asked."""
    return is_running(pod) and not has_ended(pod) and not is_unreachable(pod)


def job_of(pod: Object) -> str | None:
    """The name of the Job that a pod is of, if it is of one."""
    name = (pod["metadata"].get("labels") or {}).get(names.JOB_NAME)
    return None if name is None else str(name)


def node_of(pod: Object) -> str:
    """The name of a pod's node; "?" where it has none, for sentences."""
    return str(pod.get("spec", {}).get("nodeName") or "?")


def end_of(pod: Object, first: First = "") -> End | None:
    """How a pod ended; None when it succeeded. ``first`` is whether it was seen to end before it was told to."""
    status = pod.get("status", {})
    container, ended = _terminated(pod)
    if status.get("phase") != "Failed" and not (ended and has_ended(pod)):
        return None
    disruption = disruptions.of(pod, ended, first)
    return End(
        pod=pod["metadata"]["name"],
        said=disruptions.said(pod) or str(status.get("message") or "").strip(),
        limited=_limited(status),
        container=container,
        index=index_of(pod),
        code=ended.get("exitCode"),
        message=(ended.get("message") or status.get("message") or "").strip()[-2000:],
        reason="Disrupted" if disruption else ended.get("reason") or status.get("reason") or "",
        node=pod.get("spec", {}).get("nodeName", ""),
        uid=str(pod["metadata"].get("uid", "")),
        memory=ended.get("reason") == "OOMKilled",
        disruption=disruption,
    )


def disrupted_end(pod: Object, why: str = "Deleted") -> End:
    """The end of a pod that nobody saw ending: it was deleted, or its node is lost."""
    node = pod.get("spec", {}).get("nodeName", "")
    name = pod["metadata"]["name"]
    why = disruptions.condition(pod) or why
    return End(name, index_of(pod), None, "", "Disrupted", node, str(pod["metadata"].get("uid", "")), disruption=why)


def _terminated(pod: Object) -> tuple[str, Object]:
    """The end of the main container, where it failed; else that of another that did, with its name."""
    for one in (*_main(pod), *containers(pod)):
        end = one.get("state", {}).get("terminated") or {}
        if end.get("exitCode"):
            return "" if one.get("name") in MAIN else str(one.get("name")), end
    return "", {}


def _limited(status: Object) -> str:
    """The limit of its own that a pod reached, after the kubelet's reason; "" for none."""
    reason, message = status.get("reason"), str(status.get("message") or "").strip().rstrip(".")
    if reason == "DeadlineExceeded" or (reason == "Evicted" and _LIMIT.search(message)):
        return f"{reason}: {message}"
    return ""
