"""Nodes that lose workers out of proportion."""

import pytest
from launch import made

from job.launch.cluster import lost_workers
from job.launch.cluster.job_view import View
from job.launch.cluster.watch import WatchEvent


def seen(*pods):
    """A Job with these pods."""
    found = View("wine-0123456789-1", made.UID)
    found.see(WatchEvent("pods", "listed", pods))
    return found


def on(node, number, pod):
    """A pod on a node, with a name of its own."""
    pod["spec"]["nodeName"] = node
    pod["metadata"]["name"] = f"{node}-{number}"
    return pod


@pytest.mark.parametrize(
    ("lost", "had", "told"),
    [
        ({"gpu-7": 5}, {"gpu-7": 6, "gpu-1": 30}, ["node gpu-7 lost 5 of its 6 workers: kubectl cordon gpu-7"]),
        ({"gpu-7": 2}, {"gpu-7": 2, "gpu-1": 30}, []),
        ({"gpu-7": 5}, {"gpu-7": 100, "gpu-1": 30}, []),
        ({"gpu-7": 5, "gpu-1": 5}, {"gpu-7": 6, "gpu-1": 6}, []),
        ({"gpu-7": 3}, {"gpu-7": 3}, ["node gpu-7 lost 3 of its 3 workers: kubectl cordon gpu-7"]),
        ({}, {}, []),
    ],
    ids=["one bad node", "two losses are chance", "few of many", "all nodes alike", "the only node", "nothing"],
)
def test_a_node_that_loses_most_of_its_workers_is_told(lost, had, told):
    """With the command that keeps others away; not where all nodes lose alike."""
    assert lost_workers.told(lost, had) == told


def test_only_losses_that_nobody_meant_are_a_nodes():
    """Not memory that ran out, not a wrong study, not an eviction; a missing or failing GPU and a lost node are."""
    drained = made.died(137)
    drained["status"]["conditions"] = [
        {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    ]
    tainted = made.died(137)
    tainted["status"]["conditions"] = [
        {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager"}
    ]
    counted = [made.died(137), made.died(75), made.died(76), tainted, made.pod(phase="Failed", state={})]
    others = [made.died(137, reason="OOMKilled"), made.died(65), made.died(70), made.died(143), drained]
    pods = [on("n", number, pod) for number, pod in enumerate([*counted, *others])]
    lost, had = lost_workers.counted(seen(*pods, on("m", 0, made.pod())))
    assert (lost, had) == ({"n": len(counted)}, {"n": len(pods), "m": 1})
