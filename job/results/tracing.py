"""What tracing took in the run before, which takes the place of the rule by layers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from job.plan import cost, sharing
from job.plan.plan import Facts, TraceTime, Tracing
from job.results import line, runs
from job.results.runs import Run
from job.store import Store
from job.study.study import Study

_OBJECTS = 20
"""Result objects that are read of that run, an even choice: enough for a mean."""

_SHARED = "any-shape"
"""How the ways begin in which one trace serves all shapes."""


def assumed(store: Store, study: Study, facts: Facts, *, kept: bool) -> Tracing | None:
    """Returns what a new run's plan assumes of tracing, None where nothing is known.

    Args:
        store: where all runs lie.
        study: the new run's.
        facts: the new run's.
        kept: whether a worker keeps what it traced from shard to shard.
    """
    before = runs.of_study(store, study.name)[:1]
    lines = [one for run in before for one in _lines(run)]
    traced = [one["trace_seconds"] + one.get("compile_seconds", 0.0) for one in lines if one.get("trace_seconds")]
    measured = None
    if traced:
        measured = TraceTime(
            seconds=round(float(np.mean(traced)), 2),
            why=f"as measured by {before[0].keys.run}",
            shared=all(str(one["way"]).startswith(_SHARED) for one in lines),
        )
    unit = cost.unit(study, facts) or _unit(lines, study, facts)
    return sharing.assumed(facts, measured, unit, kept=kept)


def _lines(run: Run) -> list[dict[str, Any]]:
    """Some of a run's fits that it trained itself and that succeeded."""
    there = sorted(entry.key for entry in run.store.list(run.keys.results_prefix))
    some = [there[place] for place in np.unique(np.linspace(0, len(there) - 1, min(_OBJECTS, len(there))).astype(int))]
    found = (one for key, data in run.store.read_many(some) for one in line.raw(data, key))
    return [one for one in found if one["error"] is None and not one.get("taken")]


def _unit(lines: Sequence[dict[str, Any]], study: Study, facts: Facts) -> float | None:
    """Seconds of a unit of cost, by what fits took."""
    cost_of = cost.of_trial(study, facts)
    costs = sum(cost_of(one["params"]) for one in lines) / max(1, len(facts.fold_sizes))
    seconds = sum(one["fit_seconds"] for one in lines)
    return seconds / costs if seconds and costs else None
