"""How long a run would take."""

import made_plan
import pytest

from job.plan import estimate, planning
from job.plan.plan import FitTime

EQUAL = {"space": ({"learning_rate": [0.1, 0.2, 0.3, 0.4]},)}


def test_nothing_is_known_without_a_timed_fit() -> None:
    """Rather unknown than invented; the sentence says how to find out."""
    study = made_plan.study(**EQUAL)
    found = estimate.of_run(study, planning.make(study, made_plan.facts(), 2), 2)
    assert found.seconds is None
    assert "--measure" in found.why


def test_a_timed_fit_tells() -> None:
    """Four equal trials of three folds of one second, two workers: six, and five seconds of each process's start.

    One prepares, workers start together, one trains the best again.
    """
    study = made_plan.study(**EQUAL)
    facts = made_plan.facts(fit_time=FitTime(seconds=1.0, params={"learning_rate": 0.1}), import_seconds=5.0)
    plan = planning.make(study, facts, 2)
    without = study.model_copy(update={"refit": False})
    assert estimate.of_run(without, plan, 2).seconds == pytest.approx(16.0, rel=1e-3)
    assert estimate.of_run(study, plan, 2).seconds == pytest.approx(22.0, rel=1e-3)


def test_each_worker_traces_the_programs_it_meets() -> None:
    """One program is traced by both workers at once; of many, each meets about half."""
    study = made_plan.study(**EQUAL).model_copy(update={"refit": False})

    def expected(**timed: float) -> float:
        facts = made_plan.facts(fit_time=FitTime(seconds=1.0, params={"learning_rate": 0.1}, **timed))
        return estimate.of_run(study, planning.make(study, facts, 2), 2).seconds or 0.0

    plain = expected()
    assert expected(trace_seconds=4.0, programs=1) - plain == pytest.approx(4 * 15 / 16, rel=1e-3)
    assert expected(trace_seconds=4.0, programs=4) - plain == pytest.approx(8.0, rel=1e-3)


def test_each_pod_starts_anew() -> None:
    """In a cluster each of the shards pays for its start."""
    study = made_plan.study(**EQUAL).model_copy(update={"refit": False})
    facts = made_plan.facts(fit_time=FitTime(seconds=1000.0, params={"learning_rate": 0.1}), import_seconds=5.0)
    plan = planning.make(study, facts, 2)
    assert plan.shards == 4
    assert estimate.of_run(study, plan, 2, pod_per_shard=True).seconds == pytest.approx(6015.0, rel=1e-3)


def test_earlier_results_tell_more_than_a_timed_fit() -> None:
    """Fits that took half a second on the average halve what the timed fit says."""
    study = made_plan.study(**EQUAL).model_copy(update={"refit": False})
    facts = made_plan.facts(fit_time=FitTime(seconds=1.0, params={"learning_rate": 0.1}))
    earlier = [({"learning_rate": 0.2}, 0.25), ({"learning_rate": 0.3}, 0.75)]
    found = estimate.of_run(study, planning.make(study, facts, 2), 2, earlier)
    assert found.seconds == pytest.approx(3.0, rel=1e-3)
    assert "2 fits" in found.why
