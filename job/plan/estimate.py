"""How long a run would take: from fits that were timed, else unknown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from job.plan import cost, packing
from job.plan.plan import Plan
from job.study.study import Study


@dataclass(frozen=True)
class Estimate:
    """Expected seconds, or None where nothing tells; ``why`` says in a sentence from what."""

    seconds: float | None
    why: str


def of_run(
    study: Study,
    plan: Plan,
    workers: int,
    earlier: Iterable[tuple[Mapping[str, Any], float]] = (),
    *,
    traced: float = 0.0,
    pod_per_shard: bool = False,
) -> Estimate:
    """Returns the expected time of a whole run.

    Args:
        study: what runs.
        plan: its plan.
        workers: how many take shards.
        earlier: params and seconds of fits of earlier runs of this study, some hundreds at most.
        traced: seconds that each worker of the earlier run spent tracing.
        pod_per_shard: whether each shard starts a process of its own, as in a cluster.
    """
    cost_of, folds = cost.of_trial(study, plan.facts), plan.folds
    fits = [(cost_of(params) / folds, seconds) for params, seconds in earlier]
    if fits:
        why = f"from {len(fits):,} fits of earlier runs"
    elif plan.facts.fit_time is not None:
        fits = [(cost_of(plan.facts.fit_time.params) / folds, plan.facts.fit_time.seconds)]
        timed = plan.facts.fit_time
        why = "from one fit that was timed" if timed.fits == 1 else f"from {timed.fits:,} fits that were timed together"
        met = _met(timed.programs, plan.shards, workers, pod_per_shard=pod_per_shard)
        traced = timed.trace_seconds * met
    else:
        return Estimate(None, "unknown: no fit was timed; `tunejob plan --measure` times one")
    rate = sum(seconds for _, seconds in fits) / sum(one for one, _ in fits)
    start = plan.facts.import_seconds + plan.facts.data_seconds
    shards = np.array(plan.costs) * rate + (start + traced if pod_per_shard else 0.0)
    once = start + (0.0 if pod_per_shard else start + traced)  # one prepares, then workers start
    return Estimate(once + packing.makespan(shards, workers) + _refit(study, plan, rate), why)


def _refit(study: Study, plan: Plan, rate: float) -> float:
    """Training a trial of middling cost once more, on all rows, in a process of its own."""
    if study.refit is False:
        return 0.0
    fits = max(1, plan.fits)
    tracing = 0.0 if plan.facts.fit_time is None else plan.facts.fit_time.trace_seconds
    return plan.facts.import_seconds + plan.facts.data_seconds + tracing + rate * sum(plan.costs) / fits


def _met(count: float, shards: int, workers: int, *, pod_per_shard: bool) -> float:
    """How many of a run's programs a worker meets, on the average: each is that of some shards, taken by chance."""
    if pod_per_shard:
        return max(1.0, count / shards)
    missed: float = (1 - 1 / workers) ** max(1.0, shards / count)
    return count * (1 - missed)
