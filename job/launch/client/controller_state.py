"""Why the controller of a run that has not ended does not run."""

from typing import TYPE_CHECKING

from job.launch.client import controllers_words
from job.launch.cluster import pod_troubles, queues
from job.launch.cluster.pod_view import is_unreachable, job_of, runs

if TYPE_CHECKING:
    from job.launch.client.remote_run import Remote


def trouble(remote: "Remote") -> str:
    """What keeps a live run's controller from running, with the remedy; "" where it runs."""
    name = remote.name
    if remote.job["spec"].get("suspend"):
        return (
            "it is suspended itself, by a queue (take the queue's label off it: the controller is never queued) or by "
            f"hand: {queues.resume(name)}"
        )
    own = [pod for pod in remote.pods if job_of(pod) == name]
    here = [pod for pod in own if pod["status"].get("phase") not in ("Succeeded", "Failed")]
    if any(runs(pod) for pod in here):
        return ""
    if lost := [pod for pod in here if is_unreachable(pod)]:
        return pod_troubles.lost_node(lost[0]).replace(" does not end: ", " does not answer: ")
    if told := pod_troubles.of_pods(here):
        return controllers_words.told(" ".join(one.sentence for one in told), name)
    if here:
        pod = here[0]["metadata"]["name"]
        return f"its pod {pod} is being started: kubectl describe pod {pod}"
    return f"it has no pod just now, and Kubernetes makes one after a while: kubectl describe job {name}"
