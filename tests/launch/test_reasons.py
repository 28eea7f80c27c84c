"""Why pods do not start, in a person's words."""

import re

import pytest
from launch import made

from job.launch.cluster import pod_troubles


@pytest.mark.parametrize(
    ("pod", "kind", "said"),
    [
        (
            made.waiting("ImagePullBackOff", "Back-off"),
            "blocked",
            r"image trainer:1 cannot be pulled: .*PullSecrets",
        ),
        (
            made.waiting("InvalidImageName"),
            "blocked",
            r"image trainer:1 cannot be pulled: InvalidImageName\. Check its name",
        ),
        (
            made.waiting("CreateContainerConfigError", 'secret "tunejob-store" not found'),
            "blocked",
            r'the Secret "tunejob-store" is missing: create it .*kubectl create secret',
        ),
        (
            made.waiting("CreateContainerConfigError", 'configmap "extra" not found'),
            "blocked",
            r'the ConfigMap "extra" is missing',
        ),
        (
            made.waiting("CreateContainerError", "no such device"),
            "blocked",
            r"container can't be made: .*no such device",
        ),
        (
            made.unscheduled("0/3 nodes are available: 3 Insufficient nvidia.com/gpu."),
            "waiting",
            r"no node takes a pod: 0/3 nodes .*ask for less in the PodTemplate",
        ),
        (made.unscheduled("", "SchedulingGated"), "waiting", r"the pods are gated"),
    ],
)
def test_a_pod_that_does_not_start_says_why_and_what_to_do(pod, kind, said):
    """What the kubelet and the scheduler write, told with the remedy; only what may pass is waited for."""
    (trouble,) = pod_troubles.of_pods([pod])
    assert trouble.kind == kind
    assert re.search(said, trouble.sentence)


@pytest.mark.parametrize(
    ("event", "kind", "said"),
    [
        (
            made.event(
                "FailedCreate",
                'Error creating: pods "x-" is forbidden: error looking up service account tests/tunejob-worker: '
                'serviceaccount "tunejob-worker" not found',
            ),
            "absent",
            r'not installed: there is no ServiceAccount "tunejob-worker" here\. An administrator installs it once',
        ),
        (
            made.event(
                "FailedCreate", 'Error creating: pods "x-7" is forbidden: exceeded quota: small, limited: pods=0'
            ),
            "waiting",
            r"quota allows no more pods now: exceeded quota: small, limited: pods=0\.$",
        ),
        (
            made.event("FailedCreate", 'pods "x-7" is forbidden: violates PodSecurity "restricted:latest": privileged'),
            "blocked",
            r'Pod Security refuses the pods: violates PodSecurity "restricted:latest": privileged\. Fix',
        ),
        (made.event("FailedCreate", "admission webhook denied it"), "blocked", "refuses the pods: admission webhook"),
        (
            made.event("FailedMount", 'MountVolume.SetUp failed for volume "s" : secret "keys" not found'),
            "blocked",
            r'can\'t be mounted: .*secret "keys" not found',
        ),
        (made.event("FailedAttachVolume", "timed out"), "waiting", "can't be mounted: timed out"),
    ],
)
def test_a_warning_says_why_and_what_to_do(event, kind, said):
    """What the Job controller and the kubelet write in events, told with the remedy."""
    (trouble,) = pod_troubles.of_events([event])
    assert trouble.kind == kind
    assert re.search(said, trouble.sentence)


def test_pods_that_run_have_no_troubles():
    """A running pod, one that starts, and an ordinary event are no trouble."""
    starting = made.waiting("ContainerCreating")
    assert pod_troubles.of_pods([made.pod(), starting]) == []
    assert pod_troubles.of_events([made.event("BackoffLimitExceeded", "")]) == []


def test_many_pods_with_one_cause_are_one_sentence_and_lasting_causes_come_first():
    """Four hundred pods of one bad image are told once."""
    pods = [made.unscheduled("no nodes"), *(made.waiting("ErrImagePull") for _ in range(400))]
    assert [one.kind for one in pod_troubles.of_pods(pods)] == ["blocked", "waiting"]


def test_refusals_of_different_pods_are_one_sentence():
    """The pod's random name is no part of the cause."""
    refused = [made.event("FailedCreate", f'pods "x-{n}" is forbidden: exceeded quota: q') for n in range(3)]
    assert len(pod_troubles.of_events(refused)) == 1


def test_a_lost_node_is_named_with_the_commands_that_help():
    """The node, the pod and the namespace are in the commands."""
    told = pod_troubles.lost_node(made.pod())
    assert re.search(
        r"kubectl delete node node-1 .*kubectl delete pod wine-0123456789-1-0-abcde -n tests --force", told
    )
