"""Other runs of a study in the same store: which of them are live now, and why a run is not one of them resumed."""

import json
from collections.abc import Iterator

from job.errors import Missing
from job.plan import changes
from job.plan.plan import Plan
from job.results import runs, status
from job.results.runs import Run
from job.results.status import Status
from job.store import RunKeys, Store


def news(store: Store, plan: Plan, job: str = "") -> Iterator[str]:
    """Yield what whoever starts a run should know of the others, a line each; called before its first status.

    Args:
        store: where all lie.
        plan: the run's own.
        job: the identity of the Job that starts this controller, whose earlier ones are gone; empty for none.
    """
    keys = RunKeys(plan.study, plan.run)
    own = status.read(store, keys)
    mine = {plan.run, plan.facts.confirms}
    others = [run for run in runs.of_study(store, plan.study) if run.keys.run not in mine]
    before = [run for run in others if not run.plan.facts.confirms]
    if own is None and before and not plan.facts.confirms and plan.facts.champion is None:
        yield changes.told(before[0].plan, plan, _state(before[0]))
    if (same := status.other(store, keys, job)) is not None:
        yield twice(same)
    for run in others:
        found = status.read(store, run.keys)
        if found is not None and found.is_live and not found.was_of(job):
            yield f"{run.keys.run} of this study is running too{_where(found)}; they slow each other down"


def twice(other: Status) -> str:
    """Return what to say of another controller of the same run."""
    return (
        f"this run has another controller{_where(other)}: both train what is missing, and a fit that both train "
        "counts once. Nothing breaks, but to save the time end one of them"
    )


def _where(found: Status) -> str:
    return f" ({found.by})" if found.by else ""


def _state(run: Run) -> str:
    try:
        done = bool(json.loads(run.store.read(run.keys.best))["complete"])
    except (Missing, ValueError, KeyError, TypeError):
        done = False
    if done:
        return "complete"
    found = status.read(run.store, run.keys)
    return f"{found.done:,} of {found.fits:,} fits" if found is not None and found.fits else "unfinished"
