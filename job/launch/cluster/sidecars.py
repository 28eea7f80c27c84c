"""Containers beside the worker that go on after it: which they are, how long they may, and what to do."""

from collections.abc import Iterator

from job.launch.cluster.api import Object

_REMEDY = (
    "A container beside the worker that never ends keeps the pod for ever; as an init container with restartPolicy: "
    "Always it ends with the worker: initContainers: [{name: NAME, restartPolicy: Always, …}]"
)
_GRACE = 30
"""Kubernetes' own, where a pod says nothing."""


def grace(pod: Object) -> float:
    """Seconds after its worker's end for which nothing is amiss: a native sidecar has its grace from then on."""
    return _grace(pod) if _native(pod) and not list(_plain(pod)) else 0.0


def lingering(pod: Object) -> str:
    """What to say of a pod whose worker has ended and which does not."""
    ended = f"the worker of pod {pod['metadata']['name']} has ended, and its"
    if (sidecars := _native(pod)) and not list(_plain(pod)):
        return (
            f"{ended} sidecar {', '.join(map(repr, sidecars))} has not, though the node should have killed it "
            f"{_grace(pod):.0f} s later (terminationGracePeriodSeconds): it is the node's trouble, most often: kubectl "
            f"describe pod {pod['metadata']['name']}"
        )
    return f"{ended} container {', '.join(map(repr, _plain(pod))) or 'another'} has not. {_REMEDY}"


def _grace(pod: Object) -> float:
    return float(pod.get("spec", {}).get("terminationGracePeriodSeconds", _GRACE))


def _plain(pod: Object) -> Iterator[str]:
    """Containers of the pod's own that have not ended."""
    return _going(pod.get("status", {}).get("containerStatuses"))


def _native(pod: Object) -> list[str]:
    """Sidecars in Kubernetes' own form that have not ended: it ends them when all other containers have."""
    form = {c["name"] for c in pod.get("spec", {}).get("initContainers") or [] if c.get("restartPolicy") == "Always"}
    return [name for name in _going(pod.get("status", {}).get("initContainerStatuses")) if name in form]


def _going(statuses: list[Object] | None) -> Iterator[str]:
    return (str(one["name"]) for one in statuses or [] if "terminated" not in one.get("state", {}))
