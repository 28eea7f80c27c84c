"""States of a Job that last and are no trouble, in a sentence, so that nobody has to guess what is waited for."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from job.launch.cluster.job_view import View
from job.launch.cluster.pod_view import has_ended, is_running
from job.launch.cluster.wire import moment

State = Literal["unseen", "suspended", "no pods", "again", "ending", "unscheduled", "starting", "running", "idle"]


def state(view: View) -> State:
    """What the Job is at."""
    if view.job is None:
        return "unseen"
    if view.suspended:
        return "suspended"
    if view.running:
        return "running"
    coming = [
        bool(pod.get("spec", {}).get("nodeName"))
        for pod in view.pods.values()
        if not pod["metadata"].get("deletionTimestamp") and not has_ended(pod)
    ]
    if coming:
        return "starting" if any(coming) else "unscheduled"
    if view.pods:
        return "ending"
    return "idle" if not view.wanted else "again" if view.ends else "no pods"


def told(view: View, doing: str) -> str:
    """A sentence about the state, and until when it may last; "" where there is nothing to say.

    Args:
        view: of the Job.
        doing: what its pods do.
    """
    what = state(view)
    sentence = {
        "unseen": f"the cluster has not shown the Job {view.name} yet",
        "no pods": f"the Job {view.name} has no pod yet: the cluster's Job controller makes them, and says nothing yet",
        "again": _again(view),
        "ending": f"waiting for {len(view.pods)} pods of the Job {view.name} to end",
        "unscheduled": f"{_pod(view)} waits for the cluster's scheduler, which says nothing yet",
        "starting": f"{_pod(view)} is being started (its image, its volumes)",
        "running": f"{_running(view)}" + (f": {doing}" if doing else ""),
    }.get(what, "")
    return sentence + until(view) if sentence else ""


def clock(seconds: float) -> str:
    """What time it is in so many seconds."""
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%H:%M:%S} UTC"


def _pod(view: View) -> str:
    pod = next((pod for pod in view.pods.values() if not is_running(pod)), None)
    if pod is None:
        return "a pod"
    node = pod.get("spec", {}).get("nodeName")
    return f"pod {pod['metadata']['name']}" + (f" on node {node}" if node else "")


def _again(view: View) -> str:
    """Of workers that failed, which Kubernetes tries again after a while of its own."""
    last = next(reversed(view.ends.values()), None)
    how = "" if last is None else f" (the last, pod {last.pod}: {last.reason or 'exit code'} {last.code})"
    return (
        f"workers of the Job {view.name} ended and are tried again{how}: Kubernetes waits before that, 10 s the first "
        "time and twice as long each time, up to 10 minutes"
    )


def _running(view: View) -> str:
    return f"{view.running} pods of the Job {view.name} run" if view.running > 1 else f"{_started(view)} runs"


def _started(view: View) -> str:
    return next((f"pod {name}" for name, pod in view.pods.items() if is_running(pod)), "a pod")


def until(view: View) -> str:
    """When the cluster ends the Job at the latest; "" where it does not."""
    spec, status = (view.job or {}).get("spec", {}), (view.job or {}).get("status", {})
    if not spec.get("activeDeadlineSeconds") or not status.get("startTime"):
        return ""
    end = moment(status["startTime"]) + timedelta(seconds=spec["activeDeadlineSeconds"])
    return f" (at the latest until {end:%Y-%m-%d %H:%M} UTC, cluster: {{deadline: …}})"
