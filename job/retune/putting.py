"""Puts a trial's refitted model in use, with all that is known of it."""

import math

from job.results.table import Ranked, Table
from job.retune import champion as in_use
from job.retune.record import Champion, Record
from job.store import Store, Version
from job.store.keys import RunKeys


def trained_for(table: Table, number: int) -> int:
    """Return the trial that is trained for this one: itself, or the one whose twin it is."""
    twin = int(table.trials.twin[number])
    return twin if twin >= 0 else number


def put(  # what a champion is made of
    store: Store,
    record: Record,
    table: Table,
    chosen: Ranked,
    before: Champion | None,
    version: Version | None,
    usage: str,
) -> Record:
    """Put a refitted model in use, unless somebody else changed what is in use meanwhile.

    Args:
        store: of the study.
        record: what the retune came to.
        table: of the run that trained the model.
        chosen: the trial of it.
        before: the champion that was in use, if any.
        version: of what said so, which ``champion.put`` compares.
        usage: how the model is used, in words.

    Returns:
        The record; where another process was faster, one that says so.

    Raises:
        Incomplete: the model is another trial's.
    """
    trial = None if before is None else trained_for(table, chosen.number)
    kept = in_use.keep_model(store, RunKeys(table.plan.study, table.plan.run), usage, trial)
    facts = table.plan.facts
    scores = {name: one.mean if math.isfinite(one.mean) else None for name, one in chosen.scores.items()}
    new = Champion(
        study=record.study, serial=in_use.next_serial(store, record.study, before),
        previous=before.serial if before else None,
        params=chosen.params, metric=table.metric, scores=scores, run=record.run, trained=table.plan.run,
        data=facts.fingerprint, code=facts.code_digest, profile=record.profile, when=record.when, by=record.by,
        why=record.why, decided=record, **kept,
    )  # fmt: skip
    if before is not None:
        in_use.remember(store, before)
    if in_use.put(store, new, version):
        return record
    now, _ = in_use.read(store, record.study)
    in_use.settle(store, now)
    why = f"another process changed what is in use meanwhile (number {now.serial if now else '?'}), which stays"
    told = f"{why}; this retune found: {record.why}"  # of what is in use now nothing was found: the next one decides
    return record.model_copy(update={"verdict": "kept", "why": told, "score": None, "base": ""})
