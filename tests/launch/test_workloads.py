"""What Kueue's words about a Workload mean: the cause, the remedy, and whether it ever passes by itself."""

import pytest

from job.launch.cluster import workloads

FULL = (
    "insufficient quota for {1} in flavor {0}, previously considered podsets requests (0) + current podset request "
    "({2}) > maximum capacity ({3})"
)
BUSY = "insufficient unused quota for nvidia.com/gpu in flavor {}, 1 more needed"
TAINT = "untolerated taint {{gpu true NoSchedule <nil>}} in flavor {}"
NODES = "flavor {} doesn't match node affinity"


def reasons(*given):
    """What Kueue says where it found no flavor for these reasons."""
    return "couldn't assign flavors to pod set main: " + ", ".join(sorted(given))


def full(flavor, asked, most, resource="nvidia.com/gpu"):
    """A reason: the whole quota of a flavor is less than what is asked for."""
    return FULL.format(flavor, resource, asked, most)


def told(why, *, fewest=None, flavors=None, active=None, **fields):
    """What is said of a Workload of 8 pods, which may begin with so few; of a queue of these flavors."""
    pods = {"name": "main", "count": 8} | ({"minCount": fewest} if fewest else {})
    status = {"conditions": [{"type": "QuotaReserved", "status": "False", "message": why}]} | fields.pop("status", {})
    workload = {"metadata": {"name": "job-wine"}, "spec": {"podSets": [pods], **fields}, "status": status}
    every = [{"name": one, "resources": [{"name": of}]} for one, of in (flavors or {}).items()]
    queue = {
        "metadata": {"name": "gpus"},
        "spec": {"clusterQueue": "shared"},
        "status": {"flavorsReservation": every, "conditions": [{"type": "Active", **active}] if active else []},
    }
    return workloads.told(workload, queue, "tests")


@pytest.mark.parametrize(
    "why",
    [
        reasons(full("a100", 8, 4)),
        reasons(NODES.format("a100"), TAINT.format("t4")),
        reasons(full("a100", "500m", "0", "cpu"), NODES.format("t4")),
        reasons("flavor a100 not found"),
        reasons('Flavor "a100" supports only TopologyAwareScheduling'),
        reasons("resource nvidia.com/gpu unavailable in ClusterQueue"),
        reasons(BUSY.format("a100"), full("a100", "16Gi", "8Gi", "memory")),
    ],
)
def test_what_no_end_of_others_helps_is_told_as_such(why):
    """Each flavor has a reason that stays, whatever else it has; with what to ask for instead."""
    found = told(why)
    assert found.never
    assert why in found.sentence
    assert "It cannot be admitted as it is: ask for less" in found.sentence
    assert "kubectl describe localqueue gpus -n tests" in found.sentence


@pytest.mark.parametrize(
    "why",
    [
        reasons(BUSY.format("t4"), TAINT.format("a100")),
        reasons(BUSY.format("t4"), full("a100", 8, 4)),
        reasons(NODES.format("a100"), 'topology "racks" allows to fit only 1 out of 8 pod(s)'),
        reasons(full("a100", 8, 4)) + ". Pending the preemption of 2 workload(s)",
        "Workload no longer fits after processing another workload",
        "",
    ],
)
def test_a_flavor_that_is_merely_busy_gives_hope(why):
    """Reasons of all flavors are told together, and words that nobody knows may pass."""
    assert not told(why).never


def test_a_flavor_that_was_not_tried_gives_hope():
    """Kueue goes on with the next flavor each time: the queue tells which there are for the same resource."""
    why, gpu = reasons(TAINT.format("a100")), "nvidia.com/gpu"
    assert told(why, flavors={"a100": gpu, "any": "cpu"}).never
    assert not told(why, flavors={"a100": gpu, "t4": gpu}).never


@pytest.mark.parametrize(
    ("asked", "most", "never"),
    [("8", "4", False), ("8", "1", False), ("8", "0", True), ("64Gi", "8Gi", False), ("64Gi", "7Gi", True)],
)
def test_with_partial_admission_the_fewest_pods_are_what_must_fit(asked, most, never):
    """Kueue's words are of all pods, though one would do."""
    found = told(reasons(full("a100", asked, most)), fewest=1)
    assert found.never == never
    assert ("it may begin with fewer pods at once, as soon as that much is free" in found.sentence) != never


