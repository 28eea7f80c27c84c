"""What a run still lacks, and what that means for whoever waits for it."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from job.errors import DataError, Incomplete
from job.results.failures import Cause
from job.results.table import Table

_NAMED = 20


def ranges(numbers: Iterable[int], most: int = _NAMED) -> str:
    """Name numbers as ranges, the first ``most`` of them: "0-3, 7, 9-12 and 4 more ranges"."""
    found = np.unique(np.fromiter(numbers, np.int64))
    if not len(found):
        return "none"
    cuts = [0, *(np.flatnonzero(np.diff(found) > 1) + 1).tolist(), len(found)]
    spans = [(int(found[start]), int(found[end - 1])) for start, end in pairwise(cuts)]
    named = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans[:most])
    more = len(spans) - most
    return named if more <= 0 else f"{named} and {more:,} more range{'s' if more > 1 else ''}"


def missing(table: Table, resume: str) -> str:
    """Say which trials lack fits, and the command that resumes the run; "" for a complete one."""
    if not len(table.missing):
        return ""
    return (
        f"{table.plan.fits - table.done:,} of {table.plan.fits:,} fits are missing, of "
        f"{len(table.missing):,} of {table.plan.trials:,} trials: {ranges(table.missing)}\n"
        f"to continue with what is missing: {resume}"
    )


def unranked(table: Table) -> str:
    """Say how many trials have no place in the ranking, and why; "" where all have one."""
    left = np.isnan(table.means)
    if not left.any():
        return ""
    failed = table.fits.failed.any(axis=1) & left
    lacking = ~table.fits.done.all(axis=1) & left & ~failed
    other = left & ~failed & ~lacking
    why = [
        f"{int(which.sum()):,} {'has' if which.sum() == 1 else 'have'} {what}"
        for which, what in ((failed, "failed fits"), (lacking, "fits that are missing"), (other, "a score of NaN"))
        if which.any()
    ]
    count = int(left.sum())
    return f"{count:,} of {len(left):,} trials {'is' if count == 1 else 'are'} not ranked: {', '.join(why)}"


def is_sound(table: Table) -> bool:
    """Say whether a run is complete, a trial is ranked by fits that succeeded, and none failed where none may."""
    may_fail = table.study.error_score != "raise"
    return not len(table.missing) and bool(len(table.ranking)) and not table.hopeless and (may_fail or not table.failed)


def judge(table: Table, resume: str, why: str = "") -> None:
    """Return for a complete run with at least one fit that succeeded.

    Args:
        table: the run's table, of any moment.
        resume: the command that resumes the run.
        why: why an incomplete run was ended, where that was on purpose.

    Raises:
        DataError: a fit failed and ``error_score`` is ``raise``, or all fits are there and none succeeded or no trial
            has a score on every fold.
        Incomplete: fits are missing.
    """
    if table.failed and table.study.error_score == "raise":
        raise DataError(f"a fit failed, and error_score is 'raise':\n{details(table.failures[:1])}")
    if len(table.missing):
        reason = f"{why}: " if why else ""
        raise Incomplete(f"{reason}the run {table.plan.run} is incomplete: {missing(table, resume)}")
    if table.hopeless:
        raise DataError(f"all {table.failed:,} fits failed, {causes(table.failures)}")
    if table.scoreless:
        raise DataError(_scoreless(table))


def _scoreless(table: Table) -> str:
    """Say why no trial of a complete run is ranked, and what would rank them."""
    nan = int(np.isnan(table.scores[table.metric]).any(axis=1).sum())
    told = f"no trial has a mean {table.metric}: {nan:,} of {table.plan.trials:,} lack it on a fold or more"
    if table.failed:
        return (
            f"{told}; {table.failed:,} of {table.plan.fits:,} fits failed, {causes(table.failures)}\n"
            "`error_score: 0` in the study ranks such trials all the same"
        )
    return f"{told}, where it is NaN. Take folds of more rows, such as `cv: 5`, or another scorer"


def causes(found: tuple[Cause, ...]) -> str:
    """Say the causes of failed fits, a line each with its count, and the most frequent one's traceback."""
    kinds = "for one cause" if len(found) == 1 else f"for {len(found):,} causes"
    lines = "".join(f"\n  {cause}" for cause in found[:_NAMED])
    more = f"\n  and {len(found) - _NAMED:,} more causes" if len(found) > _NAMED else ""
    return f"{kinds}:{lines}{more}\n{details(found[:1])}"


def details(found: tuple[Cause, ...]) -> str:
    """Say one fit's failure of each cause in full."""
    return "\n".join(
        f"fold {cause.fold} of trial {cause.trial}: {cause.failure.kind}: {cause.failure.message}\n"
        f"{cause.failure.traceback}".rstrip()
        for cause in found
    )
