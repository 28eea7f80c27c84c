"""How a run stands in the cluster, in lines for a person."""

from collections import Counter, defaultdict

from job.launch.client import controller_state
from job.launch.client.remote_run import Remote
from job.launch.cluster import lost_workers, names
from job.launch.cluster.api import Object
from job.launch.cluster.job_view import View, uid
from job.launch.cluster.pod_view import is_unreachable, job_of, runs
from job.launch.cluster.queues import QUEUE, resume

_SENTENCES = {
    "live": "is running",
    "suspended": "is suspended: its workers wait to be let run, by a queue or by hand",
    "ending": "is being cancelled",
    "complete": "is complete",
    "ended": "has ended",
}


def status(remote: Remote) -> list[str]:
    """How a run stands, and what to do next."""
    what = f"{remote.study or '(not planned)'}/{remote.run or '(not planned)'}"
    going = remote.state in ("live", "suspended") and remote.verdict is None
    trouble = controller_state.trouble(remote) if going else ""
    how = f"does not run: {trouble}" if trouble and remote.state == "live" else _sentence(remote)
    return [
        f"{what}: the Job {remote.name} {how}",
        *([f"its controller does not run: {trouble}"] if trouble and remote.state == "suspended" else []),
        *_progress(remote),
        *_unwatched(remote),
        *(_machines(remote) if remote.verdict is None and remote.weighed else []),
        *(remote.verdict.lines() if remote.verdict else []),
    ]


def _sentence(remote: Remote) -> str:
    if remote.state == "unwatched":
        return "ended, and its workers go on" if remote.is_controlled else "goes on, and its controller is gone"
    return _SENTENCES[remote.state]


def results(remote: Remote) -> list[str]:
    """The verdict and the best trials that the controller told the cluster, and how to get the files."""
    verdict = remote.verdict
    if verdict is None:
        return [*status(remote), "there is no verdict yet"]
    return [*verdict.lines(), *files(remote)]


def files(remote: Remote) -> list[str]:
    """How to get what lies in the store."""
    store = remote.noted(names.STORE)
    if not store or not remote.run:
        return []
    where = f"{remote.study}/{remote.run}"
    told = (
        f"files (report.html, cv_results.csv, best.json, model.keras) are in {store}/{remote.study}/runs/{remote.run}; "
        f"with credentials for that store: tunejob fetch {where} --store {store}"
    )
    return [told]


def _progress(remote: Remote) -> list[str]:
    told = []
    if remote.progress is not None and remote.verdict is None:
        told.append(str(remote.progress))
    if remote.state not in ("complete", "ended"):
        told.append(_pods(remote) + _jobs(remote))
    cause = remote.noted(names.CAUSE)
    return [*told, *([f"last message: {cause}"] if cause and remote.verdict is None else [])]


def _pods(remote: Remote) -> str:
    """How many pods run, of those that have not ended; the controller's, which trains nothing, is none of them."""
    left = [pod for pod in _of_workers(remote) if pod["status"].get("phase") not in ("Succeeded", "Failed")]
    lost = [pod for pod in left if is_unreachable(pod)]
    running = sum(runs(pod) for pod in left)
    nodes = ", ".join(sorted({str(pod["spec"].get("nodeName", "?")) for pod in lost}))
    where = f" ({len(lost)} on nodes that are not ready: {nodes}; kubectl describe node)" if lost else ""
    return f"{running} of {len(left)} pods run{where}; "


def _of_workers(remote: Remote) -> list[Object]:
    own = remote.name if remote.is_controlled else ""
    return [pod for pod in remote.pods if job_of(pod) != own]


def _jobs(remote: Remote) -> str:
    """The workers' Jobs, each with its pods at once, or what it waits for."""
    live = [f"{one['metadata']['name']} ({_at_once(one)})" for one in remote.live]
    return "Jobs of workers: " + (", ".join(live) or "none")


def _at_once(job: Object) -> str:
    if not job["spec"].get("suspend"):
        return f"{job['spec'].get('parallelism', 1)} at once"
    meta = job["metadata"]
    queue = (meta.get("labels") or {}).get(QUEUE)
    return f"suspended, in the queue {queue}" if queue else f"suspended; no queue holds it: {resume(meta['name'])}"


def _machines(remote: Remote) -> list[str]:
    """Nodes that lose workers out of proportion, as far as their pods are still there."""
    pods = defaultdict[str | None, list[Object]](list)
    for pod in remote.pods:
        pods[job_of(pod)].append(pod)
    lost, had = Counter[str](), Counter[str]()
    for job in remote.workers:
        view = View(job["metadata"]["name"], uid(job))
        for pod in pods[view.name]:
            view.see_pod(pod)
        more = lost_workers.counted(view)
        lost, had = lost + more[0], had + more[1]
    return lost_workers.told(lost, had)


def _unwatched(remote: Remote) -> list[str]:
    if remote.state != "unwatched":
        return []
    told = (
        "nobody watches it: its controller ended, its workers go on and store what they finish, and nobody will "
        "aggregate it. Submit the same study again (tunejob submit STUDY): the new controller adopts its workers."
    )
    return [told]
