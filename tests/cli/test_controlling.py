"""What a controller tells the cluster."""

import json
from dataclasses import replace

import pytest
from launch.stub import Answer, in_turn, serving
from results.made_run import MadeRun

from job.cli.controlling import Telltale
from job.errors import DataError, Incomplete
from job.launch.cluster import names
from job.launch.cluster.annotations import JobProgress, Verdict
from job.launch.cluster.events import Telling
from job.launch.cluster.names import Owner
from job.results.failures import FitFailure
from job.results.progress import Best, Seen
from job.retune.record import Record

FAILURE = FitFailure(kind="ValueError", message="no", traceback="")


@pytest.fixture
def told():
    """A watcher, and the server that hears it."""
    with serving(in_turn(Answer(201, {}))) as stub:
        yield Telltale(Telling(stub.api(), Owner("controller", "1-2")), "s3://bucket/runs"), stub


def made(trials=12, **changes):
    """A run of one fold, whose last trial is the best."""
    params = [{"x": number} for number in range(trials)]
    return MadeRun(params=params, scores={"accuracy": [[number / 100] for number in range(trials)]}, **changes)


def test_a_complete_run_tells_its_ten_best(told):
    """Ranks, scores and params as the table has them."""
    watcher, _ = told
    watcher.ended(made().table())
    verdict = watcher.verdict(None)
    assert (verdict.code, verdict.message) == (0, "the run made-0123456789 is complete: 12 fits")
    assert [(one.number, one.score, one.params) for one in verdict.best] == [
        (number, number / 100, {"x": number}) for number in range(11, 1, -1)
    ]


def test_an_incomplete_run_tells_the_best_of_what_is_there(told):
    """The error is the verdict; trials without all their fits are not ranked."""
    watcher, _ = told
    watcher.ended(made(3, missing=frozenset({(2, 0)})).table())
    verdict = watcher.verdict(Incomplete("1 of 3 fits is missing"))
    assert (verdict.code, verdict.message) == (75, "1 of 3 fits is missing")
    assert [one.number for one in verdict.best] == [1, 0]


def test_where_no_fit_succeeded_nothing_is_best(told):
    """error_score ranks trials that have nothing to show."""
    watcher, _ = told
    failed = {(number, 0): FAILURE for number in range(3)}
    watcher.ended(made(3, failed=failed, error_score=0.0).table())
    assert watcher.verdict(DataError("all 3 fits failed")) == Verdict(65, "all 3 fits failed", "accuracy")


def test_a_run_that_failed_before_its_plan_has_a_verdict_too(told):
    """There is no table yet."""
    watcher, _ = told
    assert watcher.verdict(DataError("the data has holes")) == Verdict(65, "the data has holes")


def test_the_plan_labels_the_controllers_job(told):
    """From the plan on, the run is found by its name, and its store is known."""
    watcher, stub = told
    run = made()
    watcher.planned(run.plan, run.study)
    (patch,) = [one.body["metadata"] for one in stub.asked if one.verb == "PATCH" and "labels" in one.body["metadata"]]
    assert patch["labels"] == names.labels("made", "made-0123456789")
    annotations = {}
    for one in stub.asked:
        annotations |= one.body["metadata"].get("annotations", {}) if one.verb == "PATCH" else {}
    assert annotations[names.STORE] == "s3://bucket/runs"
    assert "planned 12 trials in 3 shards as the run made-0123456789" in annotations[names.CAUSE]
    assert "a pod takes about 3 s before its first fit" in annotations[names.CAUSE]


def test_progress_is_an_annotation(told):
    """What is stored, what failed, and the best so far."""
    watcher, stub = told
    watcher.seen(Seen(3, 12, 1, Best(2, 0.5, {"x": 2}), 1.0))
    text = stub.asked[-1].body["metadata"]["annotations"][names.PROGRESS]
    assert json.loads(text)["done"] == 3
    assert str(JobProgress.loads(text)) == "3 of 12 fits, 1 failed; best 0.5  trial 2: x=2"


def test_a_retune_tells_what_it_came_to_first(told):
    """Its verdict and why, before what its search found; of one that trained nothing, that alone."""
    watcher, _ = told
    record = Record(
        study="made", name="a", verdict="unchanged", why="nothing to do", when="2026-05-03T03:00:00Z", by="me"
    )
    watcher.record = record
    assert watcher.verdict(None) == Verdict(0, "unchanged: nothing to do")
    watcher.record = record.model_copy(update={"verdict": "kept"})
    watcher.ended(made(3).table())
    assert watcher.verdict(None).message.splitlines() == [
        "kept: nothing to do", "the run made-0123456789 is complete: 3 fits"
    ]  # fmt: skip


def test_the_run_on_fresh_folds_hides_nothing_of_the_search(told):
    """The controller's Job is still found by the search, whose best trials are told."""
    watcher, stub = told
    run, confirming = made(), made(2)
    watcher.ended(run.table())
    facts = confirming.plan.facts.model_copy(update={"confirms": run.plan.run})
    plan = confirming.plan.model_copy(update={"facts": facts})
    watcher.planned(plan, run.study)
    assert not [one for one in stub.asked if one.verb == "PATCH" and "labels" in one.body["metadata"]]
    watcher.ended(replace(confirming.table(), plan=plan))
    assert len(watcher.verdict(None).best) == 10
