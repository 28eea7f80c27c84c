"""A run in brief, from its ``best.json``: what a list of many runs shows without reading their results again."""

import json
from dataclasses import dataclass

from job.errors import DataError
from job.results import line
from job.results.table import Table
from job.study import formats


@dataclass(frozen=True)
class Brief:
    """How far a run is, and its best.

    Attributes:
        metric: the scorer that ranks.
        score: the best trial's mean; None before any trial has all its scores.
        done: fits stored, failed ones too.
        failed: fits that failed.
        fits: fits of the whole run.
        mattered: which params mattered to the metric, in words; "" where they were not asked for, or an older version
            wrote it.
    """

    metric: str
    score: float | None
    done: int
    failed: int
    fits: int
    mattered: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether all fits are stored."""
        return self.done == self.fits

    @property
    def is_hopeless(self) -> bool:
        """Whether all fits failed, however ``error_score`` ranks them."""
        return self.failed == self.fits

    @property
    def is_scoreless(self) -> bool:
        """Whether all fits are stored, some succeeded, and no trial has a score on every fold."""
        return self.is_complete and not self.is_hopeless and self.score is None


def of(table: Table) -> Brief:
    """Return a run in brief from its table."""
    best = table.best
    score = None if best is None else best.scores[table.metric].mean
    return Brief(table.metric, score, table.done, table.failed, table.plan.fits)


def read(data: bytes, where: str) -> Brief:
    """Return a run in brief as it was when its ``best.json`` was written.

    Raises:
        UsageError: a newer version wrote it.
        DataError: it is none.
    """
    try:
        values = json.loads(data)
        formats.refuse_newer(values, where)
        metric, scores, fits = values["metric"], values["scores"], values["fits"]
        score = None if scores is None else line.number(scores[metric]["mean"])
        mattered = str(values.get("mattered", ""))
        return Brief(metric, score, int(fits["stored"]), int(fits["failed"]), int(fits["all"]), mattered)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{where} can't be read: {error!r}. `tunejob report` writes it anew.") from error
