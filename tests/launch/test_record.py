"""What a controller leaves on its Job."""

import json

import pytest

from job.launch.cluster import annotations
from job.launch.cluster.annotations import BestTrial, JobProgress, Verdict

BEST = tuple(BestTrial(number, 0.9 - number / 100, {"units": 2**number, "rate": 1e-3}, 0.01) for number in range(10))


def test_a_verdict_reads_back():
    """What a laptop reads is what the controller wrote."""
    verdict = Verdict(75, "12 fits are missing", "accuracy", BEST)
    assert Verdict.loads(verdict.dumps()) == verdict


@pytest.mark.parametrize("progress", [JobProgress(3, 81), JobProgress(3, 81, 1, BEST[2])])
def test_progress_reads_back(progress):
    """With and without a best trial."""
    assert JobProgress.loads(progress.dumps()) == progress


def test_a_verdict_is_told_with_its_ten_best():
    """A person reads ranks, scores, trials and params."""
    lines = Verdict(0, "complete", "accuracy", BEST).lines()
    assert lines[:3] == ["complete", "best by accuracy:", "  1. 0.9 ± 0.01  trial 0: units=1, rate=0.001"]
    assert len(lines) == 12


def test_progress_is_told_in_a_line():
    """Done, failed, and the best so far."""
    assert str(JobProgress(1200, 8100, 3, BEST[0])) == (
        "1,200 of 8,100 fits, 3 failed; best 0.9 ± 0.01  trial 0: units=1, rate=0.001"
    )


def test_long_params_leave_room_in_the_annotation():
    """The annotation stays small and readable, if need be with fewer trials."""
    long = tuple(BestTrial(number, 0.5, {"layers": "x" * 20_000}) for number in range(10))
    text = Verdict(0, "complete", "accuracy", long).dumps()
    assert len(text) <= annotations.LARGEST
    assert Verdict.loads(text).best == long[:2]
    assert len(JobProgress(1, 2, 0, BestTrial(0, 0.5, {"a": "x" * 70_000})).dumps()) <= annotations.LARGEST


def test_a_long_message_leaves_room_in_the_annotation():
    """A traceback of any length is cut."""
    text = Verdict(65, "\x00" * 100_000, "accuracy", BEST).dumps()
    assert len(text) <= annotations.LARGEST
    assert json.loads(text)["message"]


def test_the_termination_message_fits_in_what_kubernetes_keeps():
    """Cut between characters, not within one."""
    shown = Verdict(64, "ü" * 5_000).shown(4_001)
    assert shown == "ü" * 2_000
