"""The Jobs that run workers, as pure functions of the plan's decisions and the installed PodTemplate.

What the pods are like is the template's to say. Set here are only names, labels, arguments, the volume of the user's
code, and how the Job controller treats ends of pods.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from job.errors import ExitCode, UsageError
from job.launch.cluster import names
from job.launch.cluster.api import Object
from job.launch.cluster.names import Owner, Task
from job.launch.cluster.queues import FEWEST, QUEUE
from job.results.lost_fits import MOST_UNSEEN
from job.study.study import Cluster

CONTAINER = "worker"
STUDY_FOLDER = "/study"
RETRIES = MOST_UNSEEN + 3
"""Times a completion index is tried again after an end that counts; evictions and deletions don't. As often as one fit
may lose its worker, and three times more for others of the shard."""
FINAL = sorted(int(code) for code in (ExitCode.USAGE, ExitCode.DATA, ExitCode.NOT_PERMITTED))
"""Exit codes of workers that end the whole Job: trying again changes nothing."""
_OWN_PLACE = {"TUNEJOB_POD": "metadata.uid", "TUNEJOB_NODE": "spec.nodeName"}
"""What a worker's marks name, whatever becomes of the PodTemplate: without it no end that was seen could be theirs."""
_NOT_COPIED = ("kubectl.kubernetes.io/", "config.kubernetes.io/", "internal.config.kubernetes.io/")


@dataclass(frozen=True)
class Launch:
    """One Job of workers.

    Attributes:
        name: of the Job.
        task: what its workers do.
        study: the study's name.
        run: the run's name; empty before planning.
        arguments: of ``tunejob work``.
        completions: how many indexes.
        parallelism: how many pods at once, at most.
        code: the ConfigMap of the user's code.
        owner: the controller's Job.
    """

    name: str
    task: Task
    study: str
    run: str
    arguments: Sequence[str]
    completions: int
    parallelism: int
    code: str
    owner: Owner


def job(template: Object, launch: Launch, settings: Cluster) -> Object:
    """The Job of workers.

    Args:
        template: the installed PodTemplate.
        launch: what the plan decided.
        settings: the study's ``cluster``.

    Raises:
        UsageError: the PodTemplate has no container named "worker".
    """
    meta = template.get("metadata", {})
    own = names.labels(launch.study, launch.run, launch.task)
    inherited = {**_inherited(meta, "labels"), **own, names.COMPONENT: "worker"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": launch.name,
            "labels": inherited,
            "annotations": _annotations(meta, launch, queued=QUEUE in inherited),
            "ownerReferences": [launch.owner.reference()],
        },
        "spec": {
            "completionMode": "Indexed",
            "completions": launch.completions,
            "parallelism": min(launch.parallelism, launch.completions),
            "backoffLimitPerIndex": RETRIES,
            "maxFailedIndexes": launch.completions,  # a small one kills healthy shards
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {"rules": _failure_rules()},
            "activeDeadlineSeconds": int(settings.deadline),
            "ttlSecondsAfterFinished": int(settings.ttl),
            "suspend": QUEUE in inherited,  # Kueue starts what it admits
            "template": _pod(template["template"], launch, settings),
        },
    }


def _annotations(meta: Mapping[str, Any], launch: Launch, *, queued: bool) -> dict[str, str]:
    """The PodTemplate's own; queued shards may begin with fewer pods at once than they ask for, if the quota is short.

    A Job of one pod can't: Kueue refuses it, so what the PodTemplate says of that is left out there.
    """
    inherited = _inherited(meta, "annotations")
    parallelism = min(launch.parallelism, launch.completions)
    if queued and parallelism > 1:
        return {FEWEST: "1", **inherited, names.PARALLELISM: str(parallelism)}
    inherited.pop(FEWEST, None)
    return {**inherited, names.PARALLELISM: str(parallelism)} if queued else inherited


def _failure_rules() -> list[Object]:
    """Disruptions and plain deletions count for nothing; a wrong study ends the Job; all else is tried again."""

    def on(action: str, codes: Sequence[int]) -> Object:
        return {"action": action, "onExitCodes": {"containerName": CONTAINER, "operator": "In", "values": list(codes)}}

    return [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        on("Ignore", [int(ExitCode.TERMINATED)]),
        on("FailJob", FINAL),
    ]


def _pod(template: Object, launch: Launch, settings: Cluster) -> Object:
    pod = deepcopy(template)
    meta, spec = pod.setdefault("metadata", {}), pod.setdefault("spec", {})
    meta["labels"] = {
        **(meta.get("labels") or {}),
        **names.labels(launch.study, launch.run, launch.task),
        names.COMPONENT: "worker",
    }
    meta.pop("creationTimestamp", None)
    spec["restartPolicy"] = "Never"
    worker = _worker(spec)
    worker["args"] = ["work", *launch.arguments, "--code", STUDY_FOLDER]
    if settings.image is not None:
        worker["image"] = settings.image
    _put(worker, "env", {"name": "TUNEJOB_STALL", "value": str(int(settings.stall))})
    there = {one["name"] for one in worker["env"]}
    for name, field in _OWN_PLACE.items():
        if name not in there:
            _put(worker, "env", {"name": name, "valueFrom": {"fieldRef": {"fieldPath": field}}})
    _put(worker, "volumeMounts", {"name": "study", "mountPath": STUDY_FOLDER, "readOnly": True})
    _put(spec, "volumes", {"name": "study", "configMap": {"name": launch.code}})
    return pod


def _worker(spec: Object) -> Object:
    containers: list[Object] = spec.get("containers") or []
    for container in containers:
        if container.get("name") == CONTAINER:
            return container
    found = ", ".join(repr(str(one.get("name"))) for one in containers) or "none"
    raise UsageError(
        f"the PodTemplate {names.WORKER_TEMPLATE} has no container named {CONTAINER!r} (its containers: {found}); "
        "the one that trains must have that name"
    )


def _put(holder: Object, field: str, entry: Object) -> None:
    """Puts an entry into a list of named ones, in the place of one of the same name."""
    others = [one for one in holder.get(field) or [] if one["name"] != entry["name"]]
    holder[field] = [*others, entry]


def _inherited(meta: Mapping[str, Any], field: str) -> dict[str, str]:
    """The PodTemplate's own labels or annotations, which say how its Jobs are queued, billed and found."""
    return {key: value for key, value in (meta.get(field) or {}).items() if not key.startswith(_NOT_COPIED)}
