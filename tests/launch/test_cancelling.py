"""Ending a run: what is waited for, what is asked meanwhile, and what is said where it does not end."""

import pytest
from launch import made
from launch.stub import Answer, serving, status
from launch.test_remote import controller, worker

from job.errors import Incomplete
from job.launch.client import leftovers, remote_run
from job.launch.client.remote_run import Remote
from job.launch.cluster import names

GONE = status(404, 'jobs.batch "x" not found')


class Site:
    """A cluster with one run, whose controller's Job goes when asked for the second time, its pod after that."""

    def __init__(self, *, stays=(), finalizers=()):
        self.controller = controller()
        self.worker = worker(self.controller)
        self.pods = [made.pod("w-0"), *stays]
        self.looks = 0
        self.finalizers = list(finalizers)
        self.stays = stays

    def answer(self, request):
        """What the API server says."""
        kind = request.path.split("/tests/")[1]
        if request.verb == "DELETE":
            if kind.endswith(self.worker["metadata"]["name"]):
                self.worker["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            return Answer(body={})
        if kind.startswith("jobs/"):
            self.looks += 1
            held = {**self.controller, "metadata": {**self.controller["metadata"], "finalizers": self.finalizers}}
            return Answer(body=held) if self.finalizers or self.looks < 2 else GONE
        if kind == "pods":
            return Answer(body={"metadata": {}, "items": self.pods if self.looks < 4 else list(self.stays)})
        return Answer(body={"metadata": {}, "items": [self.worker] if self.looks < 3 else []})


@pytest.fixture(autouse=True)
def slept(monkeypatch):
    """No time passes but what is slept; the seconds of each sleep."""
    seconds = []
    monkeypatch.setattr(remote_run, "sleep", seconds.append)
    monkeypatch.setattr(remote_run, "monotonic", lambda: sum(seconds))
    monkeypatch.setattr(remote_run, "_GOING", 20.0)
    return seconds


def cancelled(site):
    """The sentences of a cancellation, and what was asked."""
    with serving(site.answer) as stub:
        remote = Remote(site.controller, [site.worker], site.pods)
        return list(remote_run.cancel(stub.api(), remote)), stub.asked


def test_only_the_runs_own_jobs_and_pods_are_asked_for():
    """A namespace may have ten thousand pods of other runs."""
    _, asked = cancelled(Site())
    selectors = {one.path.rpartition("/")[2]: one.query["labelSelector"] for one in asked if one.query}
    assert selectors["pods"] == f"{names.JOB_NAME} in (tunejob-wine-0a1b2c3d4e,wine-0123456789-1)"
    assert f"{names.STUDY}=wine" in selectors["jobs"]


def test_it_is_asked_less_often_the_longer_it_lasts(slept):
    """Twice a second at first, and every five seconds later."""
    site = Site(stays=[made.pod("w-1")])
    with pytest.raises(Incomplete):
        cancelled(site)
    assert slept[:5] == [0.5, 1.0, 2.0, 4.0, 5.0]
    assert set(slept[5:]) == {5.0}


def test_pods_that_outlive_their_jobs_are_waited_for():
    """A Job may be gone while its pods still end."""
    sentences, asked = cancelled(Site())
    assert sentences == ["waiting for 1 pod to end"]
    deleted = [one.path.rpartition("/")[2] for one in asked if one.verb == "DELETE"]
    assert deleted == ["tunejob-wine-0a1b2c3d4e", "wine-0123456789-1"]


def test_a_pod_that_stays_is_named_with_its_node():
    """A lost node, most often: what to tell the cluster."""
    with pytest.raises(Incomplete, match="the run was cancelled, but pod w-1 on node node-1 does not end"):
        cancelled(Site(stays=[made.pod("w-1")]))


def test_a_job_that_is_held_is_told_with_its_finalizers():
    """Somebody must take them away, and who can."""
    with pytest.raises(
        Incomplete, match=r"the Job tunejob-wine-0a1b2c3d4e is still there, held by its finalizers \(x/y"
    ):
        cancelled(Site(finalizers=["x/y"]))


def test_many_jobs_are_not_named_in_the_query():
    """It would be too long: all of tunejob's pods are asked for, and sorted out here."""
    pods = [made.pod("mine"), made.pod("other", labels={names.JOB_NAME: "another"})]
    with serving(lambda _: Answer(body={"metadata": {}, "items": pods})) as stub:
        found = leftovers.pods_of(stub.api(), {"wine-0123456789-1", *map(str, range(99))})
        assert stub.asked[0].query["labelSelector"] == f"{names.NAME}=tunejob"
    assert [one["metadata"]["name"] for one in found] == ["mine"]


def ownerless(name="wine-0123456789-1"):
    """A Job of workers that belongs to no controller."""
    found = worker(controller())
    found["metadata"] |= {"name": name, "ownerReferences": [], "creationTimestamp": "2026-01-02T00:00:00Z"}
    return found


def listed(controllers, workers):
    """An API server with these Jobs."""

    def answer(request):
        found = controllers if "component=controller" in request.query.get("labelSelector", "") else workers
        return Answer(body={"metadata": {}, "items": found if request.path.endswith("jobs") else []})

    return serving(answer)


@pytest.mark.parametrize("target", ["wine", "wine-0123456789", "wine/wine-0123456789", "wine-0123456789-1"])
def test_workers_without_a_controller_are_found(target):
    """Its Job was replaced and the next one refused: they must not train for ever."""
    with listed([], [ownerless()]) as stub:
        found = remote_run.find(stub.api(), target)
    assert (found.name, found.state) == ("wine-0123456789-1", "unwatched")
    assert [one["metadata"]["name"] for one in found.live] == ["wine-0123456789-1"]


def test_workers_without_a_controller_are_of_the_run_that_is_found():
    """An ended controller of the study is there too: what goes on is ended with it, and of no other study."""
    done = {**controller(), "status": made.ended("Complete")}
    other = ownerless("beer-1")
    other["metadata"]["labels"] = {**other["metadata"]["labels"], names.STUDY: "beer", names.RUN: "beer-0123456789"}
    with listed([done], [ownerless(), other]) as stub:
        found = remote_run.find(stub.api(), "wine")
    assert [one["metadata"]["name"] for one in found.workers] == ["wine-0123456789-1"]
    assert found.state == "unwatched"
