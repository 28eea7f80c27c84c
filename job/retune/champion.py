"""What is in use: ``champion.json``, by compare-and-swap only; and every decision, as objects that are written once.

A change goes in this order, so that a death anywhere leaves the old champion whole, or the new one: the model under a
name of its own digest, then ``champion.json``, which holds its decision, then that decision as an object of its own.
Whoever comes next writes the last one where it is missing, before anything else changes.
"""

import hashlib
import json

from job.errors import DataError, Incomplete, Missing, UsageError
from job.plan import stored
from job.retune.record import CHANGED, Champion, Record
from job.store import Store, Version, has, keys
from job.store.keys import RunKeys


def read(store: Store, study: str) -> tuple[Champion | None, Version | None]:
    """Return a study's champion with what ``put`` compares; (None, None) where nothing is in use."""
    key = keys.champion(study)
    try:
        data, version = store.read_version(key)
    except Missing:
        return None, None
    try:
        return stored.read(Champion, data, key), version
    except DataError as error:
        raise DataError(
            f"{store.url}/{key}, which says what is in use, can't be read: {str(error).splitlines()[0]}. Copy the "
            f"newest of {store.url}/{keys.past_champions(study)} over it, or delete it: the next retune's best is put "
            "in use then"
        ) from error


def put(store: Store, new: Champion, expected: Version | None) -> bool:
    """Put a champion in use if the expected one still is; say whether it is ours.

    Its model is in the store before; its decision gets an object of its own afterwards.
    """
    for key in filter(None, (new.model, new.pipeline)):
        if not has(store, key):
            raise DataError(f"the model {store.url}/{key} is not there, so it can't be put in use")
    data = new.model_dump_json().encode()
    stored.read(Champion, data, keys.champion(new.study))  # what could not be read again must not replace what can
    if not store.swap(keys.champion(new.study), data, expected):
        return False
    keep(store, new.decided)
    return True


def settle(store: Store, current: Champion | None) -> None:
    """Write the current champion's decision where whoever decided died before it could."""
    if current is not None:
        keep(store, current.decided)


def keep(store: Store, record: Record) -> None:
    """Write what a retune came to, once; of one that failed and was tried again under its name, the later."""
    key, data = keys.retune(record.study, record.name), record.model_dump_json().encode()
    if store.create(key, data) or record.verdict == "failed":
        return
    before, version = store.read_version(key)
    if stored.read(Record, before, key).verdict == "failed":
        store.swap(key, data, version)


def kept(store: Store, study: str, name: str) -> Record | None:
    """Return what one retune came to, None where nothing is kept of it."""
    key = keys.retune(study, name)
    try:
        return stored.read(Record, store.read(key), key)
    except Missing:
        return None


def has_model_of(store: Store, run: RunKeys, trial: int) -> bool:
    """Return whether a run's model is that of this trial."""
    if not has(store, run.model):
        return False
    try:
        return bool(json.loads(store.read(run.refit))["trial"] == trial)
    except Missing:
        return False


def keep_model(store: Store, run: RunKeys, usage: str, trial: int | None = None) -> dict[str, str]:
    """Copy a run's refitted model, of an estimator all of it, to where no run's deletion reaches.

    Args:
        store: of the study.
        run: whose model.
        usage: how it is used, in words.
        trial: whose model it must be, where a run may have those of several.

    Returns:
        Its keys and digests, by the names that ``Champion`` has for them.

    Raises:
        Incomplete: the model is another trial's.
    """
    data = store.read(run.model)
    if trial is not None and not has_model_of(store, run, trial):  # told after the read: it is stored before the model
        raise Incomplete(
            f"another process has just trained another trial of {run.run} on all rows; retune again to decide anew"
        )
    digest = hashlib.sha256(data).hexdigest()
    kept = {"model": keys.champion_model(run.study, digest), "model_digest": digest}
    store.create(keys.champion_usage(run.study, digest), usage.encode())
    if has(store, run.pipeline):
        around = store.read(run.pipeline)
        kept |= {
            "pipeline": keys.champion_pipeline(run.study, digest),
            "pipeline_digest": hashlib.sha256(around).hexdigest(),
        }
        store.create(kept["pipeline"], around)
    store.create(kept["model"], data)
    return kept


def history(store: Store, study: str) -> list[Record]:
    """Return what every retune of a study came to, the newest first."""
    entries = [one.key for one in store.list(keys.retunes_prefix(study)) if one.key.endswith(".json")]
    found = {key: stored.read(Record, data, key) for key, data in store.read_many(entries)}
    current, _ = read(store, study)
    if current is not None:
        found.setdefault(keys.retune(study, current.decided.name), current.decided)
    return sorted(found.values(), key=lambda one: (one.when, one.name), reverse=True)


def past(store: Store, study: str, serial: int) -> Champion:
    """Return an earlier champion.

    Raises:
        UsageError: there was none of this number.
    """
    key = keys.past_champion(study, serial)
    try:
        return stored.read(Champion, store.read(key), key)
    except Missing:
        raise UsageError(f"there is no champion number {serial} of {study} to go back to in {store.url}") from None


def next_serial(store: Store, study: str, before: Champion | None) -> int:
    """Return the number of the next champion: never one that was used before, though what was in use is deleted.

    Decisions count too: of a champion that nothing replaced before it was deleted, no more may be left than these.
    """
    names = [one.key.rpartition("/")[2].removesuffix(".json") for one in store.list(keys.past_champions(study))]
    used = [int(name) for name in names if name.isdigit()]
    used += [(one.against or 0) + (one.verdict in CHANGED) for one in history(store, study)]
    return max([0, *used, *([before.serial] if before else [])]) + 1


def remember(store: Store, champion: Champion) -> None:
    """Keep a champion that is about to be replaced, to go back to."""
    store.create(keys.past_champion(champion.study, champion.serial), champion.model_dump_json().encode())


def params_told(champion: Champion) -> str:
    """Return a champion's params in a line."""
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in champion.params.items())
