"""Whether a queue can ever admit a Workload, from the reasons that Kueue's scheduler gives, one or more a flavor."""

import re
from collections.abc import Iterator
from decimal import Decimal

from job.launch.cluster.api import Object

_REFUSED = "couldn't assign flavors to pod set "
_LACKING = r"resource \S+ unavailable in ClusterQueue"
_FULL = (
    r"insufficient quota for \S+ in flavor (?P<full>[^\s,]+), previously considered podsets requests "
    r"\((?P<before>[^)]*)\) \+ current podset request \((?P<asked>[^)]*)\) > maximum capacity \((?P<most>[^)]*)\)"
)
_BUSY = r"insufficient unused quota for \S+ in flavor (?P<busy>[^\s,]+), \S+ more needed"
_UNFIT = (
    r"untolerated taint .*? in flavor (?P<taint>[^\s,]+)",
    r"flavor (?P<affinity>[^\s,]+) doesn't match node affinity",
    r"flavor (?P<missing>[^\s,]+) not found",
    r'Flavor "(?P<topology>[^"]+)" (?:(?:does not support|supports only) \w+|does not contain the requested level)',
)
_KNOWN = re.compile("|".join((_FULL, _BUSY, *_UNFIT)))


def never_fit(message: str, workload: Object, queue: Object) -> bool:
    """Whether no flavor ever fits, however many other Workloads end.

    Args:
        message: why the Workload has no quota, as Kueue says it.
        workload: it, which tells how many pods at once it may begin with.
        queue: its LocalQueue, which tells all the flavors there are: Kueue gives reasons for those that it tried.
    """
    if not message.startswith(_REFUSED) or "Pending the preemption" in message:
        return False
    parts = message.removeprefix(_REFUSED).split(f"; {_REFUSED}")
    return any(_never(reasons, _pods(workload, name), queue) for name, _, reasons in (p.partition(": ") for p in parts))


def may_shrink(workload: Object) -> bool:
    """Whether it may be admitted with fewer pods at once than it asks for."""
    return any(_least(one) < 1 for one in workload["spec"].get("podSets") or [])


def _never(reasons: str, pods: Object, queue: Object) -> bool:
    if re.search(_LACKING, reasons):
        return True
    unfit, named = set(), set()
    for found in _KNOWN.finditer(reasons):
        groups = found.groupdict()
        flavor = next(
            groups[key] for key in ("full", "busy", "taint", "affinity", "missing", "topology") if groups[key]
        )
        named.add(flavor)
        if not groups["busy"] and (not groups["full"] or _is_too_much(groups, pods)):
            unfit.add(flavor)
    if _KNOWN.sub("", reasons).strip(", .") or not named:
        return False  # something else is said too, which may pass
    return named <= unfit and set(_beside(named, queue)) <= unfit


def _is_too_much(groups: dict[str, str | None], pods: Object) -> bool:
    """Whether a flavor's whole quota is less than the fewest pods need that the Workload may begin with."""
    from kubernetes.utils.quantity import parse_quantity  # half a second that most commands need not spend

    try:
        before, asked, most = (Decimal(parse_quantity(groups[key])) for key in ("before", "asked", "most"))
    except (ValueError, ArithmeticError):
        return False
    return before + asked * _least(pods) > most


def _least(pods: Object) -> Decimal:
    """The share of its pods with which a pod set may begin."""
    count = int(pods.get("count") or 1)
    return Decimal(int(pods.get("minCount") or count)) / count


def _pods(workload: Object, name: str) -> Object:
    sets: list[Object] = workload["spec"].get("podSets") or []
    return next((one for one in sets if one.get("name", "main") == name), {})


def _beside(named: set[str], queue: Object) -> Iterator[str]:
    """The flavors of the queue that have a resource in common with those that are named."""
    every = (queue.get("status") or {}).get("flavorsReservation") or []
    resources = {one["name"]: {each["name"] for each in one.get("resources") or []} for one in every}
    covered = set[str]().union(*(resources.get(flavor, set()) for flavor in named))
    return (flavor for flavor, of in resources.items() if of & covered)
