"""The champion before the current one, in use again."""

from datetime import UTC, datetime

from job.errors import UsageError
from job.results import status
from job.retune import champion as in_use
from job.retune.record import Champion, Record
from job.store import Store, nonces


def rollback(store: Store, study: str) -> Champion:
    """Put the champion before the current one in use again; return it.

    Raises:
        UsageError: there is none to go back to, or another process changed what is in use meanwhile.
    """
    now, version = in_use.read(store, study)
    if now is None:
        raise UsageError(
            f"nothing of {study} is in use in {store.url}; `tunejob retune` puts its first champion in use"
        )
    if now.previous is None:
        raise UsageError(f"the champion of {study} is its first; there is none to go back to")
    in_use.settle(store, now)
    old = in_use.past(store, study, now.previous)
    why = f"rolled back by hand from number {now.serial} to number {old.serial}, which was put in use {old.when}"
    when, by = datetime.now(UTC).isoformat(timespec="milliseconds"), status.own()
    record = Record(
        study=study, name=nonces.fresh(), verdict="rolled back", why=why, when=when, by=by, metric=old.metric,
        against=now.serial, params=old.params, champion_params=now.params, score=old.scores.get(old.metric),
    )  # fmt: skip
    new = old.model_copy(update={"serial": now.serial + 1, "when": when, "by": by, "why": why, "decided": record})
    in_use.remember(store, now)
    if not in_use.put(store, new, version):
        raise UsageError("another process changed what is in use meanwhile; look at it with `tunejob champion` first")
    return new