@pytest.mark.parametrize(
    ("why", "remedy", "never"),
    [
        ("Workload namespace doesn't match ClusterQueue selector", "spec.namespaceSelector of the ClusterQueue", True),
        ("resources didn't satisfy LimitRange constraints: [too much]", "kubectl describe limitrange -n tests", True),
        ("resources validation failed: [too much]", "no request may be larger than its limit", True),
        ("ClusterQueue shared doesn't exist", "create the ClusterQueue shared, or correct spec.clusterQueue", True),
        ("ClusterQueue shared is terminating or missing", "create the ClusterQueue shared", True),
        ("LocalQueue gpus is terminating or missing", "create the LocalQueue gpus", True),
        ("LocalQueue gpus is stopped", '-p \'{"spec":{"stopPolicy":"None"}}\'', False),
        ("ClusterQueue shared is stopped", "kubectl describe clusterqueue shared", False),
        ("ClusterQueue shared is inactive", "kubectl describe clusterqueue shared", False),
    ],
)  # fmt: skip
def test_each_cause_has_its_remedy(why, remedy, never):
    """What an administrator stopped is waited for; what is wrong is not."""
    found = told(why)
    assert found.sentence.startswith(f"{why}. It ")
    assert remedy in found.sentence
    assert found.never == never


@pytest.mark.parametrize(
    ("reason", "said", "never"),
    [
        ("Stopped", "LocalQueue gpus is stopped. ", False),
        ("ClusterQueueDoesNotExist", "ClusterQueue shared doesn't exist. ", True),
        ("ClusterQueueIsInactive", "ClusterQueue shared is inactive. ", False),
    ],
)
def test_a_queue_that_is_not_active_is_the_cause(reason, said, never):
    """Of the Workload it may have said something else before."""
    found = told(reasons(full("a100", 8, 4)), active={"status": "False", "reason": reason})
    assert found.sentence.startswith(said)
    assert found.never == never


def test_old_words_about_a_queue_that_is_there_again_are_no_cause():
    """They stay on a Workload until it is its turn."""
    found = told("ClusterQueue shared doesn't exist", active={"status": "True", "reason": "Ready"})
    assert not found.never


def test_a_deactivated_workload_never_starts():
    """By whom, and the command that activates it."""
    evicted = {"type": "Evicted", "status": "True", "message": "The workload is deactivated due to too many requeues."}
    workload = {"metadata": {"name": "job-wine"}, "spec": {"active": False}, "status": {"conditions": [evicted]}}
    found = workloads.told(workload, {"metadata": {"name": "gpus"}}, "tests")
    assert found.never
    assert "was deactivated, by Kueue or by hand (The workload is deactivated due to too many" in found.sentence
    assert 'kubectl patch workload job-wine -n tests --type=merge -p \'{"spec":{"active":true}}\'' in found.sentence


@pytest.mark.parametrize(
    ("reserved", "state", "said", "never"),
    [
        ("True", "Pending", "admission checks hold it (nodes is Pending: 2 nodes are coming). It is waited for", False),
        ("False", "Retry", "admission checks hold it (nodes is Retry: 2 nodes are coming). It is waited for", False),
        ("False", "Rejected", "(nodes is Rejected: 2 nodes are coming). A check that rejects never lets it", True),
        ("True", "Ready", "its quota is reserved", False),
        ("False", "Pending", "busy", False),
    ],
)
def test_admission_checks_are_told_by_name_state_and_message(reserved, state, said, never):
    """Those that hold it: what waits for its quota has not come to them yet."""
    checks = [{"name": "nodes", "state": state, "message": "2 nodes are coming."}]
    held = {"type": "QuotaReserved", "status": reserved, "message": "busy"}
    found = told("", status={"conditions": [held], "admissionChecks": checks})
    assert said in found.sentence
    assert found.never == never
    assert ("kubectl describe admissioncheck nodes" in found.sentence) == ("hold it" in found.sentence)
