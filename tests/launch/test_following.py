"""Following one Job to its end, where pods of it don't end by themselves."""

import pytest
from launch import made
from launch.stub import Answer, in_turn, serving, status

from job.errors import Incomplete
from job.launch.cluster import diagnosis, job_follower, queues
from job.launch.cluster.diagnosis import Diagnosis
from job.launch.cluster.job_follower import Following
from job.launch.cluster.names import Owner
from job.launch.cluster.pod_troubles import Trouble
from job.launch.cluster.pod_view import slim
from job.launch.cluster.workloads import Queued

JOB = "wine-0123456789-1"


def following(*pods):
    """Of a Job whose pods are these."""
    found = Following(None, Owner(JOB, made.UID), Diagnosis(60.0))
    found.view.job = made.job()
    for pod in pods:
        found.view.see_pod(pod)
    return found


def going(name, node="node-1"):
    """A pod that was told to end, by a clock that is right or wrong."""
    found = made.pod(name, deletionTimestamp="2026-01-01T00:00:30Z", deletionGracePeriodSeconds=30)
    found["spec"]["nodeName"] = node
    return found


def test_a_lost_node_with_several_pods_is_one_sentence(clock):
    """With how many pods are there, those that come due soon after the first too, and one command for all of them."""
    found = following(going("a"), going("b"), going("d", "node-2"), made.pod("e"))
    clock.now += 10
    found.view.see_pod(going("c"))
    assert found._overdue() is None
    clock.now += 30 + job_follower.LOST - 5
    said = found._overdue()
    assert said.count("node-1 do not end") == said.count("node-2 does not end") == 1
    assert "3 pods (one is a) on node node-1 do not end" in said
    assert f"kubectl delete pod -l batch.kubernetes.io/job-name={JOB} --field-selector spec.nodeName=node-1" in said
    assert "pod d on node node-2 does not end" in said
    clock.now += 10
    assert found._overdue() is None
    assert not found.lost


def test_a_node_that_is_lost_once_more_is_told_once_more(clock):
    """It came back in between, and its pods ended."""
    found = following(going("a"), made.pod("e"))
    clock.now += 31 + job_follower.LOST
    assert found._overdue() is not None
    found.view.see_pod(going("a"), deleted=True)
    assert found._overdue() is None
    found.view.see_pod(going("b"))
    clock.now += 31 + job_follower.LOST
    assert "pod b on node node-1 does not end" in found._overdue()


def test_a_pod_that_was_told_to_end_is_not_kept_by_what_is_beside_its_worker(monkeypatch):
    """It is ending, sidecar and all, and only where it does not is it stuck."""
    monkeypatch.setattr(job_follower, "LINGER", -1.0)
    told, staying = going("a"), made.pod("a")
    for pod in (told, staying):
        pod["status"]["containerStatuses"] = [*made.died(143)["status"]["containerStatuses"], {"name": "proxy"}]
    ending, lingering = following(told), following(staying)
    assert ending._overdue() is None
    assert not ending.lost
    assert "its container 'proxy' has not" in lingering._overdue()
    assert lingering.lost == [staying]


def test_an_outage_while_events_are_asked_for_is_told_and_ends_nothing(monkeypatch):
    """Once, as one that cuts a watch; what was read of events before stays so, and is read anew when it is over."""
    monkeypatch.setattr(job_follower, "_ASK", 0.0)
    events = [{"reason": "FailedMount", "message": "no such Secret", "lastTimestamp": "2030-01-01T00:00:00Z"}]
    away, back = status(503, "starting"), Answer(body={"metadata": {}, "items": []})
    waiting = made.pod("a")
    waiting["status"] = {"phase": "Pending"}
    found = following(waiting)
    found._events = events
    with serving(in_turn(away, away, back)) as stub:
        found.api = stub.api(patience=0.0)
        assert "the cluster does not answer" in found._diagnosed(1.0)
        assert found._diagnosed(1.0) is None
        assert found._events == events
        found._diagnosed(1.0)
    assert found._events == []
    assert not found._unseen


