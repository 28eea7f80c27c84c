"""What a plan assumes of tracing: as the run before measured it, else the rule by layers."""

import numpy as np
import pytest
from results.made_run import MadeRun

from job.plan.plan import TraceTime
from job.results import tracing

PARAMS = [{"units": units} for units in (8, 16, 32)]
RULE = TraceTime(seconds=2.0, why="by its layers")


def ran(traced: list[float]) -> MadeRun:
    """A run whose three groups took some seconds to trace and half a second to compile."""
    run = MadeRun(PARAMS, {"accuracy": np.full((3, 2), 0.5)}, missing=frozenset({(0, 0), (1, 0), (2, 0), (0, 1)}))
    for trial, seconds in enumerate(traced):
        line = run.line(trial, 0, trace_seconds=seconds, compile_seconds=0.5 if seconds else 0.0)
        run.put(f"traced{trial}", [line])
    return run


def test_the_rule_by_layers_holds_until_something_was_measured():
    """Of a study that never ran, and of one whose runs traced nothing, as they took all fits over."""
    for run in (ran([]), ran([0.0, 0.0, 0.0])):
        facts = run.plan.facts.model_copy(update={"trace_time": RULE})
        run.write_plan()
        found = tracing.assumed(run.store, run.study, facts, kept=True)
        assert found is not None
        assert (found.seconds, found.why, found.kept) == (2.0, "by its layers", True)
    assert tracing.assumed(run.store, run.study, run.plan.facts, kept=True) is None


def test_what_the_run_before_measured_takes_the_place_of_the_rule():
    """The mean of what groups traced and compiled; fits taken over from elsewhere tell nothing."""
    run = ran([3.0, 6.0, 0.0])
    run.put("copied", [run.line(1, 0, trace_seconds=90.0, taken="made-9876543210")])
    run.write_plan()
    facts = run.plan.facts.model_copy(update={"trace_time": RULE})
    found = tracing.assumed(run.store, run.study, facts, kept=False)
    assert found is not None
    assert found.seconds == pytest.approx(5.0)
    assert found.why == "as measured by made-0123456789"
    assert not found.kept
