"""Following objects through lost connections and forgotten histories."""

from itertools import islice

import pytest
from launch.stub import Answer, in_turn, serving, status

from job.errors import NotPermittedError
from job.launch.cluster.watch import Watching


def job(version, **status):
    """A Job at a version."""
    return {"metadata": {"name": "one", "resourceVersion": version}, "status": status}


def event(kind, version):
    """A watch's event."""
    return {"type": kind, "object": job(version)}


def listed(version):
    """A list of one."""
    return Answer(body={"metadata": {"resourceVersion": version}, "items": [job(version)]})


def seen(stub, count):
    """The first things that are seen: what, and at which versions."""
    with Watching(stub.api()) as watching:
        watching.follow("jobs", fields={"metadata.name": "one"})
        return [
            (one.what, [each["metadata"]["resourceVersion"] for each in one.objects])
            for one in islice(watching.within(20.0), count)
        ]


def test_a_watch_that_ends_goes_on_where_it_ended():
    """After a watch's ordinary end the next one begins at the last version, bookmarks included."""
    answers = [
        listed("5"),
        Answer(lines=[event("MODIFIED", "6"), event("BOOKMARK", "9")]),
        Answer(lines=[event("DELETED", "10")]),
        Answer(lines=[event("BOOKMARK", "11")]),
    ]
    with serving(in_turn(*answers)) as stub:
        assert seen(stub, 3) == [("listed", ["5"]), ("changed", ["6"]), ("deleted", ["10"])]
        watches = [one.query["resourceVersion"] for one in stub.asked if "watch" in one.query]
        assert watches[:2] == ["5", "9"]


@pytest.mark.parametrize(
    "forgotten",
    [
        status(410, "too old resource version"),
        Answer(lines=[{"type": "ERROR", "object": {"code": 410, "message": "too old"}}]),
        Answer(lines=[event("MODIFIED", "6")], cut=30),
    ],
    ids=["refused", "within the watch", "cut in the middle of a line"],
)
def test_a_history_that_is_lost_is_listed_anew(forgotten):
    """Whatever is gone meanwhile is told by a list of all that there is."""
    quiet = Answer(lines=[event("BOOKMARK", "21")])
    with serving(in_turn(listed("5"), forgotten, listed("20"), quiet)) as stub:
        assert seen(stub, 2) == [("listed", ["5"]), ("listed", ["20"])]


@pytest.mark.parametrize(
    "cut",
    [Answer(lines=[event("MODIFIED", "6")], cut=2, chunks=True), status(503, "starting")],
    ids=["open", "opening"],
)
def test_a_watch_that_is_cut_is_listed_anew_without_a_word(cut):
    """Load balancers cut what is idle: the cluster answers, so nobody is told that it does not."""
    quiet = Answer(lines=[event("BOOKMARK", "21")])
    with serving(in_turn(listed("5"), cut, listed("20"), quiet)) as stub:
        assert seen(stub, 2) == [("listed", ["5"]), ("listed", ["20"])]


def test_a_server_that_is_away_is_told_and_waited_for():
    """Nothing ends because the API server restarts: it is told as lost, and listed when it is back."""
    quiet = Answer(lines=[event("BOOKMARK", "8")])
    away = [status(503, "starting")] * 4  # more than a second of patience
    with serving(in_turn(*away, listed("7"), quiet)) as stub:
        assert seen(stub, 2) == [("lost", []), ("listed", ["7"])]


def test_a_watch_that_is_cut_and_refused_by_a_server_that_starts_goes_on():
    """It lists again until the server has read who may do what."""
    cut = Answer(lines=[event("MODIFIED", "6")], cut=30)
    refused = status(403, 'User "alice" cannot list resource "jobs"')
    quiet = Answer(lines=[event("BOOKMARK", "21")])
    with serving(in_turn(listed("5"), status(503, "starting"), refused, listed("20"), quiet, cut)) as stub:
        assert [one for one in seen(stub, 3) if one[0] == "listed"] == [("listed", ["5"]), ("listed", ["20"])]


def test_what_we_may_not_see_is_an_error():
    """A refusal does not pass by itself: it is raised where things are looked at."""
    refused = in_turn(status(403, 'User "alice" cannot list resource "jobs"'))
    with serving(refused) as stub, pytest.raises(NotPermittedError, match="cannot list"):
        seen(stub, 1)
