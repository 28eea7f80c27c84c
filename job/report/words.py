"""What the reports say in words, whichever their form: verdict, times, provenance, how to use the model."""

import math
from typing import Any

import numpy as np

from job.report.axes import label
from job.report.importance import Importance, Share
from job.report.metrics import said
from job.results import brief
from job.results.brief import Brief
from job.results.table import Ranked, Table
from job.results.ways import explained
from job.study import splitters
from job.study import times as spans
from job.study.times import duration

_TOLD = 0.05  # seconds of what is done once that are worth telling
_LEAST = 0.01  # of the variance, below which a share is not worth a word


def short(value: float, digits: int = 4) -> str:
    """Return a number with so many digits, as text that people read."""
    return f"{value:.{digits}g}" if math.isfinite(value) else str(value)


def moment(iso: str) -> str:
    """Return an ISO time as people read it, in UTC."""
    return spans.moment(iso)


def counted(number: int, what: str) -> str:
    """Return a count with its noun."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def verdict(run: Table | Brief) -> tuple[str, str]:
    """Return the run's state in one word for styles ("", "warned", "open", "failed") and in a few for people."""
    run = brief.of(run) if isinstance(run, Table) else run
    if run.is_hopeless:
        return "failed", "no fit succeeded"
    if not run.is_complete:
        return "open", f"incomplete: {run.done:,} of {run.fits:,} fits"
    if run.is_scoreless:
        return "failed", "no trial has a score"
    if run.failed:
        return "warned", f"complete, {run.failed:,} of {counted(run.fits, 'fit')} failed"
    return "", "complete"


def unranked(table: Table) -> str:
    """Return why no trial is ranked, in a sentence: more may come, or nothing will."""
    if table.scoreless:
        return f"No trial has a {table.metric} on every fold, so none has a mean."
    return "No trial has all its scores yet." if len(table.missing) else "No fit succeeded."


def params(ranked: Ranked, digits: int | None = None) -> dict[str, str]:
    """Return a trial's params as text, floats with all their digits or so many."""

    def text(value: Any) -> str:
        return short(value, digits) if digits and isinstance(value, float) else label(value)

    return {name: text(value) for name, value in ranked.params.items()}


def times(table: Table) -> tuple[float, float]:
    """Return seconds of training, summed over fits, and from the first fit's beginning to the last one's end."""
    fits = table.fits
    if not fits.done.any():
        return math.nan, math.nan
    trained = np.where(fits.taken, 0.0, fits.fit_seconds)[table.trained]
    span = np.nanmax(fits.finished) - fits.began
    return float(np.nansum(trained)), float(span)


def taken(table: Table) -> str:
    """Return how many fits earlier runs trained, after a comma; "" where none."""
    return f", {table.taken:,} taken over from earlier runs" if table.taken else ""


def once(table: Table) -> str:
    """Return what tracing and compiling took, over all groups; "" where that is not known."""
    fits = table.fits
    found = {"tracing": float(fits.trace_seconds.sum()), "compiling": float(fits.compile_seconds.sum())}
    return ", ".join(f"{duration(seconds)} of {what}" for what, seconds in found.items() if seconds >= _TOLD)


def scored(name: str, score: float, digits: int = 4) -> str:
    """Return a score with its metric as people say them."""
    metric = said(name)
    return f"{metric.name} {short(metric.value(score), digits)}"


def mattered(found: Importance, most: int = 5) -> str:
    """Return in a line which params mattered, and how sure that is."""
    if found.why:
        return found.why
    told = [f"{' × '.join(one.names)} {percent(one)}" for one in found.shares[:most] if one.share >= _LEAST]  # noqa: RUF001
    sure = f"a random forest on {found.trials:,} trials explains {100 * found.foretold:.0f} %"
    return f"{', '.join(told)}; {sure} of how other trials' scores differ"


def percent(share: Share) -> str:
    """Return a share of the variance with its deviation."""
    return f"{100 * share.share:.0f} % ± {100 * share.deviation:.0f}"


def provenance(table: Table) -> dict[str, str]:
    """Return where the numbers come from, by name."""
    plan, study, known = table.plan, table.study, table.plan.facts
    ways = "; ".join(f"{counted(count, 'fit')}: {way} ({explained(way)})" for way, count in table.ways.items())
    return {
        "run": plan.run,
        "planned": moment(plan.created),
        "digest": plan.digest,
        "code": f"{study.model}, git {plan.commit}" if plan.commit else study.model,
        "search": f"{study.search.kind}, {counted(plan.trials, 'trial')}, seed {_search_seed(table)}",
        "folds": splitters.describe(study, known.task) if study.cv.name == splitters.FOLDS else _splitter(table),
        "data": f"{counted(known.rows, 'row')}, fingerprint {known.fingerprint[:16]}",
        "task": f"{known.task}: {known.why}",
        "scoring": ", ".join(table.scoring),
        "duplicates": f"{plan.duplicates:,} of the trials, trained once with their twins" if plan.duplicates else "",
        "trained by": ways,
        "times": _times(table),
        "unexpected": _unexpected(table),
        "files": table.overwritten,
        "seed": str(study.seed),
        "device": known.device,
        "versions": ", ".join(f"{name} {version}" for name, version in known.versions.items()),
    }


def _times(table: Table) -> str:
    """What a fit's time is."""
    shared = any(way not in ("fit", "none") for way in table.ways)
    share = "a fit's is its share of its group's, by its own steps and rows" if shared else "each fit's own"
    more = once(table)
    return f"{share}, without tracing and compiling{f' ({more} in all)' if more else ''}"


def _unexpected(table: Table) -> str:
    """What nobody foresaw while fits were trained together: results are right, and the fault is worth a report."""
    found = table.fits.unexpected
    if not found:
        return ""
    (told, _), *others = found.most_common()
    more = f", and {counted(len(others), 'other')}" if others else ""
    return (
        f"{counted(sum(found.values()), 'fit')} met an error that nobody foresaw and took another way, so the results "
        f"are right: {told}{more}. Please report it, with the traceback in the worker's log."
    )


def _search_seed(table: Table) -> int:
    search = table.study.search
    return table.study.seed if search.seed is None else search.seed


def _splitter(table: Table) -> str:
    return f"{table.plan.folds}: {splitters.describe(table.study, table.plan.facts.task)}"
