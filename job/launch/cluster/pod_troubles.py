"""Why pods do not start or end, in a person's words, with the remedy."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from job.launch.cluster import names, refusals, unscheduled
from job.launch.cluster.api import Object
from job.launch.cluster.pod_view import containers, has_ended, is_running, node_of
from job.launch.cluster.refusals import INSTALL, Kind

_IMAGE = (
    "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
    "RegistryUnavailable", "SignatureValidationFailed",
)  # fmt: skip
_CONTAINER = (
    "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreCreateHookError",
    "PreStartHookError", "PostStartHookError",
)  # fmt: skip
_VARYING = (
    r'(?<=pod )"[^"]+"|(?<=pods )"[^"]+"|\b[a-z0-9][a-z0-9.-]*-\d+-[a-z0-9]{5}\b',  # pods by their names
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{8,}\b",  # identities
    r"\d+",
)


@dataclass(frozen=True)
class Trouble:
    """One thing that keeps pods from starting.

    Attributes:
        kind: ``blocked`` does not pass by itself; ``absent`` neither, and an administrator must act;
            ``waiting`` may pass: a queue, a quota, nodes to come.
        sentence: what it is and what to do.
        about: what stays while the words change, such as an image that can't be pulled; if not given, its gist.
    """

    kind: Kind
    sentence: str
    about: str = ""

    @property
    def key(self) -> str:
        """What is the same trouble has the same key."""
        return self.about or gist(self.sentence)


def gist(sentence: str) -> str:
    """What a sentence says but for names of pods, identities and numbers: what has the same gist was told already."""
    for pattern in _VARYING:
        sentence = re.sub(pattern, "#", sentence)
    return sentence


def of_pods(pods: Iterable[Object]) -> list[Trouble]:
    """The different troubles of pods that have not ended, the lasting ones first."""
    return different(trouble for pod in pods for trouble in _of_pod(pod))


def are_hopeful(pods: Iterable[Object]) -> bool:
    """Whether a pod on a node is being made and nothing is known to keep it, so that others' trouble is not all."""
    return any(
        pod.get("spec", {}).get("nodeName") and not is_running(pod) and not has_ended(pod) and not list(_of_pod(pod))
        for pod in pods
    )


def different(troubles: Iterable[Trouble]) -> list[Trouble]:
    """Each trouble once, the lasting ones first."""
    found = {one.key: one for one in troubles}
    return sorted(found.values(), key=lambda one: one.kind == "waiting")


def _of_pod(pod: Object) -> Iterator[Trouble]:
    for one in containers(pod):
        waiting = one.get("state", {}).get("waiting") or {}
        reason, message = waiting.get("reason", ""), waiting.get("message", "")
        if reason in _IMAGE:
            image = str(one.get("image") or _image_of(pod, one))
            yield Trouble("blocked", _image(image, reason, message), f"image {image}")
        elif reason in _CONTAINER:
            yield Trouble("blocked", _container(reason, message))
        elif reason == "CrashLoopBackOff":
            yield Trouble("blocked", _crashing(pod, one))
    yield from _initializing(pod)
    for condition in pod.get("status", {}).get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield Trouble(*unscheduled.told(pod, condition.get("reason", ""), condition.get("message", "")))


def _initializing(pod: Object) -> Iterator[Trouble]:
    """An init container that runs, or a sidecar that does not say it has started: what comes after waits for it."""
    native = {c["name"] for c in pod.get("spec", {}).get("initContainers") or [] if c.get("restartPolicy") == "Always"}
    for one in pod.get("status", {}).get("initContainerStatuses") or []:
        running = one.get("state", {}).get("running")
        if not running or is_running(pod) or (one["name"] in native and one.get("started", True)):
            continue
        what = (
            f"the sidecar {one['name']!r}, whose startupProbe has not passed since it runs,"
            if one["name"] in native
            else f"the init container {one['name']!r}, which runs since"
        )
        since = running.get("startedAt", "?")
        yield Trouble(
            "waiting", f"the worker waits for {what} {since}: kubectl logs {pod['metadata']['name']} -c {one['name']}"
        )


def _crashing(pod: Object, status: Object) -> str:
    ended = (status.get("lastState") or {}).get("terminated") or {}
    said = f" (exit code {ended['exitCode']}: {(ended.get('message') or '').strip()})" if "exitCode" in ended else ""
    return (
        f"the container {status.get('name')!r} keeps ending and being restarted{said}; fix it in the PodTemplate. "
        f"Its log: kubectl logs {pod['metadata']['name']} -c {status.get('name')}"
    )


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
    if found := re.search(r"couldn't find key (\S+) in (Secret|ConfigMap) \S*?/?([^/\s]+)$", message):
        return f'the {found[2]} "{found[3]}" has no key {found[1]}: kubectl edit {found[2].lower()} {found[3]}'
    if any(words in message for words in ("runAsNonRoot", "non-root policy", "non-numeric user")):
        return f"{message}: give the container a number, {refusals.patch('spec/securityContext/runAsUser', 65532)}"
    return f"the container can't be made: {reason} ({message}). Fix it in the PodTemplate: kubectl edit podtemplate."


def not_installed(what: str) -> str:
    """What to say when a part of the installation is absent."""
    return f"not installed: there is no {what} here. {INSTALL}"


def lost_node(pod: Object, *others: Object) -> str:
    """What to say of a pod that does not end, or of several of one Job on one node."""
    name, node = pod["metadata"]["name"], node_of(pod)
    space = pod["metadata"].get("namespace", names.CONTROLLER_ACCOUNT)
    what, end, alone, which = f"pod {name}", "does not end", "the pod", name
    if others:
        what, end, alone = f"{len(others) + 1} pods (one is {name})", "do not end", "the pods"
        which = f"-l {names.JOB_NAME}={pod['metadata']['labels'][names.JOB_NAME]} --field-selector spec.nodeName={node}"
    return (
        f"{what} on node {node} {end}: the node is lost, most often. If it is, tell the cluster: "
        f"kubectl delete node {node} (or taint it node.kubernetes.io/out-of-service=nodeshutdown:NoExecute); "
        f"{alone} alone: kubectl delete pod {which} -n {space} --force"
    )
