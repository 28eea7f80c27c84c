"""Why the API server refuses an object, by whose word, and what to patch: quotas, limits, policies, webhooks."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from job.launch.cluster import names, quotas

INSTALL = "An administrator installs it once: kubectl apply -k k8s/overlays/cpu/install (or gpu), see docs/cluster.md."

Kind = Literal["blocked", "absent", "waiting"]


@dataclass(frozen=True)
class ClusterRefusal:
    """What refuses, whether it passes by itself (see ``Trouble.kind``), and what to do."""

    kind: Kind
    sentence: str


def told(message: str, what: str = "the pods") -> ClusterRefusal:
    """Returns a refusal in a person's words, with the remedy.

    Args:
        message: the API server's.
        what: is refused.
    """
    for pattern, explain in _KNOWN:
        if found := re.search(pattern, message, re.DOTALL):
            return explain(found, _tail(message), what)
    return ClusterRefusal(
        "blocked",
        f"the cluster refuses {what}: {_tail(message)}. If the words name a field, patch it in the PodTemplate "
        f"{names.WORKER_TEMPLATE} (kubectl edit podtemplate {names.WORKER_TEMPLATE}), or ask an administrator.",
    )


def is_known(message: str) -> bool:
    """Whether it is known who refuses, and what to do; a field that is wrong is better told as the server does."""
    return any(re.search(pattern, message, re.DOTALL) for pattern, explain in _KNOWN if explain is not _invalid)


def _tail(message: str) -> str:
    """What follows the object's name in a refusal: another name each time would be another sentence each time."""
    rest = message.partition("is forbidden: ")[2] or message.partition("is invalid: ")[2] or message
    return rest.removeprefix("Error creating: ").strip().rstrip(".")


def patch(path: str, value: object) -> str:
    """A command that sets one field of the workers' PodTemplate."""
    operation = json.dumps([{"op": "add", "path": f"/template/{path}", "value": value}], separators=(",", ":"))
    return (
        f"kubectl patch podtemplate {names.WORKER_TEMPLATE} --type=json -p '{operation}' (the controller's Job: the "
        "same in an overlay, tunejob submit -k DIR)"
    )


def of_template(sentence: str, template: str) -> str:
    """The same words about another PodTemplate: pods that prepare may have one of their own."""
    return re.sub(rf"(?i:(podtemplate)) {names.WORKER_TEMPLATE}\b", rf"\1 {template}", sentence)


_RESOURCES = "spec/containers/0/resources"
_SOME = {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"cpu": "2", "memory": "2Gi"}}


def _account(found: re.Match[str], _tail: str, _what: str) -> ClusterRefusal:
    return ClusterRefusal("absent", f'not installed: there is no ServiceAccount "{found[1]}" here. {INSTALL}')


def _quota(_found: re.Match[str], tail: str, _what: str) -> ClusterRefusal:
    never, raised = quotas.beyond(tail), "have the quota raised: kubectl describe quota"
    if "count/jobs" in tail and never:
        return ClusterRefusal("blocked", f"the namespace's quota allows no Jobs at all: {tail}. {raised.capitalize()}")
    if "count/jobs" in tail:
        return ClusterRefusal(
            "waiting",
            f"the namespace's quota allows no more Jobs now: {tail}. They go when finished ones are deleted: kubectl "
            "get jobs; kubectl describe quota",
        )
    if objects := quotas.used_up(tail):
        return ClusterRefusal("blocked" if never else "waiting", quotas.told(objects, tail))
    if never:
        return ClusterRefusal(
            "blocked",
            "the namespace's quota allows no more pods now, and never one like these, which alone asks for more "
            f"{never} than all may have: {tail}. Ask for less: {patch(_RESOURCES, _SOME)}; or {raised}",
        )
    return ClusterRefusal(
        "waiting",
        "pods start when others end (look: kubectl describe quota; fewer at once: `cluster: {parallelism: N}` in the "
        f"study), as the namespace's quota allows no more pods now: {tail}.",
    )


def _passing(_found: re.Match[str], tail: str, what: str) -> ClusterRefusal:
    return ClusterRefusal(
        "waiting",
        f"the cluster could not create {what} just now, and its Job controller tries again by itself: {tail}. If it "
        "goes on, the control plane is in trouble: ask its administrator",
    )


def _unlimited(found: re.Match[str], tail: str, what: str) -> ClusterRefusal:
    return ClusterRefusal(
        "blocked", f"the namespace's quota {found[1]} refuses {what}: {tail}. Set them: {patch(_RESOURCES, _SOME)}"
    )


