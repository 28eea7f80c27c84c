"""Why a pod was made to end: evicted, preempted, deleted, or gone with its node."""

from datetime import timedelta

from job.launch.cluster.api import Object
from job.launch.cluster.deletions import First
from job.launch.cluster.wire import moment

NODE_GONE = ("DeletionByTaintManager", "DeletionByPodGC", "NodeLost")
"""Reasons where the node did not answer, or is there no more; a taint that somebody set evicts by the first too."""
_EVICTED = ("Evicted", "NodeShutdown", "Shutdown", "Terminated", "Preempting", "NodeLost")
"""A pod's own reason where a kubelet ended it, with a condition that says so or without one."""


def of(pod: Object, ended: Object, first: First) -> str:
    """Why a pod was told to end before it did; what was deleted afterwards had ended by itself.

    Only where nobody saw which came first, clocks tell: the API server's, and the node's.
    """
    meta = pod["metadata"]
    if (why := condition(pod)) or not meta.get("deletionTimestamp"):
        return why
    if first:
        return "Deleted" if first == "told" else ""
    asked = moment(meta["deletionTimestamp"]) - timedelta(seconds=meta.get("deletionGracePeriodSeconds") or 0)
    finished_at = ended.get("finishedAt")
    return "Deleted" if not finished_at or asked <= moment(finished_at) else ""


def condition(pod: Object) -> str:
    """Why Kubernetes wanted the pod to end: by a condition, or by the pod's own reason where a kubelet sets none."""
    found = _disrupted(pod)
    reason = str(pod.get("status", {}).get("reason") or "")
    return str(found.get("reason") or "DisruptionTarget") if found else reason if reason in _EVICTED else ""


def said(pod: Object) -> str:
    """What Kubernetes says of that."""
    return str(_disrupted(pod).get("message") or "").strip()


def _disrupted(pod: Object) -> Object:
    conditions = pod.get("status", {}).get("conditions") or []
    found = (one for one in conditions if one["type"] == "DisruptionTarget" and one["status"] == "True")
    return next(found, {})
