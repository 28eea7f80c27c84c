"""A pod's status as the kubelet reports it: pure functions to the bodies of status patches."""

from typing import Any

from cluster.node.container import now

Object = dict[str, Any]


def waiting(reason: str, message: str = "") -> Object:
    """The state of a container that waits."""
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def pending(pod: Object, reason: str, message: str = "") -> Object:
    """No container has started, and why."""
    state = waiting(reason, message)
    return _status(pod, "Pending", [_container(spec, state) for spec in pod["spec"]["containers"]])


def initializing(pod: Object, begun: dict[str, Object]) -> Object:
    """Init containers run one after the other: the states of those that began, by name; all else waits for them."""
    later = waiting("PodInitializing")
    found = _status(pod, "Pending", [_container(spec, later) for spec in pod["spec"]["containers"]])
    found["status"]["initContainerStatuses"] = [
        _container(spec, begun.get(spec["name"], later)) for spec in pod["spec"].get("initContainers", [])
    ]
    return found


def uninitialized(pod: Object, begun: dict[str, Object]) -> Object:
    """An init container failed, so that no other ever begins."""
    found = initializing(pod, begun)
    found["status"]["phase"] = "Failed"
    return found


def running(pod: Object, started: dict[str, str], ends: dict[str, Object] | None = None) -> Object:
    """All containers have started, each at its time; some may have ended."""
    states = {name: {"running": {"startedAt": at}} for name, at in started.items()}
    states |= {name: {"terminated": end} for name, end in (ends or {}).items()}
    return _status(pod, "Running", [_container(spec, states[spec["name"]]) for spec in pod["spec"]["containers"]])


def ended(pod: Object, states: dict[str, Object]) -> Object:
    """All containers have ended: the pod failed unless each exited with 0."""
    found = [_container(spec, {"terminated": states[spec["name"]]}) for spec in pod["spec"]["containers"]]
    failed = any(state["exitCode"] for state in states.values())
    return _status(pod, "Failed" if failed else "Succeeded", found)


def lost(pod: Object) -> Object:
    """The containers were never seen to end, or never began."""
    state = {
        "exitCode": 137,
        "reason": "ContainerStatusUnknown",
        "message": "The container could not be located when the pod was terminated",
    }
    return ended(pod, {spec["name"]: state for spec in pod["spec"]["containers"]})


def refused(reason: str, message: str) -> Object:
    """The node will not run this pod."""
    return {"status": {"phase": "Failed", "reason": reason, "message": message, "startTime": now()}}


def _container(spec: Object, state: Object) -> Object:
    return {
        "name": spec["name"],
        "image": spec["image"],
        "imageID": spec["image"],
        "ready": "running" in state,
        "started": "running" in state,
        "restartCount": 0,
        "state": state,
    }


def _status(pod: Object, phase: str, containers: list[Object]) -> Object:
    ready = "True" if phase == "Running" else "False"
    reason = {"Pending": "ContainersNotReady", "Failed": "PodFailed", "Succeeded": "PodCompleted"}.get(phase)
    extra = {"reason": reason} if reason else {"reason": None}
    start = pod.get("status", {}).get("startTime") or now()
    body = {
        "phase": phase,
        "hostIP": "127.0.0.1",
        "podIP": "127.0.0.1",
        "startTime": start,
        "containerStatuses": containers,
        "conditions": [
            {"type": kind, "status": ready, "lastTransitionTime": now(), **extra}
            for kind in ("Ready", "ContainersReady")
        ],
    }
    return {"metadata": {"uid": pod["metadata"]["uid"]}, "status": body}
