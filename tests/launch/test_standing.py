"""How a run stands where its controller, or its pods, do not run."""

import pytest
from launch import made
from launch.test_remote import controller, pod_of, worker

from job.launch.client import status_text
from job.launch.client.remote_run import Remote

UNREADY = {"type": "Ready", "status": "False"}


def told(*pods, suspend=False, workers=()):
    """What status says."""
    job = controller()
    job["spec"]["suspend"] = suspend
    return status_text.status(Remote(job, [worker(job), *workers], [*(pod(job) for pod in pods)]))


def test_a_controller_whose_image_is_not_there_does_not_run():
    """What its pod waits for is told, with the remedy."""
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such host"}}
    first = told(lambda job: pod_of(job, "Pending", state=waiting))[0]
    assert (
        "the Job tunejob-wine-0a1b2c3d4e does not run: the image trainer:1 cannot be pulled: ImagePullBackOff" in first
    )


def test_a_controller_that_is_suspended_does_not_run():
    """The command that resumes it."""
    first = told(suspend=True)[0]
    assert "does not run: it is suspended itself" in first
    assert 'kubectl patch job tunejob-wine-0a1b2c3d4e --type=merge -p \'{"spec":{"suspend":false}}\'' in first


def test_a_controller_without_a_pod_does_not_run():
    """It failed, and Kubernetes waits before it makes another."""
    assert "does not run: it has no pod just now" in told(lambda job: pod_of(job, "Failed"))[0]
    assert "does not run: its pod c-0 is being started" in told(lambda job: pod_of(job, "Pending"))[0]


def test_a_controller_on_a_node_that_does_not_answer_does_not_run():
    """Its container is still told as running, and its pod as not ready."""
    first = told(lambda job: pod_of(job, conditions=[UNREADY]))[0]
    assert "does not run: pod c-0 on node node-1 does not answer: the node is lost, most often" in first


def test_workers_that_wait_do_not_hide_a_controller_that_does_not_run():
    """Nobody would launch what comes after them."""
    waiting = worker(controller())
    waiting["spec"] = {**waiting["spec"], "suspend": True}
    lines = told(lambda job: pod_of(job, "Failed"), workers=[waiting])
    assert "is suspended: its workers wait to be let run" in lines[0]
    assert lines[1].startswith("its controller does not run: it has no pod just now")


@pytest.mark.parametrize(
    ("condition", "running"),
    [
        (UNREADY, 0),
        ({**UNREADY, "reason": "NodeNotReady"}, 0),
        ({**UNREADY, "reason": "ContainersNotReady"}, 1),
        ({"type": "Ready", "status": "True"}, 1),
    ],
)
def test_a_pod_on_a_node_that_is_not_ready_does_not_run(condition, running):
    """Its kubelet, which does not answer, still says that it does; what it says itself always has a reason."""
    lines = told(pod_of, lambda _: made.pod(conditions=[condition]))
    (pods,) = [line for line in lines if "of 1 pods run" in line]
    assert pods.startswith(f"{running} of 1 pods run")
    assert ("(1 on nodes that are not ready: node-1; kubectl describe node)" in pods) == (not running)


def test_workers_without_a_controller_are_told_as_such():
    """The next controller was refused: what goes on, and how it is taken up again."""
    job = worker(controller())
    job["metadata"] |= {"ownerReferences": [], "name": "wine-0123456789-1"}
    lines = status_text.status(Remote(job, [job], [made.pod()]))
    assert lines[0].endswith("the Job wine-0123456789-1 goes on, and its controller is gone")
    assert "1 of 1 pods run; Jobs of workers: wine-0123456789-1 (2 at once)" in lines
    assert any("nobody watches it" in line and "tunejob submit STUDY" in line for line in lines)