def _limits(_found: re.Match[str], tail: str, what: str) -> ClusterRefusal:
    return ClusterRefusal(
        "blocked",
        f"the namespace's LimitRange refuses {what}: {tail}. Look: kubectl describe limitrange. Ask for what it "
        f"allows, such as: {patch(_RESOURCES, _SOME)}",
    )


def _security(_found: re.Match[str], tail: str, what: str) -> ClusterRefusal:
    return ClusterRefusal("blocked", f"Pod Security refuses {what}: {tail}. Fix the PodTemplate's patches.")


def _policy(found: re.Match[str], _tail: str, what: str) -> ClusterRefusal:
    return ClusterRefusal(
        "blocked",
        f"the admission policy {found[1]} refuses {what}: {found[2].strip().rstrip('.')}. Give them what it asks for; "
        f"a label, for example: {patch('metadata/labels/team', 'YOURS')}; whose it is: kubectl describe "
        f"validatingadmissionpolicy {found[1]}",
    )


def _webhook(found: re.Match[str], _tail: str, what: str) -> ClusterRefusal:
    said = " ".join(found[2].split()).rstrip(".") or "without a word"
    return ClusterRefusal(
        "blocked",
        f"the admission webhook {found[1]} refuses {what}: {said}. Give them what it asks for; a label, for example: "
        f"{patch('metadata/labels/team', 'YOURS')}; or ask whoever runs it for an exception",
    )


def _webhook_away(found: re.Match[str], _tail: str, what: str) -> ClusterRefusal:
    said = " ".join(found[2].split()).rstrip(".")
    return ClusterRefusal(
        "waiting",
        f"the admission webhook {found[1]} does not answer, and until it does the cluster takes none of {what}: {said}"
        ". Whoever runs it must fix it: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
    )


def _priority(found: re.Match[str], _tail: str, _what: str) -> ClusterRefusal:
    return ClusterRefusal(
        "blocked",
        f'there is no PriorityClass "{found[1]}": create it, or take priorityClassName out of the PodTemplate. Those '
        "there are: kubectl get priorityclass",
    )


def _runtime(found: re.Match[str], _tail: str, _what: str) -> ClusterRefusal:
    return ClusterRefusal(
        "blocked",
        f'there is no RuntimeClass "{found[1]}": create it, or take runtimeClassName out of the PodTemplate. Those '
        "there are: kubectl get runtimeclass",
    )


def _terminating(found: re.Match[str], _tail: str, _what: str) -> ClusterRefusal:
    return ClusterRefusal("blocked", f"the namespace {found[1]} is being deleted: name another with --namespace")


def _invalid(found: re.Match[str], _tail: str, what: str) -> ClusterRefusal:
    return ClusterRefusal(
        "blocked",
        f"the cluster takes none of {what}, because a field is wrong: {' '.join(found[1].split()).rstrip('.')}. Fix "
        f"it in the PodTemplate: kubectl edit podtemplate {names.WORKER_TEMPLATE}",
    )


_PASSES = (
    r"the object has been modified|etcdserver: |request did not complete|[Tt]imeout|timed out|connection refused|"
    r"status unknown for quota|context deadline exceeded|[Tt]oo many requests|try again|connection reset|"
    r"unexpected EOF|[Ii]nternal error"
)
"""What passes by itself: conflicts, and a control plane that is busy or comes back."""

_KNOWN: tuple[tuple[str, Callable[[re.Match[str], str, str], ClusterRefusal]], ...] = (
    (r'error looking up service account [^:]*: serviceaccounts? "([^"]+)" not found', _account),
    (r"exceeded quota", _quota),
    (r"failed quota: ([^:]+): must specify", _unlimited),
    (r"usage per (?:Container|Pod|PersistentVolumeClaim) is|limit to request ratio per", _limits),
    (r"violates PodSecurity", _security),
    (r"ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request:?(.*)", _policy),
    (r'admission webhook "([^"]+)" denied the request:?(.*)', _webhook),
    (r'failed calling webhook "([^"]+)":?(.*)', _webhook_away),
    (r"no PriorityClass with name (\S+) was found", _priority),
    (r'RuntimeClass "([^"]+)" not found', _runtime),
    (r"in namespace (\S+) because it is being terminated", _terminating),
    (_PASSES, _passing),
    (r"is invalid: (.*)", _invalid),
)
