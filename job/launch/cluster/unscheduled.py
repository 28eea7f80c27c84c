"""Why no node takes a pod, from the scheduler's words, with the remedy of each cause."""

import re

from job.launch.cluster.api import Object
from job.launch.cluster.refusals import Kind

_CAUSES = (
    (
        r"Insufficient ([\w./-]+)",
        "ask for less in the PodTemplate's resources, or add nodes (an autoscaler may, or other pods may end)",
    ),
    (
        r"untolerated taint(?:\(s\))? ?\{(?:node\.kubernetes\.io/(?:not-ready|unreachable|[a-z]+-pressure))",
        "nodes are not ready, or short of something: kubectl describe nodes",
    ),
    (
        r"untolerated taint(?:\(s\))?(?! ?\{node\.kubernetes\.io/)",
        "tolerate the taint in the PodTemplate (spec.tolerations) if workers may run there, or add nodes without it",
    ),
    (
        r"didn't match Pod's node affinity/selector",
        "compare the PodTemplate's nodeSelector and affinity with kubectl get nodes --show-labels",
    ),
    (
        r"topology spread constraints|anti-affinity rules|pod affinity rules",
        "loosen topologySpreadConstraints or the affinity in the PodTemplate, or lower `cluster: {parallelism: N}`",
    ),
    (
        r"volume node affinity conflict",
        "the volume is in another zone than the free nodes: add nodes there, or take another volume",
    ),
    (
        r"ReadWriteOncePod",
        "only one pod at a time may use the volume: `cluster: {parallelism: 1}`, or a volume of ReadWriteMany",
    ),
    (
        r"unbound immediate PersistentVolumeClaims|didn't find available persistent volumes",
        "a volume claim is not bound: kubectl describe pvc tells why",
    ),
    (r"were unschedulable", "nodes are cordoned: kubectl get nodes; kubectl uncordon NODE"),
    (r"Too many pods", "nodes hold as many pods as they may: add nodes"),
)
_NO_CLAIM = "Create it in the namespace, or take the volume out of the PodTemplate."
_NEVER = (
    (
        r'storageclass(?:\.storage\.k8s\.io)? "([^"]+)" not found',
        "Create the StorageClass (those there are: kubectl get storageclass), or name another in the claim.",
    ),
    (
        r'bound to non-existent persistentvolume "([^"]+)"',
        "The claim's volume is gone: delete the claim and create it anew.",
    ),
    (
        r"device class (\S+) does not exist",
        "Create the DeviceClass (those there are: kubectl get deviceclasses), or name another in the claim's template.",
    ),
)


def told(pod: Object, reason: str, message: str) -> tuple[Kind, str]:
    """Returns whether it may pass, and what to say.

    Args:
        pod: that no node takes.
        reason: of its condition ``PodScheduled``.
        message: the same.
    """
    if reason == "SchedulingGated":
        gates = ", ".join(str(one["name"]) for one in pod.get("spec", {}).get("schedulingGates") or [])
        by = f" by {gates}" if gates else ""
        return "waiting", f"the pods are gated{by}: the scheduler waits until whoever set the gate takes it away."
    if found := re.search(r'persistentvolumeclaim "([^"]+)" (?:is )?(not found|being deleted)', message):
        why = f'the PersistentVolumeClaim "{found[1]}" is {found[2]}. {_NO_CLAIM}'
        return "blocked", f"no node takes a pod: {why}"
    for pattern, remedy in _NEVER:
        if re.search(pattern, message):
            return "blocked", f"no node takes a pod: {message.rstrip('.')}. {remedy}"
    remedies = [remedy for pattern, remedy in _CAUSES if re.search(pattern, message)]
    what = "; ".join(remedies) or "nodes may come by themselves; if not, ask for less in the PodTemplate, or add nodes"
    return "waiting", f"no node takes a pod: {message.rstrip('.')}. What helps: {what}."
