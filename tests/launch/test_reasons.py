"""Why pods do not start, in a person's words."""

import re

import pytest
from launch import made

from job.launch.cluster import event_troubles, pod_troubles


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
    (trouble,) = event_troubles.of_events([event])
    assert trouble.kind == kind
    assert re.search(said, trouble.sentence)


def test_pods_that_run_have_no_troubles():
    """A running pod, one that starts, and an ordinary event are no trouble."""
    starting = made.waiting("ContainerCreating")
    assert pod_troubles.of_pods([made.pod(), starting]) == []
    assert event_troubles.of_events([made.event("BackoffLimitExceeded", "")]) == []


def test_many_pods_with_one_cause_are_one_sentence_and_lasting_causes_come_first():
    """Four hundred pods of one bad image are told once."""
    pods = [made.unscheduled("no nodes"), *(made.waiting("ErrImagePull") for _ in range(400))]
    assert [one.kind for one in pod_troubles.of_pods(pods)] == ["blocked", "waiting"]


def test_refusals_of_different_pods_are_one_sentence():
    """The pod's random name is no part of the cause."""
    refused = [made.event("FailedCreate", f'pods "x-{n}" is forbidden: exceeded quota: q') for n in range(3)]
    assert len(event_troubles.of_events(refused)) == 1


def test_a_lost_node_is_named_with_the_commands_that_help():
    """The node, the pod and the namespace are in the commands."""
    told = pod_troubles.lost_node(made.pod())
    assert re.search(
        r"kubectl delete node node-1 .*kubectl delete pod wine-0123456789-1-0-abcde -n tests --force", told
    )


@pytest.mark.parametrize(
    ("reason", "message", "kind", "said"),
    [
        (
            "FailedMount",
            "driver name efs not found in the list of registered CSI drivers",
            "waiting",
            "new",
        ),
        ("FailedMount", 'configmap "tunejob-wine-0123456789" not found', "blocked", "submit the study again"),
        ("FailedAttachVolume", 'Multi-Attach error for volume "d" Volume is already used', "waiting", "parallelism: 1"),
        ("FailedPrepareDynamicResources", "driver is away", "waiting", "the device's driver on the node"),
        ("NetworkNotReady", "cni plugin not initialized", "waiting", "network is not ready"),
        ("ProvisioningFailed", 'storageclass "fast" not found', "waiting", "kubectl get storageclass"),
        ("Unhealthy", "Startup probe failed: connection refused", "waiting", "Fix the probe"),
        (
            "FailedCreate",
            'Error creating: Operation cannot be fulfilled on resourcequotas "q": the object has been modified',
            "waiting",
            "tries again by itself",
        ),
        ("FailedCreate", "Error creating: etcdserver: request timed out", "waiting", "tries again by itself"),
        (
            "FailedCreate",
            'pods "x" is forbidden: exceeded quota: g, requested: gpu=2, used: gpu=0, limited: gpu=1',
            "blocked",
            "allows no more pods now, and never one like these",
        ),
        (
            "FailedCreate",
            'pods "x" is forbidden: exceeded quota: g, requested: cpu=500m, used: cpu=1, limited: cpu=1',
            "waiting",
            "pods start when others end",
        ),
    ],
)
def test_what_passes_by_itself_is_waited_for_and_what_cannot_is_not(reason, message, kind, said):
    """Conflicts, drivers on new nodes and busy quotas pass; a quota below what one pod asks for never does."""
    (trouble,) = event_troubles.of_events([made.event(reason, message)])
    assert trouble.kind == kind
    assert re.search(said, trouble.sentence)


def test_a_refusal_is_over_when_a_pod_was_created_after_it():
    """The newest event decides; of two in one second the trouble."""
    failed = made.event("FailedCreate", "exceeded quota: q") | {"lastTimestamp": "2026-01-01T00:00:01Z"}
    later = {"reason": "SuccessfulCreate", "message": "", "lastTimestamp": "2026-01-01T00:00:02Z"}
    assert event_troubles.newest([failed, later]) == []
    assert event_troubles.newest([failed, later | {"lastTimestamp": "2026-01-01T00:00:01Z"}]) == [failed]


def test_a_sidecar_that_does_not_start_is_named():
    """The worker waits for a native sidecar until its startupProbe passes."""
    pod = made.waiting("PodInitializing")
    pod["spec"]["initContainers"] = [{"name": "proxy", "restartPolicy": "Always"}]
    pod["status"]["initContainerStatuses"] = [
        {"name": "proxy", "started": False, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
    ]
    (trouble,) = pod_troubles.of_pods([pod])
    assert "the sidecar 'proxy', whose startupProbe has not passed" in trouble.sentence


@pytest.mark.parametrize("reason", ["PostStartHookError", "PreCreateHookError"])
def test_a_hook_that_fails_is_a_container_that_cannot_be_made(reason):
    """What a container runs before or beside its command is the PodTemplate's."""
    (trouble,) = pod_troubles.of_pods([made.waiting(reason, "exit status 1")])
    assert trouble.kind == "blocked"
    assert "Fix it in the PodTemplate" in trouble.sentence


def test_a_pod_that_is_made_without_trouble_is_hope():
    """One pod's image can't be pulled and another's is being pulled; of one that no node takes nothing is known."""
    bad, good = made.waiting("ImagePullBackOff"), made.waiting("ContainerCreating")
    assert pod_troubles.are_hopeful([bad, good])
    assert not pod_troubles.are_hopeful([bad, made.unscheduled("full") | {"spec": {}}])
