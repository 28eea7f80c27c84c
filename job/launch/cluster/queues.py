"""Which queue holds a suspended Job, whether it is there, how many wait before it, and what it says of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from job.errors import NotPermittedError
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import AbsentError, ClusterError

QUEUE = "kueue.x-k8s.io/queue-name"
"""The label by which Kueue queues a Job."""
FEWEST = "kueue.x-k8s.io/job-min-parallelism"
"""The annotation by which a Job may be admitted with fewer pods at once than it asks for."""
_HARD = ("maximum capacity", "doesn't match node affinity", "untolerated taint", "unavailable in ClusterQueue")
"""Words of Kueue's where no end of another workload helps."""


@dataclass(frozen=True)
class Queued:
    """What is to be said of a queue, and whether it never lets the Job run as things are."""

    sentence: str
    never: bool = False


def told(api: Api, job: Object) -> Queued | None:
    """What to say of the queue of a suspended Job; None where no queue holds it, or the cluster does not answer.

    Without the right to read queues it says where to look.
    """
    name, space = (job["metadata"].get("labels") or {}).get(QUEUE), api.namespace
    if not name:
        return None
    held = f"the Job {job['metadata']['name']} waits in the queue {name}"
    try:
        api.get("localqueues", name)
    except AbsentError:
        return Queued(
            f"{held}, which does not exist, so it never starts. Create the LocalQueue {name} in the namespace "
            f"{space} (those there are: kubectl get localqueues -n {space}; is Kueue installed?), or name another by "
            f"the label {QUEUE} of the PodTemplate tunejob-worker.",
            never=True,
        )
    except NotPermittedError:
        return Queued(
            f"{held}: we are not permitted to see whether it is there and why it holds it. Look: "
            f"kubectl get localqueue {name} -n {space}; kubectl describe workloads -n {space}"
        )
    except ClusterError:
        return None
    return _held(api, job, held, name)


def _held(api: Api, job: Object, held: str, name: str) -> Queued:
    """What to say where the queue is there."""
    look = f"Look: kubectl describe workloads -n {api.namespace}"
    try:
        queued = [one for one in api.items("workloads") if one["spec"].get("queueName") == name]
    except NotPermittedError:
        return Queued(f"{held}: we are not permitted to see why it holds it. {look}")
    except ClusterError as error:
        return Queued(f"{held}: the cluster does not say why it holds it ({error}). {look}")
    mine = next((one for one in queued if _is_of(one, job)), None)
    if mine is None:
        return Queued(f"{held}, which has not taken note of it yet (is Kueue running?)")
    why = _why(mine)
    never = any(words in why for words in _HARD)
    remedy = (
        ". It cannot be admitted as it is: ask for less (the PodTemplate's resources), for other nodes, or have the "
        f"quota raised (kubectl describe localqueue {name} -n {api.namespace})"
    )
    return Queued(f"{held}, where {_before(queued, mine)} wait before it: {why}{remedy * never}", never)


def _is_of(workload: Object, job: Object) -> bool:
    owners = workload["metadata"].get("ownerReferences") or []
    return any(one["uid"] == job["metadata"]["uid"] for one in owners)


def _is_waiting(workload: Object) -> bool:
    return not any(_true(workload, kind) for kind in ("QuotaReserved", "Finished"))


def _true(workload: Object, kind: str) -> bool:
    return any(one["type"] == kind and one["status"] == "True" for one in _conditions(workload))


def _conditions(workload: Object) -> Sequence[Object]:
    return (workload.get("status") or {}).get("conditions") or []


def _before(queued: Sequence[Object], mine: Object) -> int:
    """How many of the namespace's that wait in this queue come first: by priority, then by age."""
    return sum(_is_waiting(one) and _rank(one) < _rank(mine) for one in queued)


def _rank(workload: Object) -> tuple[int, str, str]:
    meta = workload["metadata"]
    return -int(workload["spec"].get("priority") or 0), str(meta.get("creationTimestamp", "")), str(meta["name"])


def _why(workload: Object) -> str:
    """What the queue says of a workload: why it has no quota, and why it was sent back where it was."""
    said = {one["type"]: str(one.get("message", "")).strip().rstrip(".") for one in _conditions(workload)}
    reserved = "its quota is reserved" if _true(workload, "QuotaReserved") else said.get("QuotaReserved", "")
    evicted = said.get("Evicted", "") if _true(workload, "Evicted") else ""
    return "; ".join(dict.fromkeys(one for one in (evicted, reserved) if one)) or "it says nothing of why"
