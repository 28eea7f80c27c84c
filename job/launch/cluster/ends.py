"""How workers' pods ended, in a person's words, and what the ends of several mean."""

from collections.abc import Iterable

from job.errors import Incomplete, TunejobError, error_of
from job.launch.cluster import refusals
from job.launch.cluster.pod_view import NOT_STARTED, End
from job.results.lost_fits import MOST_UNSEEN

_MEMORY = "spec/containers/0/resources/limits/memory"
_FROM_NOW_ON = (
    f"the fits it had begun go alone from now on; one that loses {MOST_UNSEEN} workers like that is tried no more "
    "until the run is resumed"
)
_STORAGE = "spec/containers/0/resources/limits/ephemeral-storage"


def told(end: End) -> str | None:
    """What to say of an end that Kubernetes brought about; None where the worker's own words are all there is."""
    place = f"pod {end.pod} on node {end.node or '?'}"
    if end.limited:
        return f"{place} {_limited(end)}"
    if end.is_rejected:
        return (
            f"node {end.node or '?'} refused pod {end.pod}: {end.reason}: {end.message or 'it does not say why'}. "
            f"Kubernetes tries again; where it stays so, take the node out: kubectl cordon {end.node or 'NODE'}"
        )
    if end.disruption not in ("", "Deleted"):
        why = f": {end.said.rstrip('.')}" if end.said else ""
        then = _FROM_NOW_ON if end.is_nodes else "no fit is blamed"
        return f"{place} was ended by Kubernetes ({end.disruption}{why}); it is replaced, and {then}"
    if end.is_stopped:
        return f"{place} {_stopped(end)}"
    return None


def same_end(ends: Iterable[End], parallelism: int) -> TunejobError | None:
    """The error of the first workers when twice as many as run at once ended alike; None when they did not.

    Kills whose cause nobody saw are no workers' own ends: how often they may come is for the store's marks to say.
    Workers that something else stops are given more patience, as it may pass.
    """
    every = list(ends)
    stopped = [end for end in every if end.is_stopped]
    if parallelism and len(stopped) >= max(MOST_UNSEEN, 2 * parallelism):
        return Incomplete(f"{len(stopped)} workers, the last of them {stopped[-1].pod}, {_stopped(stopped[-1])}")
    counted = [end for end in every if end.counts and not end.is_unseen]
    if not parallelism or len(counted) < 2 * parallelism or len({_alike(end) for end in counted}) > 1:
        return None
    error = error_from(counted[-1])
    how = "reached a limit of their pods" if counted[-1].limited else f"ended with exit code {counted[-1].code}"
    return type(error)(f"the first {len(counted)} workers all {how}: {error}")


def error_from(end: End) -> TunejobError:
    """What a worker's end means."""
    place = f"{end.pod} on node {end.node or '?'}"
    if end.limited:
        return Incomplete(f"pod {place} {_limited(end)}; then submit again")
    if end.container:
        return Incomplete(
            f"the container {end.container!r} of pod {place} ended with exit code {end.code}: "
            f"{end.message or 'it left no message'}. It is the PodTemplate's, not tunejob's: kubectl logs {end.pod} -c "
            f"{end.container}. Fix it there; then submit again."
        )
    if end.reason in NOT_STARTED or "exec format error" in end.message:
        return Incomplete(f"worker {place} could not be started: {end.message}. {_image(end.message)}")
    if end.memory:
        return Incomplete(
            f"worker {place} was killed (out of memory). Raise the PodTemplate's memory limit, such as: "
            f"{refusals.patch(_MEMORY, '8Gi')}; then submit again."
        )
    if end.is_unseen:
        return Incomplete(
            f"worker {place} was killed (exit code {end.code}), and the cluster does not say why: a node that restarts "
            f"leaves that, and whoever kills it by hand. `{events(end)}` may tell. Submit again; where it comes back "
            f"on every node, it was memory: raise the PodTemplate's limit, such as: {refusals.patch(_MEMORY, '8Gi')}"
        )
    return error_of(end.code or 70, f"worker {place}: {end.message or 'it left no message'}")


def _alike(end: End) -> tuple[object, ...]:
    return ("limit",) if end.limited else (end.code, end.container)


def _image(message: str) -> str:
    if "exec format error" in message:
        return (
            "The image is made for another kind of processor than the node's: build it for that one, or choose nodes "
            "by nodeSelector: {kubernetes.io/arch: …} in the PodTemplate; then submit again."
        )
    return (
        "The image lacks what the container is to run: take tunejob's trainer image, or one made from it, by `cluster: "
        "{image: …}` in the study or an overlay's `images`; then submit again."
    )


def _limited(end: End) -> str:
    """What of the pod's own limits ended it, and what to raise."""
    if end.limited.startswith("DeadlineExceeded"):
        return (
            "was ended by its own activeDeadlineSeconds: take that out of the PodTemplate's spec; `cluster: {deadline: "
            "…}` in the study limits a run"
        )
    if "EmptyDir" in end.limited:
        return (
            f"was evicted: {end.limited}. Raise the volume's sizeLimit in the PodTemplate (kubectl edit podtemplate), "
            "or have the study write less"
        )
    return f"was evicted: {end.limited}. Raise its limit, such as: {refusals.patch(_STORAGE, '20Gi')}"


def _stopped(end: End) -> str:
    return (
        f"ended because something sent SIGTERM (exit code {end.code}), and neither tunejob nor an eviction did: a "
        f"probe or a hook in the PodTemplate that fails, most often. `{events(end)}` may tell"
    )


def events(end: End) -> str:
    """The command that shows what the cluster noted of a pod."""
    return f"kubectl get events --field-selector involvedObject.name={end.pod}"
