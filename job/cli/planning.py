"""The verb ``plan``: what would run, and how long it takes."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from job.cli.options import StoreUrl, StudyFile, Workers
from job.cli.preparing import prepared

if TYPE_CHECKING:
    from job.plan.expansion import Expansion
    from job.plan.plan import Facts, Plan
    from job.results.runs import Run
    from job.store import Store
    from job.study.study import Study


def plan(
    study: StudyFile,
    store: StoreUrl = None,
    workers: Workers = None,
    *,
    measure: Annotated[bool, typer.Option("--measure", help="Time some fits, to tell how long the run takes.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell which way each fit will be trained, and why.")
    ] = False,
) -> None:
    """Tell what would run: trials, fits, shards, the expected time; and what differs from the last run."""
    from job.cli.showing import line
    from job.launch import local_machine
    from job.plan import planning, provenance, stored
    from job.plan.expansion import expand
    from job.results import tracing
    from job.store import RunKeys, open_store
    from job.study import reading

    declared = reading.read(study, store)
    opened = open_store(declared.store)
    count = workers or local_machine.usual_workers()
    began = monotonic()
    facts = prepared(study, declared, measure=measure, explain=explain, workers=count if measure else 1)
    preparing = monotonic() - began
    known = stored.plan(opened, RunKeys(declared.name, planning.run_name(declared, facts)))
    assumed = tracing.assumed(opened, declared, facts, kept=True) if known is None else known.tracing
    trials = expand(declared, facts)  # once, as it takes long for many
    planned = planning.make(
        declared, facts, count, tracing=assumed, commit=provenance.commit(study.parent), expansion=trials
    )
    for sentence in _trained(declared, planned, trials, opened, study.parent):
        line(sentence)
    line(f"time:      {_expected(declared, planned, count, opened, preparing, measure=measure)}")
    line(f"run:       {planned.run}")
    for sentence in _compared(opened, RunKeys(planned.study, planned.run), planned):
        line(f"           {sentence}")
    for fits, way in _ways(facts):
        line(f"{fits}: {way}")


def _trained(declared: "Study", planned: "Plan", trials: "Expansion", store: "Store", folder: Path) -> Iterator[str]:
    """What is trained, and in which shards."""
    from job.plan import planning
    from job.results import taking

    again = f", of them {planned.duplicates:,} duplicates that train nothing" if planned.duplicates else ""
    yield f"trials:    {planned.trials:,}{again}"
    for sentence in _near(declared, planned, store, folder):
        yield f"           {sentence}"
    yield f"fits:      {planned.fits:,} over {planned.folds} folds"
    taken = taking.foreseen(store, planned, declared, planning.shards(declared, planned, expansion=trials))
    for sentence in taken.told():
        yield f"           {sentence}"
    yield f"shards:    {planned.shards:,} for {planned.workers} worker{'s' * (planned.workers > 1)}"
    if told := planning.tracing_told(declared, planned, expansion=trials):
        yield f"tracing:   {told}"


def _near(declared: "Study", planned: "Plan", store: "Store", folder: Path) -> Iterator[str]:
    """How many trials a retune draws near the model in use, where the search asks for it."""
    from job.retune import champion as in_use
    from job.study import around

    if declared.search.around_champion is None:
        return
    now, _ = in_use.read(store, declared.name)
    near = around.share(declared, planned.trials, None if now is None else now.params, folder)
    if now is None:
        yield "around_champion: nothing is in use yet, so all of them are scikit-learn's draws"
    elif not near:
        yield (
            f"around_champion: the champion's parameters ({in_use.params_told(now)}) are in no space of this "
            "study, so all of them are scikit-learn's draws"
        )
    else:
        yield (
            f"around_champion: `tunejob retune` draws {near:,} of them near the champion ({in_use.params_told(now)}); "
            f"the other {planned.trials - near:,} are scikit-learn's draws, and so are all of `tunejob run`"
        )


def _ways(facts: "Facts") -> Iterator[tuple[str, str]]:
    """Which way fits will go, where that was asked, and what each is."""
    from job.results import ways
    from job.results.line import UNEXPECTED

    if facts.ways is None:
        return
    for one, count in Counter(facts.ways).items():
        times = f"{count} × " if count > 1 else ""  # noqa: RUF001
        yield f"{times}{one.fits}", f"by Keras fit: {one.why}" if one.way == "fit" else f"by {one.way}: {one.why}"
    for name in dict.fromkeys(one.way for one in facts.ways if one.way != "fit"):
        yield name, ways.explained(name)
    if any(UNEXPECTED in one.why for one in facts.ways):
        yield "note", "what begins with `unexpectedly` is an error that nobody foresaw; please report it with its log"


def _expected(
    declared: "Study", planned: "Plan", workers: int, store: "Store", preparing: float, *, measure: bool
) -> str:
    """How long a run takes: what preparing just took, as a run prepares too, and what comes after."""
    from job.plan import estimate
    from job.study.times import duration

    run = _newest(store, planned.study)
    table = None if run is None else run.table()
    measured = planned.facts.fit_time is not None
    if table is None or measured:
        found = estimate.of_run(declared, planned, workers)
    else:
        traced = float(table.fits.trace_seconds.sum()) / table.plan.workers
        found = estimate.of_run(declared, planned, workers, table.timed(), traced=traced)
    if found.seconds is None and measure:
        return "unknown: no fit of this study could be timed beforehand; a run tells as it goes"
    if found.seconds is None:
        return found.why
    timed = planned.facts.fit_time
    alone = 0.0 if timed is None else timed.fits * timed.seconds + timed.trace_seconds  # of plan alone
    return f"about {duration(max(0.0, preparing - alone) + found.seconds)}, {found.why}"


def _compared(store: "Store", keys: Any, planned: "Plan") -> Iterator[str]:
    """Whether this plan is an earlier run's, or what makes it a new one."""
    from job.plan import planning, stored

    if stored.plan(store, keys) is not None:
        yield "planned already: `tunejob run` resumes it"
        return
    run = _newest(store, planned.study)
    if run is None:
        yield "the first of this study in this store"
    else:
        yield f"a new run, because of what differs from {run.keys.run}:"
        yield from (f"  {one}" for one in planning.differences(run.plan, planned))


def _newest(store: "Store", study: str) -> "Run | None":
    from job.errors import UsageError
    from job.results import runs

    try:
        return runs.newest(store, study)
    except UsageError:
        return None
