"""Small pods and Jobs of a shell script, and what to wait for."""

from collections.abc import Callable
from typing import Any

Object = dict[str, Any]


def pod(image: str, script: str, *, container: Object | None = None, **spec: Any) -> Object:
    """A pod ``main`` with one container ``main``."""
    main = {"name": "main", "image": image, "command": ["/bin/sh", "-c", script], **(container or {})}
    return {"metadata": {"name": "main"}, "spec": {"restartPolicy": "Never", "containers": [main], **spec}}


def job(image: str, script: str, **spec: Any) -> Object:
    """A Job ``job`` of such pods that is not tried again; ``spec`` is the Job's."""
    template = {"spec": {**pod(image, script)["spec"], "terminationGracePeriodSeconds": 5}}
    return {"metadata": {"name": "job"}, "spec": {"backoffLimit": 0, "template": template, **spec}}


def condition(found: Object, kind: str) -> Object:
    """A condition of an object that is true, or nothing."""
    for each in found.get("status", {}).get("conditions", []):
        if each["type"] == kind and each["status"] == "True":
            return dict(each)
    return {}


def finished(found: Object) -> bool:
    """Whether a Job has come to an end."""
    return bool(condition(found, "Complete") or condition(found, "Failed"))


def in_phase(*phases: str) -> Callable[[Object], bool]:
    """Whether a pod is in one of these phases."""
    return lambda found: found.get("status", {}).get("phase") in phases


ended = in_phase("Succeeded", "Failed")
running = in_phase("Running")


def state(found: Object, kind: str) -> Object:
    """The state of a pod's only container, if it is of this kind: waiting, running or terminated."""
    containers = found.get("status", {}).get("containerStatuses", [])
    return dict(containers[0]["state"].get(kind, {})) if containers else {}
