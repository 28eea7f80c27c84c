"""What is asked of the cluster while a Job is followed."""

from types import SimpleNamespace

from launch import made
from launch.stub import Answer, serving

from job.launch.cluster.api import Api
from job.launch.cluster.api_errors import ClusterError
from job.launch.cluster.diagnosis import Diagnosis
from job.launch.cluster.job_follower import Following
from job.launch.cluster.names import Owner
from job.launch.cluster.watch import WatchEvent


def test_of_a_job_that_failed_only_pods_that_did_are_asked_for():
    """The Job's end may be seen before that of its last pod; of ten thousand that succeeded nothing is new."""
    name = made.job()["metadata"]["name"]
    pods = {"metadata": {"resourceVersion": ""}, "items": [made.died(137)]}
    with serving(lambda _: Answer(body=pods)) as stub:
        following = Following(stub.api(), Owner(name, made.UID), Diagnosis(60.0))
        following.view.job = made.job(**made.ended("Failed", "BackoffLimitExceeded", "it failed"))
        assert list(following.until_it_ends()) == []
    assert [end.code for end in following.view.ends.values()] == [137]
    asked = [one.query.get("fieldSelector") for one in stub.asked if "watch" not in one.query]
    assert "status.phase=Failed" in asked


def test_that_the_cluster_does_not_answer_is_told_once_and_not_hidden_by_another_kind():
    """Jobs are seen while pods are not: a word at the first loss, and one after pods were seen again."""
    lost = {kind: WatchEvent(kind, "lost", fault=ClusterError("503: away")) for kind in ("jobs", "pods")}
    job, pods = WatchEvent("jobs", "listed", [made.job()]), WatchEvent("pods", "listed")
    turns = iter([[lost["pods"], lost["jobs"]], [job, lost["pods"]], [pods], [lost["pods"]]])
    following = Following(Api, Owner(made.job()["metadata"]["name"], made.UID), Diagnosis(60.0))
    told = [following._see(SimpleNamespace(within=lambda _: next(turns))) for _ in range(4)]
    sentence = "the cluster does not answer; workers go on meanwhile (503: away)"
    assert told == [sentence, None, None, sentence]
