"""How a controller's pod ended, where it could not say so itself, with the remedy."""

from job.launch.cluster import ends, pod_troubles, sidecars
from job.launch.cluster.api import Object
from job.launch.cluster.pod_view import NOT_STARTED, End

_NO_COMMAND = (126, 127, 128)
_FOREIGN = 255
"""What a container ends with whose program is of another architecture."""
_OVERLAY = "in an overlay (tunejob submit -k DIR)"
_SHOWN = 600  # characters of what it left


def told(end: End) -> str:
    """The end of one pod, in a sentence and its remedy."""
    said = end.message[-_SHOWN:].strip().rstrip(".") or "it left no message"
    how = " ".join(str(one) for one in (end.reason, end.code) if one not in (None, ""))
    return f"its pod {end.pod} on node {end.node or '?'} ended ({how or 'nobody saw how'}): {said}. {_remedy(end)}"


def staying(pod: Object, job: str) -> str:
    """What to say of a pod that stays and does nothing: its node is lost, or what is beside it goes on."""
    if pod["metadata"].get("deletionTimestamp"):
        why = f"{pod_troubles.lost_node(pod)}."
    else:
        beside = sidecars.lingering(pod).replace("the worker", "the controller")
        why = f"{beside}. To end it now: kubectl delete pod {pod['metadata']['name']}."
    return (
        f"{why} The Job {job} makes no other controller while the pod is there, and workers go on unwatched meanwhile. "
        "Once it is gone, another controller takes over by itself: submit again to follow it."
    )


def _remedy(end: End) -> str:
    if end.memory:
        return (
            "It ran out of memory: raise spec.template.spec.containers[0].resources.limits.memory of the controller's "
            f"Job {_OVERLAY}."
        )
    if "exec format error" in end.message or end.code == _FOREIGN:
        return (
            "Its image is for another processor than the node's, most often: build it for both (docker buildx build "
            f"--platform linux/amd64,linux/arm64), or choose nodes that fit, by a nodeSelector {_OVERLAY}."
        )
    if end.reason in NOT_STARTED or end.code in _NO_COMMAND:
        return (
            "Its image has not what the Job starts, the command `tunejob`: name the image tunejob-controller that your "
            f"nodes can pull, by `images` {_OVERLAY}."
        )
    if end.disruption:
        return "It was taken away from outside (evicted, preempted, deleted, or its node is gone)."
    return f"More may be told by: kubectl logs {end.pod}; {ends.events(end)}"
