"""Which queue holds a suspended Job, whether it is there, how many wait before it, and what it says of it."""

from dataclasses import dataclass
from time import monotonic
from weakref import WeakKeyDictionary

from job.errors import NotPermittedError
from job.launch.cluster import kueue, names, workloads
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import AbsentError, ClusterError
from job.launch.cluster.workloads import Queued

QUEUE = kueue.QUEUE
FEWEST = f"{kueue.GROUP}/job-min-parallelism"
"""The annotation by which a Job may be admitted with fewer pods at once than it asks for."""
_UID = f"{kueue.GROUP}/job-uid"
"""The label by which Kueue names the Job of a Workload."""
_PRIORITY = f"{kueue.GROUP}/priority-class"
_COUNTED = 60.0
"""Seconds between two looks at all the Workloads of the namespace, of which there may be thousands."""


@dataclass(frozen=True)
class _Counted:
    """How many waited before a Job's Workload, and when that was counted."""

    uid: str
    before: int
    when: float


_counted: WeakKeyDictionary[Api, _Counted] = WeakKeyDictionary()
"""By whom it was asked: counting lists all Workloads of a namespace, which is not done at each look."""


def is_queued(job: Object) -> bool:
    """Whether a Job has the label of a queue."""
    return bool((job["metadata"].get("labels") or {}).get(QUEUE))


def unqueued(job: Object) -> str:
    """What to say of a suspended Job that no queue holds: by hand, or by a Kueue that holds back what is not queued."""
    name = job["metadata"]["name"]
    return (
        f"the Job {name} is suspended, and no queue holds it. If that was by hand: {resume(name)}; if by Kueue, which "
        "may be told to hold every Job without a queue (manageJobsWithoutQueueName): have an administrator exempt this "
        f"namespace (managedJobsNamespaceSelector), or name a LocalQueue by the label {QUEUE} of the PodTemplate "
        f"{names.WORKER_TEMPLATE}."
    )


def resume(name: str) -> str:
    """The command that lets a suspended Job run."""
    return f'kubectl patch job {name} --type=merge -p \'{{"spec":{{"suspend":false}}}}\''


def told(api: Api, job: Object) -> Queued | None:
    """What to say of the queue of a suspended Job; None where no queue holds it, or the cluster does not answer.

    Without the right to read queues it says where to look.
    """
    name, space = (job["metadata"].get("labels") or {}).get(QUEUE), api.namespace
    if not name:
        return None
    held = f"the Job {job['metadata']['name']} waits in the queue {name}"
    try:
        queue = kueue.local_queue(api, name)
    except AbsentError:
        return Queued(
            f"{held}, which does not exist, so it never starts. Create the LocalQueue {name} in the namespace "
            f"{space} (those there are: kubectl get localqueues -n {space}), or name another by the label {QUEUE} of "
            "the PodTemplate tunejob-worker.",
            never=True,
        )
    except kueue.NotServedError as error:
        return Queued(f"{held}. {str(error)[0].upper()}{str(error)[1:]}.", error.never)
    except NotPermittedError:
        return Queued(
            f"{held}: we are not permitted to see whether it is there and why it holds it. Look: "
            f"kubectl get localqueue {name} -n {space}; kubectl describe workloads -n {space}"
        )
    except ClusterError:
        return None
    return _held(api, job, held, queue)


def _held(api: Api, job: Object, held: str, queue: Object) -> Queued:
    """What to say where the queue is there."""
    look = f"Look: kubectl describe workloads -n {api.namespace}"
    try:
        found = kueue.workloads(api, {_UID: job["metadata"]["uid"]})
        mine = next((one for one in found if _is_of(one, job)), None)
        before = 0 if mine is None else _before(api, job, mine)
    except NotPermittedError:
        return Queued(f"{held}: we are not permitted to see why it holds it. {look}")
    except (ClusterError, kueue.NotServedError) as error:
        return Queued(f"{held}: the cluster does not say why it holds it ({error}). {look}")
    if mine is None:
        return Queued(f"{held}, which has not taken note of it yet (is Kueue running?){_priority(job)}")
    said = workloads.told(mine, queue, api.namespace)
    return Queued(f"{held}, where {before} wait before it: {said.sentence}{'.' * said.never}", said.never)


def _priority(job: Object) -> str:
    """What else may keep Kueue from taking note of a Job, which it does not say: a priority class that is not there."""
    ours = (job["metadata"].get("labels") or {}).get(_PRIORITY)
    pods = job["spec"].get("template", {}).get("spec", {}).get("priorityClassName")
    if not (ours or pods):
        return ""
    what, name = ("WorkloadPriorityClass", ours) if ours else ("PriorityClass", pods)
    return (
        f". It takes no note of a Job whose {what} does not exist; this one's is {name}: kubectl get {what.lower()} "
        f"{name}. Have an administrator create it, or take it out of the PodTemplate tunejob-worker"
    )


def _is_of(workload: Object, job: Object) -> bool:
    owners = workload["metadata"].get("ownerReferences") or []
    return any(one["uid"] == job["metadata"]["uid"] for one in owners)


def _before(api: Api, job: Object, mine: Object) -> int:
    """How many of the namespace's that wait in its queue come first: by priority, then by age; as of a minute ago."""
    known, uid, now = _counted.get(api), str(job["metadata"]["uid"]), monotonic()
    if known is None or known.uid != uid or now - known.when >= _COUNTED:
        name = mine["spec"].get("queueName")
        queued = [one for one in kueue.workloads(api, slim=_slim) if one["spec"].get("queueName") == name]
        before = sum(workloads.is_waiting(one) and _rank(one) < _rank(mine) for one in queued)
        known = _counted[api] = _Counted(uid, before, now)
    return known.before


def _slim(workload: Object) -> Object:
    """A Workload without the pods it is made of."""
    meta = {name: workload["metadata"].get(name) for name in ("name", "creationTimestamp")}
    spec = {name: workload["spec"].get(name) for name in ("queueName", "priority")}
    return {"metadata": meta, "spec": spec, "status": workload.get("status")}


def _rank(workload: Object) -> tuple[int, str, str]:
    meta = workload["metadata"]
    return -int(workload["spec"].get("priority") or 0), str(meta.get("creationTimestamp", "")), str(meta["name"])
