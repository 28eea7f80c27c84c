"""The run that compares a retune's best challenger with the champion: these two alone, on fresh folds."""

from dataclasses import replace
from typing import Any

from job.controller import Control
from job.errors import UsageError
from job.plan import stored
from job.plan.plan import Facts
from job.preparing import prepare
from job.results import runs
from job.results.table import Table
from job.retune import again, gate
from job.store import nonces
from job.study import confirming, reading
from job.study.study import Study


def run(control: Control, table: Table, params: tuple[dict[str, Any], dict[str, Any]]) -> Table:
    """Trains them, from wherever an earlier controller left it; no fit is timed.

    Args:
        control: of the search.
        table: of the search.
        params: the champion's and the challenger's.

    Returns:
        The run's table, whatever failed in it.

    Raises:
        UsageError: the folds are those of the search.
        TunejobError: as ``Control.run``.
    """
    plan = table.plan
    study = confirming.study(control.study, plan.facts.task, gate.fresh_seed(plan.run), params)
    control.watcher.say("comparing the best challenger with the champion on fresh folds")
    found = _planned(control, study, plan.run)
    if found is None:
        nonce = nonces.another(control.nonce) if control.nonce else ""
        facts, folds = prepare(study, control.launcher, control.store, measure=False, nonce=nonce)
        if facts.folds_digest == plan.facts.folds_digest:
            raise UsageError(confirming.not_fresh(control.study))
        found = facts.model_copy(update={"confirms": plan.run}), folds
    found = again.facts(control.store, study, found[0], again.in_confirm), found[1]
    return replace(control, study=study, found=found, known="", refits=False, judges=False).run()


def _planned(control: Control, study: Study, search: str) -> tuple[Facts, bytes] | None:
    """Facts and folds of the run that an earlier controller in this one's place planned."""
    if not control.known:
        return None
    text = reading.dump(study).encode()
    some = [one for one in runs.of_study(control.store, study.name) if one.plan.facts.confirms == search]
    for one in sorted(some, key=lambda one: one.plan.facts.again, reverse=True):
        if control.store.read(one.keys.study_yaml) == text:
            return stored.facts(control.store, one.keys), control.store.read(one.keys.folds)
    return None
