"""States that last and are no trouble are told, whatever pods there are."""

import pytest
from launch import made

from job.launch.cluster import quiet
from job.launch.cluster.job_view import View
from job.launch.cluster.watch import WatchEvent


@pytest.mark.parametrize(
    ("pods", "state", "said"),
    [
        ([], "no pods", "has no pod yet"),
        ([made.died(137, reason="OOMKilled")], "again", "OOMKilled 137): Kubernetes waits before that, 10 s"),
        ([made.pod()], "running", "runs: it trains"),
        ([made.waiting("ContainerCreating")], "starting", "is being started"),
        ([made.pod(deletionTimestamp="2026-01-01T00:00:00Z", phase="Pending")], "ending", "to end"),
    ],
)
def test_each_state_has_its_sentence(pods, state, said):
    """With the pod it is about, where there is one."""
    view = View("wine-0123456789-1", made.UID)
    assert "has not shown the Job" in quiet.told(view, "")
    view.see(WatchEvent("jobs", "listed", [made.job()]))
    view.see(WatchEvent("pods", "listed", pods))
    assert quiet.state(view) == state
    assert said in quiet.told(view, "it trains")
