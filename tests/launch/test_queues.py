"""What is said of a Job that a queue holds."""

import pytest
from launch import made
from launch.stub import Answer, serving, status

from job.launch.cluster import queues

FORBIDDEN = status(403, 'User "alice" cannot list resource "workloads"')
QUEUE = Answer(body={"metadata": {"name": "gpus"}, "spec": {"clusterQueue": "shared"}})
ABSENT = status(404, 'localqueues.kueue.x-k8s.io "gpus" not found')
UNKNOWN = Answer(404, b"404 page not found\n")


def job(**labels):
    """A suspended Job with a queue's label."""
    found = made.job()
    found["metadata"]["labels"] |= {queues.QUEUE: "gpus", **labels}
    found["spec"]["suspend"] = True
    return found


def workload(name, why="", *, owner="another", priority=0, created="2026-01-01T00:00:00Z", queue="gpus", **conditions):
    """One of the namespace's, with what the queue says of it."""
    held = {"type": "QuotaReserved", "status": "False", "message": why}
    more = [{"type": kind, "status": "True", "message": message} for kind, message in conditions.items()]
    return {
        "metadata": {"name": name, "creationTimestamp": created, "ownerReferences": [{"uid": owner}]},
        "spec": {"queueName": queue, "priority": priority, "podSets": [{"name": "main", "count": 8}]},
        "status": {"conditions": [*([] if "QuotaReserved" in conditions else [held]), *more]},
    }


def told(queue, workloads, held=None):
    """What is said, with what the server answers to each kind."""

    def answer(asked):
        return queue if asked.path.endswith("/localqueues/gpus") else workloads

    with serving(answer) as stub:
        return queues.told(stub.api(), held or job())


def listed(*workloads):
    """A list of them."""
    return Answer(body={"metadata": {"resourceVersion": "1"}, "items": workloads})


def test_a_queue_that_is_not_there_never_starts_a_job():
    """With what creates it, or chooses another."""
    found = told(ABSENT, listed())
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


def test_only_its_own_workload_is_looked_at_each_time():
    """All those of the namespace, of which there may be thousands, are listed once a minute."""
    mine = workload("mine", "insufficient unused quota for cpu", owner=made.UID, created="2026-01-02T00:00:00Z")

    def answer(asked):
        if asked.path.endswith("/localqueues/gpus"):
            return QUEUE
        return listed(mine) if "labelSelector" in asked.query else listed(mine, workload("older"))

    with serving(answer) as stub:
        api = stub.api()
        said = {queues.told(api, job()).sentence for _ in range(5)}
        asked = [one.query.get("labelSelector") for one in stub.asked if one.path.endswith("/workloads")]
    assert asked == [f"kueue.x-k8s.io/job-uid={made.UID}", None, *[f"kueue.x-k8s.io/job-uid={made.UID}"] * 4]
    assert len(said) == 1
    assert "where 1 wait before it" in said.pop()


def test_a_count_of_a_minute_ago_is_made_anew(monkeypatch):
    """Those that waited before may have been let run."""
    now = [1000.0]
    monkeypatch.setattr(queues, "monotonic", lambda: now[0])
    mine = workload("mine", "busy", owner=made.UID, created="2026-01-02T00:00:00Z")
    every = [listed(mine, workload("older")), listed(mine)]

    def answer(asked):
        if asked.path.endswith("/localqueues/gpus"):
            return QUEUE
        return listed(mine) if "labelSelector" in asked.query else every.pop(0)

    with serving(answer) as stub:
        api = stub.api()
        first, now[0] = queues.told(api, job()).sentence, 1061.0
        assert ("where 1 wait" in first, "where 0 wait" in queues.told(api, job()).sentence) == (True, True)


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
    found = told(QUEUE, listed())
    assert found.sentence.endswith("which has not taken note of it yet (is Kueue running?)")


def test_a_priority_class_that_may_be_missing_is_named():
    """Kueue takes no note of a Job whose priority class is not there, and says so nowhere."""
    ours = told(QUEUE, listed(), job(**{"kueue.x-k8s.io/priority-class": "urgent"}))
    assert "kubectl get workloadpriorityclass urgent" in ours.sentence
    pods = job()
    pods["spec"]["template"] = {"spec": {"priorityClassName": "high"}}
    assert "this one's is high: kubectl get priorityclass high" in told(QUEUE, listed(), pods).sentence


def test_a_job_of_no_queue_has_nothing_to_say():
    """It was suspended by hand."""
    with serving(lambda _: QUEUE) as stub:
        assert queues.told(stub.api(), made.job()) is None
        assert stub.asked == []


def kueue_of(*served, groups=None):
    """An API server whose Kueue serves these versions; ``groups`` answers what there is of its API."""
    mine = workload("mine", "busy", owner=made.UID)

    def answer(asked):
        parts = asked.path.split("/")
        if len(parts) == 3:
            return groups
        if parts[3] not in served:
            return UNKNOWN
        return QUEUE if "localqueues" in parts else listed(mine)

    return serving(answer)


@pytest.mark.parametrize("version", ["v1beta1", "v1beta2"])
def test_whichever_version_of_kueue_is_served_is_asked(version):
    """The other one is asked once at most: which is served is remembered."""
    with kueue_of(version) as stub:
        api = stub.api()
        assert [queues.told(api, job()).sentence for _ in range(2)] == [
            "the Job wine-0123456789-1 waits in the queue gpus, where 0 wait before it: busy"
        ] * 2
    wrong = [one for one in stub.asked if f"/{version}/" not in one.path]
    assert len(wrong) == (version == "v1beta1")


def test_without_kueue_a_queued_job_never_starts():
    """A kind that is not found is no queue that is not found: what to install is told."""
    with kueue_of(groups=UNKNOWN) as stub:
        found = queues.told(stub.api(), job())
    assert found.never
    assert "Kueue, whose queues start Jobs, is not installed in this cluster" in found.sentence
    assert "take the label kueue.x-k8s.io/queue-name out of the PodTemplate tunejob-worker." in found.sentence


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (Answer(body={"versions": [{"version": "v1"}]}), "with the API v1, of which this tunejob reads v1beta2"),
        (status(403, 'User "alice" cannot get path "/apis"'), "not installed, or in another version. Look: kubectl"),
    ],
)
def test_a_kueue_of_another_version_may_start_it_all_the_same(groups, said):
    """It is told, and nothing is given up."""
    with kueue_of(groups=groups) as stub:
        found = queues.told(stub.api(), job())
    assert not found.never
    assert said in found.sentence
