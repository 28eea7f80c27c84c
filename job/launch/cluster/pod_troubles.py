"""Why pods do not start, in a person's words, with the remedy."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from job.launch.cluster import names
from job.launch.cluster.api import Object
from job.launch.cluster.job_view import containers

_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError")
_CONTAINER = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
_MISSING_ACCOUNT = re.compile(r'error looking up service account [^:]*: serviceaccounts? "([^"]+)" not found')
_INSTALL = "An administrator installs it once: kubectl apply -k k8s/overlays/cpu/install (or gpu), see docs/cluster.md."


@dataclass(frozen=True)
class Trouble:
    """One thing that keeps pods from starting.

    Attributes:
        kind: ``blocked`` does not pass by itself; ``absent`` neither, and an administrator must act;
            ``waiting`` may pass: a queue, a quota, nodes to come.
        sentence: what it is and what to do.
    """

    kind: Literal["blocked", "absent", "waiting"]
    sentence: str


def of_pods(pods: Iterable[Object]) -> list[Trouble]:
    """The different troubles of pods that have not ended, the lasting ones first."""
    return _sorted(trouble for pod in pods for trouble in _of_pod(pod))


def of_events(events: Iterable[Object]) -> list[Trouble]:
    """The troubles that warnings about a Job and its pods tell, the lasting ones first."""
    return _sorted(trouble for event in events for trouble in _of_event(event))


def _sorted(troubles: Iterable[Trouble]) -> list[Trouble]:
    return sorted(dict.fromkeys(troubles), key=lambda one: one.kind == "waiting")


def _of_pod(pod: Object) -> Iterator[Trouble]:
    for one in containers(pod):
        waiting = one.get("state", {}).get("waiting") or {}
        reason, message = waiting.get("reason", ""), waiting.get("message", "")
        if reason in _IMAGE:
            yield Trouble("blocked", _image(str(one.get("image") or _image_of(pod, one)), reason, message))
        elif reason in _CONTAINER:
            yield Trouble("blocked", _container(reason, message))
    for condition in pod.get("status", {}).get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield _unscheduled(condition.get("reason", ""), condition.get("message", ""))


def _of_event(event: Object) -> Iterator[Trouble]:
    reason, message = event.get("reason", ""), event.get("message", "")
    if reason == "FailedCreate":
        yield _refused(message)
    elif reason in ("FailedMount", "FailedAttachVolume"):
        kind: Literal["blocked", "waiting"] = "blocked" if "not found" in message else "waiting"
        yield Trouble(kind, f"a volume can't be mounted: {message}")


def _image(image: str, reason: str, message: str) -> str:
    said = f" ({message})" if message else ""
    return (
        f"the image {image} cannot be pulled: {reason}{said}. Check its name, that the cluster's nodes reach its "
        "registry, and imagePullSecrets; it is set by `cluster: {image: …}` in the study or by an overlay's `images`."
    )


def _image_of(pod: Object, status: Object) -> str:
    spec = pod.get("spec", {})
    every = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    return next((str(one.get("image")) for one in every if one["name"] == status.get("name")), "?")


def _container(reason: str, message: str) -> str:
    if found := re.search(r"(secret|configmap) \"([^\"]+)\" not found", message):
        what = {"secret": "Secret", "configmap": "ConfigMap"}[found[1]]
        return f'the {what} "{found[2]}" is missing: create it in the namespace (kubectl create {found[1]} …).'
    return f"the container can't be made: {reason} ({message})."


def _unscheduled(reason: str, message: str) -> Trouble:
    if reason == "SchedulingGated":
        return Trouble("waiting", "the pods are gated: something (a queue, most often) holds them back.")
    return Trouble(
        "waiting",
        f"no node takes a pod: {message} Nodes may come by themselves (an autoscaler) or when others finish; if not, "
        "ask for less in the PodTemplate's resources, or add nodes.",
    )


def _refused(message: str) -> Trouble:
    if found := _MISSING_ACCOUNT.search(message):
        return Trouble("absent", f'not installed: there is no ServiceAccount "{found[1]}" here. {_INSTALL}')
    if "exceeded quota" in message:
        return Trouble("waiting", f"the namespace's quota allows no more pods now: {_tail(message)}.")
    if "violates PodSecurity" in message:
        return Trouble("blocked", f"Pod Security refuses the pods: {_tail(message)}. Fix the PodTemplate's patches.")
    return Trouble("blocked", f"the cluster refuses the pods: {message}")


def _tail(message: str) -> str:
    """What follows the pod's name in a refusal: another name each time would be another sentence each time."""
    return message.partition("is forbidden: ")[2] or message


def not_installed(what: str) -> str:
    """What to say when a part of the installation is absent."""
    return f"not installed: there is no {what} here. {_INSTALL}"


def lost_node(pod: Object) -> str:
    """What to say of a pod that does not end."""
    name, node = pod["metadata"]["name"], pod.get("spec", {}).get("nodeName", "?")
    space = pod["metadata"].get("namespace", names.CONTROLLER_ACCOUNT)
    return (
        f"pod {name} on node {node} does not end: the node is lost, most often. If it is, tell the cluster: "
        f"kubectl delete node {node} (or taint it node.kubernetes.io/out-of-service=nodeshutdown:NoExecute); "
        f"the pod alone: kubectl delete pod {name} -n {space} --force"
    )
