"""A plan in the store: written once, ``plan.json`` last, so that its presence means the run is planned."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from job.data import folds as fold_numbers
from job.data.rows import Fold
from job.errors import DataError, Missing
from job.plan import planning
from job.plan.expansion import Expansion, expand
from job.plan.plan import Facts, Plan, Shard, Tracing, Trial
from job.store import Store
from job.store.keys import RunKeys
from job.study import formats, reading
from job.study.study import Study, Value

WRITERS = 32
"""Shards written at the same time."""

Kind = TypeVar("Kind", bound=Value)


def plan(store: Store, keys: RunKeys) -> Plan | None:
    """Returns a run's plan, or None where it isn't planned."""
    try:
        return read(Plan, store.read(keys.plan), keys.plan)
    except Missing:
        return None


def facts(store: Store, keys: RunKeys) -> Facts:
    """Returns what the worker that prepared a run found out."""
    return read(Facts, store.read(keys.prepare), keys.prepare)


def folds(store: Store, keys: RunKeys) -> list[Fold]:
    """Returns a run's folds."""
    return fold_numbers.read(store.read(keys.folds))


def shard(store: Store, keys: RunKeys, number: int) -> Shard:
    """Returns the trials of one shard."""
    return shard_of(store.read(keys.shard(number)), keys.shard(number))


def write(  # noqa: PLR0913  # all that a plan follows from
    store: Store,
    study: Study,
    facts: Facts,
    folds: bytes,
    workers: int,
    *,
    tracing: Callable[[], Tracing | None] = lambda: None,
    commit: str | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Plan:
    """Plans a run and writes all of it, ``plan.json`` last; a run that is planned is left as it is.

    Controllers that plan the same run at once, or after one that died at it, agree: what they wrote first, the facts
    and shard 0 with the number of workers and what is assumed of tracing, holds for all; the rest follows from them.

    Args:
        store: where to.
        study: what to run.
        facts: what ``prepare`` found out.
        folds: ``folds.npz``.
        workers: how many will take shards.
        tracing: says what is assumed of it when trials are divided; asked where the run is not planned yet.
        commit: the git commit of the study's folder.
        progress: called with the number of shards written and of all.

    Returns:
        The plan that holds.

    Raises:
        StudyMistakes: more fits than ``limits.fits`` allows.
    """
    keys = RunKeys(study.name, planning.run_name(study, facts))
    found = plan(store, keys)
    if found is not None:
        return found
    trials = expand(study, facts)  # may refuse, so before anything is written
    store.create(keys.study_yaml, reading.dump(study).encode())
    store.create(keys.folds, folds)
    if not store.create(keys.prepare, facts.model_dump_json().encode()):
        facts = read(Facts, store.read(keys.prepare), keys.prepare)
        trials = expand(study, facts)
    planned = planning.make(study, facts, workers, tracing=tracing(), commit=commit, expansion=trials)
    ours, shards = _agreed(store, keys, study, planned, trials)
    texts = ((keys.shard(one.index), _text(one, ours)) for one in shards)
    for done in written(store, texts):
        progress(min(1 + done, ours.shards), ours.shards)  # shard 0 is there already
    if store.create(keys.plan, ours.model_dump_json().encode()):
        return ours
    return read(Plan, store.read(keys.plan), keys.plan)


def read(kind: type[Kind], data: bytes, where: str) -> Kind:
    """Returns the value that an object holds.

    Raises:
        UsageError: a newer version wrote it.
        DataError: it is none.
    """
    try:
        formats.refuse_newer(json.loads(data), where)
        return kind.model_validate_json(data)
    except (ValueError, AttributeError) as error:
        raise DataError(f"{where} can't be read: {error}. Delete the run and run again.") from error


def shard_of(data: bytes, where: str) -> Shard:
    """Returns the shard that an object holds; raises as ``read`` does."""
    try:
        values = json.loads(data)
        formats.refuse_newer(values, where)
        return Shard(index=values["index"], trials=tuple(Trial(**trial) for trial in values["trials"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{where} can't be read: {error!r}. Delete the run and run again.") from error


def _agreed(store: Store, keys: RunKeys, study: Study, ours: Plan, trials: Expansion) -> tuple[Plan, Iterator[Shard]]:
    """The plan for as many workers, assuming the same, as whoever wrote shard 0: ours, unless another was first."""
    shards = planning.shards(study, ours, expansion=trials)
    first = next(shards)
    if store.create(keys.shard(0), _text(first, ours)):
        return ours, shards
    found: Any = json.loads(store.read(keys.shard(0)))
    formats.refuse_newer(found, keys.shard(0))
    told = found.get("tracing")
    tracing = None if told is None else Tracing.model_validate(told)
    if (found["workers"], tracing) != (ours.workers, ours.tracing):
        ours = planning.make(study, ours.facts, found["workers"], tracing=tracing, commit=ours.commit, expansion=trials)
    return ours, planning.shards(study, ours, expansion=trials)


def _text(shard: Shard, plan: Plan) -> bytes:
    trials = [{"number": one.number, "params": one.params, "twin": one.twin} for one in shard.trials]
    values: dict[str, Any] = {
        "format": 1,
        "index": shard.index,
        "shards": plan.shards,
        "workers": plan.workers,
        "trials": trials,
    }
    if shard.index == 0 and plan.tracing is not None:
        values["tracing"] = plan.tracing.model_dump()
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def written(store: Store, texts: Iterator[tuple[str, bytes]]) -> Iterator[int]:
    """Writes objects, some at the same time, holding few; yields how many are written."""
    done = 0
    with ThreadPoolExecutor(WRITERS) as pool:
        while some := list(islice(texts, 8 * WRITERS)):
            for _ in pool.map(lambda text: store.write(*text), some):
                done += 1
            yield done
