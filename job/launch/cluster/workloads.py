"""What Kueue says of a Workload that waits: the cause, the remedy, and whether it never passes by itself."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from job.launch.cluster import flavors, kueue, names
from job.launch.cluster.api import Object


@dataclass(frozen=True)
class Queued:
    """What is to be said of a queue, and whether it never lets the Job run as things are."""

    sentence: str
    never: bool = False


@dataclass(frozen=True)
class _Cause:
    """Words of Kueue's, what to do, and whether it never passes by itself."""

    pattern: str
    remedy: str
    never: bool = True


_OTHER = f"name another LocalQueue by the label {kueue.QUEUE} of the PodTemplate {names.WORKER_TEMPLATE}"
_EDIT = f"kubectl edit podtemplate {names.WORKER_TEMPLATE}"
_QUEUES = (
    _Cause(
        r"ClusterQueue \S+ (?:doesn't exist|not found|is terminating or missing)",
        "It never starts like this: have an administrator create the ClusterQueue {cluster}, or correct "
        "spec.clusterQueue of the LocalQueue {queue}",
    ),
    _Cause(
        r"LocalQueue \S+ (?:doesn't exist|is terminating or missing)",
        f"It never starts like this: create the LocalQueue {{queue}}, or {_OTHER}",
    ),
    _Cause(
        r"LocalQueue \S+ is (?:stopped|inactive)",
        "It is waited for until somebody opens the queue again: kubectl patch localqueue {queue} -n {space} "
        '--type=merge -p \'{{"spec":{{"stopPolicy":"None"}}}}\'',
        never=False,
    ),
    _Cause(
        r"ClusterQueue \S+ is (?:stopped|inactive)",
        "It is waited for until an administrator opens the ClusterQueue again, or gives it what it lacks; what that "
        "is: kubectl describe clusterqueue {cluster}",
        never=False,
    ),
)
"""About the queue itself; stale words where the LocalQueue says that it is active."""
_WORKLOAD = (
    _Cause(
        r"namespace doesn't match ClusterQueue selector",
        "It never starts like this: have an administrator give the namespace {space} a label that "
        f"spec.namespaceSelector of the ClusterQueue {{cluster}} asks for, or {_OTHER}",
    ),
    _Cause(
        r"didn't satisfy LimitRange constraints",
        "It never starts like this: ask for what the namespace's LimitRange allows (kubectl describe limitrange -n "
        f"{{space}}): {_EDIT} -n {{space}}",
    ),
    _Cause(
        r"resources validation failed",
        f"It never starts like this: no request may be larger than its limit in the PodTemplate: {_EDIT} -n {{space}}",
    ),
)
_INACTIVE = {
    "Stopped": "LocalQueue {queue} is stopped",
    "ClusterQueueDoesNotExist": "ClusterQueue {cluster} doesn't exist",
    "ClusterQueueIsInactive": "ClusterQueue {cluster} is inactive",
}
"""Reasons for which a LocalQueue is not active."""


def told(workload: Object, queue: Object, space: str) -> Queued:
    """What is said of a Workload in its LocalQueue, and of the queue where that is the cause."""
    named = {"queue": queue["metadata"]["name"], "cluster": _cluster(queue), "space": space}
    if workload["spec"].get("active") is False:
        return _deactivated(workload, space)
    if (checks := list(_checks(workload))) or true(workload, "QuotaReserved"):
        return _checked(workload, checks)
    active = _condition(queue, "Active")
    why = _why(workload)
    if active.get("status") == "False" and active.get("reason") in _INACTIVE:
        why = _INACTIVE[active["reason"]].format(**named)
    for cause in (*_WORKLOAD, *(() if active.get("status") == "True" else _QUEUES)):
        if re.search(cause.pattern, why):
            return Queued(f"{why}. {cause.remedy.format(**named)}", cause.never)
    return _fitted(workload, queue, why, named)


def is_waiting(workload: Object) -> bool:
    """Whether a Workload still waits for its quota."""
    return not any(true(workload, kind) for kind in ("QuotaReserved", "Finished"))


def true(workload: Object, kind: str) -> bool:
    """Whether a condition holds."""
    return bool(_condition(workload, kind).get("status") == "True")


def _fitted(workload: Object, queue: Object, why: str, named: dict[str, str]) -> Queued:
    """Where it is the quota that is missing."""
    if flavors.never_fit(str(_condition(workload, "QuotaReserved").get("message", "")), workload, queue):
        return Queued(
            f"{why}. It cannot be admitted as it is: ask for less (the PodTemplate's resources), for other nodes, or "
            f"have the quota raised (kubectl describe localqueue {named['queue']} -n {named['space']})",
            never=True,
        )
    fewer = flavors.may_shrink(workload) and "maximum capacity" in why
    return Queued(why + "; it may begin with fewer pods at once, as soon as that much is free" * fewer)


def _deactivated(workload: Object, space: str) -> Queued:
    name = workload["metadata"]["name"]
    return Queued(
        f"its Workload {name} was deactivated, by Kueue or by hand ({_why(workload)}). It never starts like this: "
        f'kubectl patch workload {name} -n {space} --type=merge -p \'{{"spec":{{"active":true}}}}\'',
        never=True,
    )


def _checks(workload: Object) -> Iterator[Object]:
    """The admission checks that hold it: those that are pending hold only what has its quota."""
    passing = ("Ready",) if true(workload, "QuotaReserved") else ("Ready", "Pending")
    for one in (workload.get("status") or {}).get("admissionChecks") or []:
        if one.get("state") not in passing:
            yield one


def _checked(workload: Object, checks: Sequence[Object]) -> Queued:
    """Where it waits for admission checks."""
    if not checks:
        return Queued(_why(workload))
    said = [f"{one['name']} is {one.get('state')}: {_plain(one.get('message')) or 'no message'}" for one in checks]
    look = ", ".join(str(one["name"]) for one in checks)
    rejected = any(one.get("state") == "Rejected" for one in checks)
    end = "A check that rejects never lets it start like this" if rejected else "It is waited for"
    return Queued(
        f"{_why(workload)}, and admission checks hold it ({'; '.join(said)}). {end}; what they ask for: kubectl "
        f"describe admissioncheck {look}",
        never=rejected,
    )


def _why(workload: Object) -> str:
    """What the queue says of a Workload: why it has no quota, and why it was sent back where it was."""
    said = {kind: _plain(_condition(workload, kind).get("message")) for kind in ("QuotaReserved", "Evicted")}
    reserved = "its quota is reserved" if true(workload, "QuotaReserved") else said["QuotaReserved"]
    evicted = said["Evicted"] if true(workload, "Evicted") else ""
    return "; ".join(dict.fromkeys(one for one in (evicted, reserved) if one)) or "it says nothing of why"


def _condition(found: Object, kind: str) -> Object:
    conditions: list[Object] = (found.get("status") or {}).get("conditions") or []
    return next((one for one in conditions if one["type"] == kind), {})


def _cluster(queue: Object) -> str:
    return str((queue.get("spec") or {}).get("clusterQueue") or "of the LocalQueue")


def _plain(message: object) -> str:
    return str(message or "").strip().rstrip(".")
