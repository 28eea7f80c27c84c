"""Why the controller of a run that has not ended does not run."""

from typing import TYPE_CHECKING

from job.launch.client import controllers_words
from job.launch.cluster import names, pod_troubles, queues
from job.launch.cluster.pod_view import has_ended, is_running, is_unreachable

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
    own = [pod for pod in remote.pods if (pod["metadata"].get("labels") or {}).get(names.JOB_NAME) == name]
    here = [pod for pod in own if pod["status"].get("phase") not in ("Succeeded", "Failed")]
    if any(is_running(pod) and not has_ended(pod) and not is_unreachable(pod) for pod in here):
        return ""
    if lost := [pod for pod in here if is_unreachable(pod)]:
        return pod_troubles.lost_node(lost[0]).replace(" does not end: ", " does not answer: ")
    if told := pod_troubles.of_pods(here):
        return controllers_words.told(" ".join(one.sentence for one in told), name)
    if here:
        pod = here[0]["metadata"]["name"]
        return f"its pod {pod} is being started: kubectl describe pod {pod}"
    return f"it has no pod just now, and Kubernetes makes one after a while: kubectl describe job {name}"
