"""Following one Job to its end, where pods of it don't end by themselves."""

from datetime import UTC, datetime, timedelta

from launch import made
from launch.stub import Answer, in_turn, serving, status

from job.launch.cluster import job_follower
from job.launch.cluster.diagnosis import Diagnosis
from job.launch.cluster.job_follower import Following
from job.launch.cluster.names import Owner

JOB = "wine-0123456789-1"


def following(*pods):
    """Of a Job whose pods are these."""
    found = Following(None, Owner(JOB, made.UID), Diagnosis(60.0))
    found.view.job = made.job()
    for pod in pods:
        found.view.see_pod(pod)
    return found


def late(name, node="node-1", *, seconds=job_follower.LOST + 5):
    """A pod that should have ended so many seconds ago."""
    until = datetime.now(UTC) - timedelta(seconds=seconds)
    found = made.pod(name, deletionTimestamp=f"{until:%Y-%m-%dT%H:%M:%SZ}")
    found["spec"]["nodeName"] = node
    return found


def test_a_lost_node_with_several_pods_is_one_sentence():
    """With how many pods are there, those that come due soon after the first too, and one command for all of them."""
    pods = [late("a"), late("b"), late("c", seconds=job_follower.LOST - 5), late("d", "node-2")]
    found = following(*pods, made.pod("e"))
    said = found._overdue()
    assert said.count("node-1 do not end") == said.count("node-2 does not end") == 1
    assert "3 pods (one is a) on node node-1 do not end" in said
    assert f"kubectl delete pod -l batch.kubernetes.io/job-name={JOB} --field-selector spec.nodeName=node-1" in said
    assert "pod d on node node-2 does not end" in said
    found.view.see_pod(late("c"))
    assert found._overdue() is None
    assert not found.lost


def test_a_node_that_is_lost_once_more_is_told_once_more():
    """It came back in between, and its pods ended."""
    found = following(late("a"), made.pod("e"))
    assert found._overdue() is not None
    found.view.see_pod(late("a"), deleted=True)
    assert found._overdue() is None
    found.view.see_pod(late("b"))
    assert "pod b on node node-1 does not end" in found._overdue()


def test_a_pod_that_was_told_to_end_is_not_kept_by_what_is_beside_its_worker(monkeypatch):
    """It is ending, sidecar and all, and only where it does not is it stuck."""
    monkeypatch.setattr(job_follower, "LINGER", -1.0)
    going, staying = late("a", seconds=-20), made.pod("a")
    for pod in (going, staying):
        pod["status"]["containerStatuses"] = [*made.died(143)["status"]["containerStatuses"], {"name": "proxy"}]
    ending, lingering = following(going), following(staying)
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
