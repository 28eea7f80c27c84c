"""What is said of a Job that a queue holds."""

import pytest
from launch import made
from launch.stub import Answer, serving, status

from job.launch.cluster import queues

FORBIDDEN = status(403, 'User "alice" cannot list resource "workloads"')
QUEUE = Answer(body={"metadata": {"name": "gpus"}})


def job():
    """A suspended Job with a queue's label."""
    found = made.job()
    found["metadata"]["labels"][queues.QUEUE] = "gpus"
    found["spec"]["suspend"] = True
    return found


def workload(name, why="", *, owner="another", priority=0, created="2026-01-01T00:00:00Z", queue="gpus", **conditions):
    """One of the namespace's, with what the queue says of it."""
    held = {"type": "QuotaReserved", "status": "False", "message": why}
    more = [{"type": kind, "status": "True", "message": message} for kind, message in conditions.items()]
    return {
        "metadata": {"name": name, "creationTimestamp": created, "ownerReferences": [{"uid": owner}]},
        "spec": {"queueName": queue, "priority": priority},
        "status": {"conditions": [*([] if "QuotaReserved" in conditions else [held]), *more]},
    }


def told(queue, workloads):
    """What is said, with what the server answers to each kind."""

    def answer(asked):
        return queue if asked.path.endswith("/localqueues/gpus") else workloads

    with serving(answer) as stub:
        return queues.told(stub.api(), job())


def listed(*workloads):
    """A list of them."""
    return Answer(body={"metadata": {"resourceVersion": "1"}, "items": workloads})


def test_a_queue_that_is_not_there_never_starts_a_job():
    """With what creates it, or chooses another."""
    found = told(status(404, "not found"), listed())
    assert found.never
    assert "waits in the queue gpus, which does not exist" in found.sentence
    assert "Create the LocalQueue gpus in the namespace tests" in found.sentence


def test_it_is_told_why_and_how_many_wait_before():
    """Of the same queue those of a higher priority and the older ones: neither admitted, nor finished, nor others'."""
    mine = workload("mine", "insufficient unused quota for cpu", owner=made.UID, created="2026-01-02T00:00:00Z")
    others = [
        workload("older"),
        workload("higher", priority=5, created="2026-01-03T00:00:00Z"),
        workload("younger", created="2026-01-03T00:00:00Z"),
        workload("admitted", QuotaReserved="in cluster queue"),
        workload("over", Finished="done"),
        workload("elsewhere", queue="cpus"),
    ]
    found = told(QUEUE, listed(mine, *others))
    assert not found.never
    assert found.sentence.endswith("where 2 wait before it: insufficient unused quota for cpu")


@pytest.mark.parametrize(
    "why",
    [
        "couldn't assign flavors to pod set main: insufficient quota for cpu, request (2) > maximum capacity (1)",
        "couldn't assign flavors to pod set main: flavor a100 doesn't match node affinity",
    ],
)
def test_what_no_end_of_others_helps_is_told_as_such(why):
    """With what to ask for instead."""
    found = told(QUEUE, listed(workload("mine", why, owner=made.UID)))
    assert found.never
    assert why in found.sentence
    assert "It cannot be admitted as it is: ask for less" in found.sentence


def test_what_was_sent_back_says_by_whom():
    """Preempted, it waits again: both are told."""
    mine = workload("mine", "insufficient unused quota", owner=made.UID, Evicted="Preempted to accommodate a workload")
    found = told(QUEUE, listed(mine))
    assert "Preempted to accommodate a workload; insufficient unused quota" in found.sentence


@pytest.mark.parametrize(
    ("queue", "workloads", "said"),
    [
        (FORBIDDEN, FORBIDDEN, "we are not permitted to see whether it is there"),
        (QUEUE, FORBIDDEN, "we are not permitted to see why"),
    ],
)
def test_without_the_right_to_look_it_is_told_where_to(queue, workloads, said):
    """An installation of before the component gave it."""
    found = told(queue, workloads)
    assert not found.never
    assert said in found.sentence
    assert "kubectl describe workloads -n tests" in found.sentence


def test_a_queue_that_took_no_note_is_asked_after():
    """A LocalQueue may be there and its controller not."""
    assert "is Kueue running?" in told(QUEUE, listed()).sentence


def test_a_job_of_no_queue_has_nothing_to_say():
    """It was suspended by hand."""
    with serving(lambda _: QUEUE) as stub:
        assert queues.told(stub.api(), made.job()) is None
        assert stub.asked == []
