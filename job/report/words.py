"""What the reports say in words, whichever their form: verdict, times, provenance, how to use the model."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from job.report.axes import label
from job.results import brief
from job.results.brief import Brief
from job.results.table import Ranked, Table
from job.results.ways import explained
from job.store import RunKeys, Store, has


def short(value: float, digits: int = 4) -> str:
    """Return a number with so many digits, as text that people read."""
    return f"{value:.{digits}g}" if math.isfinite(value) else str(value)


def moment(iso: str) -> str:
    """Return an ISO time as people read it, in UTC."""
    return f"{datetime.fromisoformat(iso).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def counted(number: int, what: str) -> str:
    """Return a count with its noun."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def verdict(run: Table | Brief) -> tuple[str, str]:
    """Return the run's state in one word for styles ("", "open", "failed") and in a few for people."""
    run = brief.of(run) if isinstance(run, Table) else run
    if run.is_hopeless:
        return "failed", "no fit succeeded"
    if not run.is_complete:
        return "open", f"incomplete: {run.done:,} of {run.fits:,} fits"
    return "", "complete"


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
    trained = fits.fit_seconds[table.trained]
    span = np.nanmax(fits.finished) - fits.began
    return float(np.nansum(trained)), float(span)


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
        "folds": f"{plan.folds}: {study.cv.name} {_arguments(study.cv.arguments)}".strip(),
        "data": f"{counted(known.rows, 'row')}, fingerprint {known.fingerprint[:16]}",
        "task": f"{known.task}: {known.why}",
        "scoring": ", ".join(table.scoring),
        "duplicates": f"{plan.duplicates:,} of the trials, trained once with their twins" if plan.duplicates else "",
        "trained by": ways,
        "seed": str(study.seed),
        "device": known.device,
        "versions": ", ".join(f"{name} {version}" for name, version in known.versions.items()),
    }


def usage(table: Table, store: Store) -> tuple[str, str, str]:
    """Return how to get the model: a sentence, a command for the shell and lines of Python; "" where there is none."""
    best, plan = table.best, table.plan
    if best is None or table.hopeless:
        return "There is no model: no trial has all its scores.", "", ""
    if not has_model(table, store):
        why = "refit is off" if table.study.refit is False else "the best trial was not refitted yet"
        module, _, build = table.study.model.partition(":")
        given = ", ".join(f"{name}={value!r}" for name, value in best.params.items() if name.isidentifier())
        lines = f"from {module} import {build}\n\nmodel = {build}({given})  # without the params that go to the fit"
        return f"There is no model.keras: {why}. The best params build it again:", "", lines
    fetch = f"tunejob fetch {plan.study}/{plan.run} --store {store.url}"
    text = "The best trial was trained again on all rows and saved. Preprocessing layers travel inside the model."
    return text, fetch, f'import keras\n\nmodel = keras.models.load_model("model.keras")\n{_predict(table)}'


def has_model(table: Table, store: Store) -> bool:
    """Say whether the refitted model is in the store."""
    return has(store, RunKeys(table.plan.study, table.plan.run).model)


def _predict(table: Table) -> str:
    known = table.plan.facts
    classes = f"classes = {list(known.classes or ())!r}\n"
    if known.task == "multiclass":
        return f"{classes}labels = [classes[i] for i in model.predict(X).argmax(axis=1)]"
    if known.task == "binary":
        second = (known.classes or ("",))[-1]
        return f"{classes}outputs = model.predict(X)  # of one sigmoid: the probability of {second!r}"
    return "predictions = model.predict(X)"


def _search_seed(table: Table) -> int:
    search = table.study.search
    return table.study.seed if search.seed is None else search.seed


def _arguments(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
