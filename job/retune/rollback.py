"""An earlier champion in use again: the one that was before the current one, or any other by its number."""

from datetime import UTC, datetime

from job.errors import UsageError
from job.plan import stored
from job.results import status
from job.retune import champion as in_use
from job.retune.record import Champion, Record
from job.store import Store, keys, nonces
from job.study import times


def rollback(store: Store, study: str, number: int | None = None) -> Champion:
    """Put the champion that was in use before the current one in use again; return it, which has a new number.

    A second rollback undoes the first, as ``kubectl rollout undo`` does.

    Args:
        store: where the study is.
        study: its name.
        number: of the champion to go back to, instead of the one before.

    Raises:
        UsageError: there is none to go back to, or another process changed what is in use meanwhile.
    """
    now, version = in_use.read(store, study)
    if now is None:
        raise UsageError(
            f"nothing of {study} is in use in {store.url}; `tunejob retune` puts its first champion in use"
        )
    in_use.settle(store, now)
    old = in_use.past(store, study, _meant(now, number))
    why = (
        f"rolled back by hand from number {now.serial} to number {old.serial}, which was put in use "
        f"{times.moment(old.when)}"
    )
    when, by = datetime.now(UTC).isoformat(timespec="milliseconds"), status.own()
    record = Record(
        study=study, name=nonces.fresh(), verdict="rolled back", why=why, when=when, by=by, metric=old.metric,
        against=now.serial, params=old.params, champion_params=now.params, score=old.scores.get(old.metric),
    )  # fmt: skip
    new = old.model_copy(
        update={
            "serial": in_use.next_serial(store, study, now), "previous": now.serial, "when": when, "by": by,
            "why": why, "decided": record,
        }
    )  # fmt: skip
    in_use.remember(store, now)
    if not in_use.put(store, new, version):
        raise UsageError("another process changed what is in use meanwhile; look at it with `tunejob champion` first")
    return new


def _meant(now: Champion, number: int | None) -> int:
    """The number to go back to; what is in use was decided against the one before it."""
    if number == now.serial:
        raise UsageError(
            f"number {number} of {now.study} is in use now; name an earlier one, or none for the one before"
        )
    before = now.decided.against if number is None else number
    if before is None:
        raise UsageError(f"no other was in use before number {now.serial} of {now.study}; there is none to go back to")
    return before


def numbers(store: Store, study: str) -> dict[str, int]:
    """Return the number of each champion that is or was in use, by the name of the retune that put it in use."""
    folder = keys.past_champion(study, 0).rpartition("/")[0]
    entries = [one.key for one in store.list(folder) if one.key.endswith(".json")]
    found = [stored.read(Champion, data, key) for key, data in store.read_many(entries)]
    now, _ = in_use.read(store, study)
    return {one.decided.name: one.serial for one in (*found, *([now] if now else []))}
