"""What failed for a cause that may pass is trained again by the next retune: nothing was decided by it.

A run keeps its failed fits, so that what trains them again is a run of another name, which takes over all the others.
"""

from collections.abc import Callable, Iterable

import numpy as np

from job.plan import planning, stored
from job.plan.plan import Facts
from job.results.aggregate import aggregate
from job.results.table import Table
from job.retune import gate
from job.retune.record import Champion
from job.store import RunKeys, Store
from job.study.study import Study

_PASSING = {
    "killed", "limit", "MemoryError", "ResourceExhaustedError", "OSError", "ConnectionError", "ConnectionResetError",
    "BrokenPipeError", "TimeoutError", "InternalError", "UnavailableError", "AbortedError", "UnknownError",
}  # fmt: skip
"""Kinds of failures that say more of the machine, or of its load, than of the model."""


def facts(store: Store, study: Study, found: Facts, is_undecided: Callable[[Table], bool]) -> Facts:
    """Return the facts of the run to train: of the next one where those there are at their end, and decided nothing.

    A run that one failure ends (``error_score: raise``) lacks fits for ever.
    """
    while True:
        keys = RunKeys(study.name, planning.run_name(study, found))
        plan = stored.plan(store, keys)
        if plan is None:
            return found
        table = aggregate(store, keys, plan, study)
        is_open = len(table.missing) and not (study.error_score == "raise" and table.failed)
        if is_open or not is_undecided(table):
            return found
        found = found.model_copy(update={"again": found.again + 1})


def in_search(table: Table, champion: Champion | None) -> bool:
    """Return whether failures that may pass leave a search without a champion to compare, or anything to choose."""
    if table.study.error_score == "raise" and _may_pass(table):
        return True
    if champion is not None:
        if table.plan.facts.champion is None:
            return False
        chosen = gate.challenger(table, champion)
        return _may_pass(table, [table.plan.trials - 1]) or (chosen is None and _may_pass(table))
    best = table.best
    return _may_pass(table) if best is None else bool(best.failed) and _may_pass(table, [best.number])


def in_confirm(table: Table) -> bool:
    """Return whether failures that may pass leave challenger and champion without a comparison."""
    return _may_pass(table)


def told(why: str, *, passes: bool) -> str:
    """Return why nothing was decided, with what makes the next retune try again."""
    if passes:
        return f"{why}; the next retune trains again what failed"
    return f"{why}; what failed is trained again when data, code or study have changed"


def _may_pass(table: Table, numbers: Iterable[int] | None = None) -> bool:
    """Whether fits failed, of some trials or of all, for a cause that may pass."""
    cause = table.fits.cause
    some = slice(None) if numbers is None else list(numbers)
    codes = np.full_like(cause, -1)
    codes[some] = cause[some]
    return any(one.failure.kind in _PASSING for one in table.fits.failures.causes(codes))
