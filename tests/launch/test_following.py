"""What is asked of the cluster while a Job is followed."""

from launch import made
from launch.stub import Answer, serving

from job.launch.cluster.diagnosis import Diagnosis
from job.launch.cluster.job_follower import Following
from job.launch.cluster.names import Owner


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
