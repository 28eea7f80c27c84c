"""Putting a controller's Job in the place of one that ended, where the cluster does not let us."""

import pytest
from launch import made
from launch.stub import Answer, serving, status
from launch.test_submitting import NAME, SUBMISSION

from job.errors import Incomplete, NotPermittedError
from job.launch.client import replacing, submit
from job.launch.cluster import names

GONE = status(404, 'jobs.batch "x" not found')
NO_QUOTA = status(403, 'jobs.batch "x" is forbidden: exceeded quota: count/jobs.batch=1')


def ended():
    """A controller's Job that ended early."""
    job = made.job(NAME, uid="old", **made.ended("Failed"))
    job["spec"]["template"] = {"spec": {"volumes": [{"name": "study", "configMap": {"name": NAME}}]}}
    return job


def worker():
    """A Job of its workers, which goes on."""
    job = made.job("wine-0123456789-1", uid="w")
    job["metadata"] |= {"labels": names.labels("wine", "wine-0123456789", "shards"), "ownerReferences": []}
    job["spec"]["template"] = {"spec": {"volumes": [{"name": "study", "configMap": {"name": NAME}}]}}
    return job


def cluster(created=NO_QUOTA, *, job=None, stays=False, workers=(), pods=(), owners=()):
    """An API server that has this Job, which goes when it is deleted unless it stays."""
    deleted = []

    def answer(asked):
        kind = asked.path.split("/tests/")[1]
        if asked.verb == "DELETE":
            deleted.append(kind)
            return Answer(body={})
        if asked.verb == "POST":
            return created if kind == "jobs" else Answer(201, {})
        if kind.startswith("jobs/"):
            return GONE if job is None or (deleted and not stays) else Answer(body=job)
        if kind.startswith("configmaps/"):
            return Answer(body={"metadata": {"name": NAME, "uid": "c", "ownerReferences": list(owners)}})
        return Answer(body={"metadata": {}, "items": list(pods if kind == "pods" else workers)})

    return serving(answer)


def deletions(stub):
    """What was deleted."""
    return [one.path.split("/tests/")[1] for one in stub.asked if one.verb == "DELETE"]


@pytest.mark.parametrize(
    "refusal", [NO_QUOTA, status(422, "spec.template: Required value"), status(404, "no namespace")]
)
def test_a_refused_job_leaves_no_config_behind(refusal):
    """Nobody would own it, and nobody would take it away."""
    with cluster(refusal) as stub, pytest.raises(Exception, match=r"quota|Required|no namespace"):
        submit.submit(stub.api(), SUBMISSION)
    assert deletions(stub) == [f"configmaps/{NAME}"]


def test_a_config_that_belongs_to_somebody_stays():
    """Another submission of the same study may be quicker."""
    with cluster(owners=[{"uid": "another"}]) as stub, pytest.raises(NotPermittedError, match="exceeded quota"):
        submit.submit(stub.api(), SUBMISSION)
    assert deletions(stub) == []


def test_a_server_that_went_away_may_have_made_the_job():
    """What it mounts is not taken from it."""
    with cluster(status(503, "away")) as stub, pytest.raises(Exception, match="can't be reached"):
        submit.submit(stub.api(patience=0.3), SUBMISSION)
    assert deletions(stub) == []


def test_workers_that_go_on_without_a_controller_are_named():
    """Their code stays, and how they are taken up or ended is told."""
    with cluster(job=ended(), workers=[worker()]) as stub, pytest.raises(NotPermittedError) as refused:
        submit.submit(stub.api(), SUBMISSION)
    said = str(refused.value)
    assert "exceeded quota" in said
    assert "Meanwhile wine-0123456789-1, the Jobs of workers of the earlier controller, go on" in said
    assert "submit again once the cluster takes the controller's Job, which adopts them" in said
    assert said.endswith("end them: tunejob cancel wine")
    assert deletions(stub) == [f"jobs/{NAME}"]


@pytest.fixture
def slept(monkeypatch):
    """No time passes but what is slept."""
    seconds = []
    monkeypatch.setattr(replacing, "sleep", lambda one: seconds.append(10 * one))
    monkeypatch.setattr(replacing, "monotonic", lambda: sum(seconds))
    monkeypatch.setattr(replacing.jobs, "GOING", 30.0)
    return seconds


@pytest.mark.parametrize(
    ("pods", "said"),
    [
        ([made.pod("c-0", labels={names.JOB_NAME: NAME})], "pod c-0 on node node-1 does not end"),
        ([], r"held by its finalizers \(x/y\): whoever set them must take them away"),
    ],
)
def test_a_job_that_does_not_go_is_told_with_what_holds_it(slept, pods, said):
    """After a few seconds what is waited for and until when, and at the end by whom it is held."""
    heard, job = [], ended()
    job["metadata"]["finalizers"] = ["foregroundDeletion", "x/y"]
    with cluster(job=job, stays=True, pods=pods) as stub, pytest.raises(Incomplete, match=said) as held:
        submit.submit(stub.api(say=heard.append), SUBMISSION)
    assert str(held.value).endswith("Then submit again.")
    assert len(heard) == 1
    assert f"the earlier Job {NAME} is being deleted, its pods first; waited for until " in heard[0]
    assert heard[0].endswith(" UTC")
