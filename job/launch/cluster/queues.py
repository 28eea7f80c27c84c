"""Which queue holds a suspended Job, whether it is there, how many wait before it, and what it says of it."""

from contextlib import suppress
from dataclasses import dataclass

from job.errors import NotPermittedError
from job.launch.cluster.api import AbsentError, Api, ClusterError, Object

QUEUE = "kueue.x-k8s.io/queue-name"
"""The label by which Kueue queues a Job."""
_JOB = "kueue.x-k8s.io/job-uid"


@dataclass(frozen=True)
class Queued:
    """What is to be said of a queue, and whether it never lets the Job run, as it is not there."""

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
        queue = api.get("localqueues", name)
    except AbsentError:
        return Queued(
            f"{held}, which is not there: nothing ever starts it. Create the LocalQueue {name} in the namespace "
            f"{space} (those there are: kubectl get localqueues -n {space}; is Kueue installed?), or name another by "
            f"the label {QUEUE} of the PodTemplate tunejob-worker.",
            never=True,
        )
    except NotPermittedError:
        return Queued(
            f"{held}: we may not see whether it is there and why it holds it. Look: kubectl get localqueue {name} -n "
            f"{space}; kubectl describe workloads -n {space}"
        )
    except ClusterError:
        return None
    waiting = int((queue.get("status") or {}).get("pendingWorkloads") or 0)
    why = _why(api, job)
    return Queued(f"{held}, where {max(waiting - 1, 0)} wait beside it" + (f": {why}" if why else ""))


def _why(api: Api, job: Object) -> str:
    """What the queue says of the Job's own workload."""
    with suppress(ClusterError, NotPermittedError):
        for workload in api.items("workloads", labels={_JOB: str(job["metadata"]["uid"])}):
            for one in (workload.get("status") or {}).get("conditions") or []:
                if one["type"] == "QuotaReserved" and one["status"] != "True":
                    return _passes(str(one.get("message", "")))
    return ""


def _passes(said: str) -> str:
    if "maximum capacity" in said:
        return f"{said}. That never passes: ask for less (`cluster: {{parallelism: N}}`), or have the quota raised"
    return said
