"""What events about a Job, its pods and their volume claims tell of what keeps pods from starting."""

import re
from collections.abc import Iterable, Iterator, Sequence

from job.launch.cluster import refusals
from job.launch.cluster.api import Object
from job.launch.cluster.pod_troubles import Trouble, different

_GOOD = ("Pulled", "SuccessfulAttachVolume", "Created", "Started", "SuccessfulCreate", "ProvisioningSucceeded")
"""Reasons after which an earlier trouble is over."""
_TELLING = (
    "FailedCreate", "FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox",
    "NetworkNotReady", "Pulling", "TriggeredScaleUp", "NotTriggerScaleUp", "FailedScaleUp", "Nominated",
    "FailedResourceClaimCreation", "FailedPrepareDynamicResources", "ProvisioningFailed", "FailedBinding", "Unhealthy",
)  # fmt: skip
_NEVER = ("couldn't find key", "references non-existent", "doesn't exist", "does not exist")
_MISSING = re.compile(r'(secret|configmap|persistentvolumeclaim) "([^"]+)" (?:is )?not found', re.IGNORECASE)
_STUDY = re.compile(r"^tunejob-.+-[0-9a-f]{10}$")
"""What the names of a study's own ConfigMaps are like: the study's name and a digest."""


def newest(events: Iterable[Object]) -> Sequence[Object]:
    """The newest event that tells something of one object; none where what it told is over."""
    telling = [one for one in events if one.get("reason") in (*_GOOD, *_TELLING)]
    found = sorted(telling, key=lambda one: (_moment(one), one["reason"] not in _GOOD))[-1:]
    return [one for one in found if one["reason"] in _TELLING]


def of_events(events: Iterable[Object]) -> list[Trouble]:
    """The different troubles that events tell, the lasting ones first."""
    return different(trouble for event in events for trouble in _of_event(event))


def _moment(event: Object) -> str:
    series = event.get("series") or {}
    return str(series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or "")


def _of_event(event: Object) -> Iterator[Trouble]:
    reason, message = event.get("reason", ""), event.get("message", "")
    if reason == "FailedCreate":
        refused = refusals.told(message)
        yield Trouble(refused.kind, refused.sentence)
    elif reason in ("FailedMount", "FailedAttachVolume", "FailedMapVolume"):
        yield _volume(message)
    elif reason == "Pulling":
        since = event.get("lastTimestamp") or event.get("eventTime") or event.get("firstTimestamp") or "?"
        yield Trouble("waiting", f"the image is being pulled since {since}, which may take minutes: {message}.")
    elif reason == "FailedResourceClaimCreation":
        yield Trouble("blocked", f"what the pod claims cannot be created: {message}. Look: kubectl get resourceclaims")
    elif reason in _WAITING:
        before, after = _WAITING[reason]
        yield Trouble("waiting", f"{before}: {message.rstrip('.')}. {after}")


_CLAIM = ("the volume that the pod claims is not made", "Look: kubectl describe pvc; kubectl get storageclass")
_WAITING = {
    "FailedCreatePodSandBox": (
        "the node cannot make the pod's network or sandbox",
        "An administrator of the node must fix it.",
    ),
    "NetworkNotReady": ("the node's network is not ready", "An administrator of the node must fix it."),
    "TriggeredScaleUp": ("nodes are being added, which takes minutes", "Nothing is to be done."),
    "Nominated": ("nodes are being added, which takes minutes", "Nothing is to be done."),
    "NotTriggerScaleUp": (
        "the autoscaler adds no node for the pods",
        "Raise its limit, or ask less in the PodTemplate.",
    ),
    "FailedScaleUp": ("the autoscaler adds no node for the pods", "Raise its limit, or ask less in the PodTemplate."),
    "FailedPrepareDynamicResources": (
        "the node cannot prepare the devices that the pod claims",
        "Look: kubectl describe resourceclaims; the device's driver on the node must be healthy.",
    ),
    "ProvisioningFailed": _CLAIM,
    "FailedBinding": _CLAIM,
    "Unhealthy": ("a probe of the pod fails", "Fix the probe, or what it asks, in the PodTemplate."),
}


def _volume(message: str) -> Trouble:
    missing = _MISSING.search(message)
    never = missing or any(words in message for words in _NEVER)
    return Trouble(
        "blocked" if never else "waiting",
        f"a volume can't be mounted: {message.rstrip('.')}. {_remedy(message, missing)}",
    )


def _remedy(message: str, missing: re.Match[str] | None) -> str:
    if missing and missing[1].lower() == "configmap" and _STUDY.match(missing[2]):
        return "It held the study's code and was deleted: submit the study again"
    if missing:
        return f"Create it: kubectl create {missing[1].lower()} {missing[2]} …"
    if "registered CSI drivers" in message:
        return "The node's storage driver is not up yet, as on a node that is new: kubectl get csidrivers,csinodes"
    if "Multi-Attach" in message:
        return (
            "The volume is in use on another node: take one of ReadWriteMany, or `cluster: {parallelism: 1}` in the "
            "study"
        )
    return "Look: kubectl get pvc,pv"
