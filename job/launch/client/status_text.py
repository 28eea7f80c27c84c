"""How a run stands in the cluster, in lines for a person."""

from job.launch.client.remote_run import Remote
from job.launch.cluster import names, node_losses
from job.launch.cluster.job_view import View, is_running

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
    return [
        f"{what}: the Job {remote.name} {_SENTENCES.get(remote.state, 'ended, and its workers go on')}",
        *_progress(remote),
        *_unwatched(remote),
        *(_machines(remote) if remote.verdict is None else []),
        *(remote.verdict.lines() if remote.verdict else []),
    ]


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
    running = sum(is_running(pod) for pod in remote.pods)
    if remote.state not in ("complete", "ended"):
        told.append(f"{running} of {len(remote.pods)} pods run; " + _jobs(remote))
    cause = remote.noted(names.CAUSE)
    return [*told, *([f"last message: {cause}"] if cause and remote.verdict is None else [])]


def _jobs(remote: Remote) -> str:
    live = [f"{one['metadata']['name']} ({one['spec'].get('parallelism', 1)} at once)" for one in remote.live]
    return "Jobs of workers: " + (", ".join(live) or "none")


def _machines(remote: Remote) -> list[str]:
    """Nodes that lose workers out of proportion, as far as their pods are still there."""
    view = View(remote.name, "")
    for pod in remote.pods:
        if pod["metadata"]["labels"].get(names.JOB_NAME) != remote.name:
            view.see_pod(pod)
    return node_losses.told(*node_losses.counted(view))


def _unwatched(remote: Remote) -> list[str]:
    if remote.state != "unwatched":
        return []
    told = (
        "nobody watches it: its controller ended, its workers go on and store what they finish, and nobody will "
        "aggregate it. Submit the same study again (tunejob submit STUDY): the new controller adopts its workers."
    )
    return [told]
