"""Objects as an API server gives them, with the fields that matter."""

from typing import Any

from job.launch.cluster import names
from job.launch.cluster.api import Object

UID = "0a1b"


def job(name: str = "wine-0123456789-1", *, uid: str = UID, **status: Any) -> Object:
    """A Job of 4 indexes, 2 at once."""
    spec = {"completions": 4, "parallelism": 2, "suspend": False}
    return {"metadata": {"name": name, "uid": uid, "labels": {}}, "spec": spec, "status": status}


def ended(kind: str, reason: str = "", message: str = "") -> Object:
    """The status of a Job that ended."""
    return {"conditions": [{"type": kind, "status": "True", "reason": reason, "message": message}]}


def pod(
    name: str = "wine-0123456789-1-0-abcde",
    phase: str = "Running",
    *,
    index: int = 0,
    state: Object | None = None,
    conditions: Any = (),
    **meta: Any,
) -> Object:
    """A pod of that Job with one container."""
    started = {"running": {"startedAt": "2026-01-01T00:00:00Z"}} if phase == "Running" else {}
    container = {"name": "worker", "image": "trainer:1", "state": started if state is None else state}
    return {
        "metadata": {
            "name": name,
            "namespace": "tests",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "annotations": {names.INDEX: str(index)},
            "labels": {names.JOB_NAME: "wine-0123456789-1", names.JOB_UID: UID},
            **meta,
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": "worker", "image": "trainer:1"}]},
        "status": {"phase": phase, "containerStatuses": [container], "conditions": list(conditions)},
    }


def died(code: int, message: str = "", *, name: str = "wine-0123456789-1-0-abcde", reason: str = "Error") -> Object:
    """A pod whose container ended with a code."""
    state = {"terminated": {"exitCode": code, "message": message, "reason": reason}}
    return pod(name, "Failed", state=state)


def waiting(reason: str, message: str = "") -> Object:
    """A pod whose container waits."""
    return pod(phase="Pending", state={"waiting": {"reason": reason, "message": message}})


def unscheduled(message: str, reason: str = "Unschedulable") -> Object:
    """A pod that no node takes."""
    condition = {"type": "PodScheduled", "status": "False", "reason": reason, "message": message}
    found = pod(phase="Pending", conditions=[condition])
    found["status"]["containerStatuses"] = []
    return found


def event(reason: str, message: str) -> Object:
    """A warning."""
    return {"type": "Warning", "reason": reason, "message": message}
