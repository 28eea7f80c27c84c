"""Why no node takes a pod: each of the scheduler's causes has its own remedy."""

import re

import pytest
from launch import made

from job.launch.cluster import pod_troubles

NONE = "0/3 nodes are available: "


@pytest.mark.parametrize(
    ("message", "kind", "said"),
    [
        (f"{NONE}3 Insufficient nvidia.com/gpu.", "waiting", "ask for less in the PodTemplate's resources"),
        (f"{NONE}3 node(s) had untolerated taint {{nvidia.com/gpu: true}}.", "waiting", "tolerate the taint"),
        (f"{NONE}3 node(s) had untolerated taint(s).", "waiting", "tolerate the taint"),
        (f"{NONE}1 node(s) had untolerated taint {{node.kubernetes.io/not-ready: }}.", "waiting", "describe nodes"),
        (f"{NONE}3 node(s) didn't match Pod's node affinity/selector.", "waiting", "kubectl get nodes --show-labels"),
        (f"{NONE}3 node(s) didn't match pod topology spread constraints.", "waiting", "loosen topologySpread"),
        (f"{NONE}3 node(s) had volume node affinity conflict.", "waiting", "another zone"),
        (f"{NONE}1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode.",
         "waiting", "only one pod at a time"),
        (f"{NONE}pod has unbound immediate PersistentVolumeClaims.", "waiting", "kubectl describe pvc"),
        ('persistentvolumeclaim "data" not found', "blocked", "Create it in the namespace"),
        ('storageclass.storage.k8s.io "fast" not found', "blocked", "Create the StorageClass"),
        ('PVC bound to non-existent persistentvolume "pv-1"', "blocked", "delete the claim"),
        ("device class gpu.example.com does not exist", "blocked", "Create the DeviceClass"),
        ("words that nobody knows", "waiting", "words that nobody knows. What helps: nodes may come"),
    ],
)  # fmt: skip
def test_each_cause_has_its_remedy(message, kind, said):
    """What can't pass by itself is not waited for; what may is, with what would help."""
    (trouble,) = pod_troubles.of_pods([made.unscheduled(message)])
    assert trouble.kind == kind
    assert re.search(said, trouble.sentence)


def test_two_causes_are_two_remedies():
    """Some nodes are full, others are not for us: both are told."""
    message = f"{NONE}1 Insufficient cpu, 2 node(s) had untolerated taint {{dedicated: db}}."
    (trouble,) = pod_troubles.of_pods([made.unscheduled(message)])
    assert "ask for less" in trouble.sentence
    assert "tolerate the taint" in trouble.sentence


def test_a_gate_is_named():
    """Who holds the pods back is in the pod."""
    gated = made.unscheduled("", "SchedulingGated")
    gated["spec"]["schedulingGates"] = [{"name": "example.com/quota"}]
    (trouble,) = pod_troubles.of_pods([gated])
    assert "gated by example.com/quota" in trouble.sentence
