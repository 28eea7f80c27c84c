"""What the controller lets the cluster know."""

import pytest
from launch.stub import Answer, in_turn, serving, status

from job.launch.cluster import events
from job.launch.cluster.events import Telling


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [1000.0]
    monkeypatch.setattr(events, "monotonic", lambda: now[0])
    return now


def patches(stub):
    """The annotations of each patch."""
    return [one.body["metadata"]["annotations"] for one in stub.asked if one.verb == "PATCH"]


def test_annotations_are_patched_at_most_once_in_ten_seconds(owner, clock):
    """A thousand looks at a run within its time are few patches, and the last value is the one that is written."""
    with serving(in_turn(Answer(body={}))) as stub:
        told = Telling(stub.api(), owner)
        for second in range(41):
            clock[0] = 1000.0 + second
            told.annotate(progress=str(second))
        told.flush()
    assert [one["tunejob/progress"] for one in patches(stub)] == ["0", "10", "20", "30", "40"]


def test_what_did_not_change_is_not_written_again(owner, clock):
    """A run that stands still costs no requests."""
    with serving(in_turn(Answer(body={}))) as stub:
        told = Telling(stub.api(), owner)
        for second in range(0, 600, 20):
            clock[0] = 1000.0 + second
            told.annotate(progress="3 of 9", cause="no node" if second < 300 else "all is well")
    assert patches(stub) == [
        {"tunejob/progress": "3 of 9", "tunejob/cause": "no node"},
        {"tunejob/cause": "all is well"},
    ]


def test_labels_are_written_at_once(owner, clock):
    """By them the run is found."""
    with serving(in_turn(Answer(body={}))) as stub:
        told = Telling(stub.api(), owner)
        told.annotate(cause="a")
        told.annotate(cause="b")
        told.flush({"tunejob/run": "wine-1"})
    meta = stub.asked[-1].body["metadata"]
    assert meta == {"annotations": {"tunejob/cause": "b"}, "labels": {"tunejob/run": "wine-1"}}


def test_events_are_put_on_both_jobs(owner):
    """`kubectl describe` of either Job tells the story; long messages are cut to what an event may have."""
    with serving(in_turn(Answer(201, {}))) as stub:
        other = type(owner)("wine-1-1", "77")
        Telling(stub.api(), owner).event("Waiting", "x" * 2000, also=other, kind="Warning")
    about = [one.body["involvedObject"] for one in stub.asked]
    assert [(one["kind"], one["name"], one["uid"]) for one in about] == [
        ("Job", owner.name, owner.uid),
        ("Job", "wine-1-1", "77"),
    ]
    assert [len(one.body["message"]) for one in stub.asked] == [1024, 1024]
    assert len({one.body["metadata"]["name"] for one in stub.asked}) == 2


@pytest.mark.parametrize(
    "refusal", [status(403, 'cannot create resource "events"'), status(422, "message: Too long"), status(503, "away")]
)
def test_a_run_does_not_end_because_it_could_not_be_told(owner, caplog, refusal):
    """A refusal is logged, and the controller goes on."""
    with serving(in_turn(refusal)) as stub:
        Telling(stub.api(), owner).event("Waiting", "for nodes")
    assert "the cluster could not be told" in caplog.text


def test_what_could_not_be_written_goes_with_the_next(owner, clock, caplog):
    """Annotations and labels alike: by them the run is found, and its verdict is known."""
    away, good = status(403, "webhook says no"), Answer(body={})
    with serving(in_turn(away, away, good, good)) as stub:
        told = Telling(stub.api(), owner)
        told.annotate(cause="a", store="s3://x")
        told.flush({"tunejob/run": "wine-1"})
        told.annotate(verdict="done")
        clock[0] += 11.0
        told.annotate(verdict="done", cause="b")
        told.flush()
    assert len(stub.asked) == 3
    annotations = {"tunejob/cause": "b", "tunejob/store": "s3://x", "tunejob/verdict": "done"}
    assert stub.asked[-1].body["metadata"] == {"annotations": annotations, "labels": {"tunejob/run": "wine-1"}}
    assert "the cluster could not be told" in caplog.text


def test_what_is_refused_as_it_is_does_not_keep_the_rest(owner, clock):
    """A text that is too long would be refused each time, and all that came with it."""
    with serving(in_turn(status(422, "metadata.annotations: Too long"), Answer(body={}))) as stub:
        told = Telling(stub.api(), owner)
        told.annotate(cause="x" * 99)
        told.annotate(verdict="done")
        told.flush()
    assert stub.asked[-1].body["metadata"]["annotations"] == {"tunejob/verdict": "done"}


def test_a_value_that_was_written_already_takes_the_place_of_one_that_waits(owner, clock):
    """Told again before its successor was written, it is what stays."""
    with serving(in_turn(Answer(body={}))) as stub:
        told = Telling(stub.api(), owner)
        for cause in ("a", "b", "a"):
            told.annotate(cause=cause)
        told.flush()
    assert [one["tunejob/cause"] for one in patches(stub)] == ["a"]
