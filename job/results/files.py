"""What a run leaves for other programs: ``cv_results.csv`` and ``best.json``."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from job.results.line import legal
from job.results.table import Ranked, Table
from job.study import formats


def table_csv(table: Table) -> bytes:
    """Return ``cv_results_`` as CSV with its own column names, one row per trial in their order.

    Empty is a param that a trial does not have, ``nan`` a score that is missing; ``params`` is JSON. Floats are
    written in full, so that they are read back equal.
    """
    columns = table.cv_results_
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(_cells(column) for column in columns.values()), strict=True))
    return text.getvalue().encode()


def best_json(table: Table, run: dict[str, Any] | None = None) -> bytes:
    """Return the best trial as JSON: params, scores, classes, and what is needed to get it again.

    Args:
        table: the run's table.
        run: more facts to keep, such as the refitted model's.
    """
    plan, best = table.plan, table.best
    found = {
        "format": formats.FORMAT,
        "study": plan.study,
        "run": plan.run,
        "complete": not len(table.missing),
        "metric": table.metric,
        **(dict.fromkeys(("trial", "params", "scores", "fit_seconds", "failed")) if best is None else ranked(best)),
        "task": plan.facts.task,
        "classes": plan.facts.classes,
        "trials": plan.trials,
        "fits": {"all": plan.fits, "stored": table.done, "failed": table.failed},
        "seed": table.study.seed,
        "digest": plan.digest,
        "data": plan.facts.fingerprint,
        "code": plan.facts.code_digest,
        "commit": plan.commit,
        "versions": plan.facts.versions,
        "device": plan.facts.device,
        "created": plan.created,
        **(run or {}),
    }
    return (json.dumps(legal(found), indent=2, allow_nan=False) + "\n").encode()


def ranked(trial: Ranked) -> dict[str, Any]:
    """Return a trial with its scores as values that JSON has."""
    scores = {name: asdict(score) for name, score in trial.scores.items()}
    found: dict[str, Any] = legal({"trial": trial.number, **asdict(trial), "scores": scores})
    del found["number"]
    return found


def _cells(column: Any) -> Iterator[Any]:
    if isinstance(column, list):
        return (json.dumps(legal(params), allow_nan=False) for params in column)
    return map(_cell, column.tolist(), np.ma.getmaskarray(column).tolist())


def _cell(value: Any, masked: Any) -> Any:
    if masked:
        return ""
    return json.dumps(legal(value)) if isinstance(value, list | dict | bool | type(None)) else value