def test_a_wrong_clock_loses_no_node(clock):
    """An hour ahead here, and a drain is still one: a pod has its grace from when it was first seen to be told."""
    found = following(going("a"))
    assert (found._overdue(), found.lost, found.view.running) == (None, (), 1)
    clock.now += 29
    assert (found._overdue(), found.view.running) == (None, 1)
    clock.now += 2
    assert (found._overdue(), found.view.running) == (None, 0)
    unreachable = going("b")
    unreachable["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
    found.view.see_pod(unreachable)
    assert found.view.running == 0


def beside(pod, *, native, grace=None):
    """The pod with a worker that has ended, and a sidecar that runs."""
    states = [*made.died(0)["status"]["containerStatuses"]]
    pod["spec"] |= {} if grace is None else {"terminationGracePeriodSeconds": grace}
    if native:
        pod["spec"]["initContainers"] = [{"name": "proxy", "restartPolicy": "Always"}]
        pod["status"]["initContainerStatuses"] = [{"name": "proxy", "state": {"running": {}}}]
    else:
        states.append({"name": "proxy", "state": {"running": {}}})
    pod["status"]["containerStatuses"] = states
    return slim(pod)


@pytest.mark.parametrize(
    ("native", "grace", "waited"), [(False, 30, 15), (True, 30, 45), (True, None, 45), (True, 90, 105)]
)
def test_a_native_sidecar_has_its_grace(monkeypatch, native, grace, waited):
    """Kubernetes tells it to end when the worker has; only past its grace it stays, and is told by its name."""
    now = [1000.0]
    monkeypatch.setattr(job_follower, "monotonic", lambda: now[0])
    found = following(beside(made.pod(), native=native, grace=grace))
    assert found._overdue() is None
    now[0] += waited - 1
    assert (found._overdue(), found.lost) == (None, ())
    now[0] += 1
    said = found._overdue()
    assert ("its sidecar 'proxy' has not, though the node" if native else "its container 'proxy' has not. A") in said
    assert ("restartPolicy" in said) is not native
    assert found.lost


NODES = Trouble("waiting", "no node takes a pod.")


@pytest.mark.parametrize(
    ("deadline", "end"), [(3600, "(at the latest until 2026-01-01 01:00 UTC, "), (None, "an end.")]
)
def test_what_ran_before_is_waited_for_until_its_jobs_deadline(monkeypatch, deadline, end):
    """All nodes went away under a run: its Job's deadline is what ends it, and that is said."""
    found = following()
    found.view.job = made.job(startTime="2026-01-01T00:00:00Z")
    found.view.job["spec"]["activeDeadlineSeconds"] = deadline
    found.view.ran = True
    monkeypatch.setattr(found, "_troubles", lambda: [NODES])
    said = found._diagnosed(diagnosis.SETTLED)
    assert said.startswith("no node takes a pod. Waited for")
    assert end in said
    found = following(made.pod())
    monkeypatch.setattr(found, "_troubles", lambda: [NODES])
    assert found._diagnosed(diagnosis.SETTLED) == "no node takes a pod."  # others run


@pytest.mark.parametrize(
    ("ran", "end"), [(False, " If it stays so, this ends at "), (True, "this waits until that is")]
)
def test_a_queue_that_never_lets_a_job_start_says_until_when(monkeypatch, ran, end):
    """It is given up within a minute where nothing ever ran, and the sentence says so."""
    found = following()
    found.view.job["spec"]["suspend"], found.view.ran = True, ran
    monkeypatch.setattr(queues, "told", lambda *_: Queued("There is no such queue.", never=True))
    assert end in found._queued()
    found.view.ran, found._asked, found._never = False, 0.0, -1000.0
    with pytest.raises(Incomplete, match="no such queue"):
        found._queued()
    assert found.diagnosis.gave_up
