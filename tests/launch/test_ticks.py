"""Which Jobs are ticks of a CronJob, and when they were due."""

import pytest

from job.launch.cluster import ticks

MADE = "2026-05-03T03:00:04Z"


def job(annotations=None, owner=None):
    """A controller's Job."""
    owners = {"ownerReferences": [{"kind": owner, "name": "tunejob"}]} if owner else {}
    return {"metadata": {"creationTimestamp": MADE, "annotations": annotations, **owners}}


@pytest.mark.parametrize(
    ("made", "is_tick", "due"),
    [
        (job(), False, "2026-05-03T03:00:04+00:00"),
        (job(owner="CronJob"), True, "2026-05-03T03:00:04+00:00"),
        (job({"cronjob.kubernetes.io/instantiate": "manual"}), True, "2026-05-03T03:00:04+00:00"),
        (job({ticks.SCHEDULED: "2026-05-03T05:00:00+02:00"}, "CronJob"), True, "2026-05-03T03:00:00+00:00"),
    ],
    ids=["submitted", "owned", "by hand", "scheduled"],
)
def test_a_tick_is_known_by_its_job(made, is_tick, due):
    """The annotation says when it was due; one by hand was due when it was made."""
    assert ticks.is_tick(made) is is_tick
    assert ticks.due(made) == due
