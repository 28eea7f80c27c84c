"""Reading the logs of pods."""

import pytest
from launch import made
from launch.stub import Answer, in_turn, serving, status

from job.launch.cluster import pod_logs
from job.launch.cluster.api_errors import ClusterError, NoLogError


def test_the_main_container_is_asked_for():
    """Of a pod with a sidecar the server gives no log unless one is named."""
    pod = made.pod()
    pod["spec"]["containers"].insert(0, {"name": "audit"})
    with serving(in_turn(Answer(body=b"one\ntwo"))) as stub:
        assert list(pod_logs.lines(stub.api(), pod, follow=True)) == ["one", "two"]
    assert stub.asked[0].query == {"container": "worker", "follow": "true"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(400, 'container "worker" in pod "w-0" is waiting to start: ContainerCreating'), "w-0 now: container"),
        (status(404, 'pods "w-0" not found'), 'now: pods "w-0" not found'),
        (status(500, "Get https://node:10250/containerLogs: i/o timeout"), "now: 500: Get https"),
    ],
)
def test_a_pod_without_a_log_says_why(answer, said):
    """It waits, is gone, or its node does not answer: others may have one."""
    with serving(in_turn(answer)) as stub, pytest.raises(NoLogError, match=said) as raised:
        list(pod_logs.lines(stub.api(), made.pod("w-0")))
    assert "Why: kubectl describe pod w-0" in str(raised.value)


def test_a_connection_that_is_cut_is_told_in_words():
    """The API server restarts while a log is followed: what came is kept, and what to do is said."""
    lines = []
    with (
        serving(in_turn(Answer(body=b"one\ntwo\nthree", cut=9, chunks=True))) as stub,
        pytest.raises(ClusterError, match=r"was cut while the log of the pod w-0 was read .* ask again") as raised,
    ):
        lines.extend(pod_logs.lines(stub.api(), made.pod("w-0"), follow=True))
    assert not isinstance(raised.value, NoLogError)
