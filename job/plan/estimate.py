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
    pod_per_shard: bool = False,
) -> Estimate:
    """Returns the expected time of a whole run.

    Args:
        study: what runs.
        plan: its plan.
        workers: how many take shards.
        earlier: params and seconds of fits of earlier runs of this study, some hundreds at most.
        pod_per_shard: whether each shard starts a process of its own, as in a cluster.
    """
    cost_of, folds = cost.of_trial(study, plan.facts), plan.folds
    fits = [(cost_of(params) / folds, seconds) for params, seconds in earlier]
    if fits:
        why = f"from {len(fits):,} fits of earlier runs"
    elif plan.facts.fit_time is not None:
        fits = [(cost_of(plan.facts.fit_time.params) / folds, plan.facts.fit_time.seconds)]
        why = "from one fit that was timed"
    else:
        return Estimate(None, "unknown: no fit was timed; `tunejob plan --measure` times one")
    rate = sum(seconds for _, seconds in fits) / sum(one for one, _ in fits)
    start = plan.facts.import_seconds + plan.facts.data_seconds
    shards = np.array(plan.costs) * rate + (start if pod_per_shard else 0.0)
    once = 0.0 if pod_per_shard else start
    return Estimate(once + packing.makespan(shards, workers), why)
