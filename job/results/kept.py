"""Which fits of a study there are, whatever run trained them: one object that each run adds its own to.

A run's index has its own fits and what the one before it had that is still alive, so that no older run is listed. A
small object, changed by compare-and-swap only, names the newest. An index that names a run as open lacks what that has
trained since; whoever reads it reads those results too.
"""

import json
from dataclasses import replace
from typing import Any

import numpy as np

from job.errors import DataError, Missing
from job.plan import identity, stored
from job.plan.plan import Facts
from job.results import fits_index, status
from job.results.aggregate import aggregate
from job.results.fits_index import ENTRY, NOTHING, TRAIN, Kept
from job.results.table import Table
from job.store import RunKeys, Store, keys, nonces
from job.study import formats, reading
from job.study.forms import SPEC
from job.study.study import Study


def scorers(study: Study, facts: Facts) -> tuple[str, ...]:
    """Returns what scores are by: names of scikit-learn's scorers; the user's own together with their code.

    What a score of training rows is by begins with ``train``.
    """
    own = [one if isinstance(one, str) else f"outputs {one.outputs}" for one in study.scoring] or list(facts.scoring)
    imported = identity.packages(facts.scores_by | facts.trains_by)
    code = f"{facts.code_digest} with {identity.canonical(imported)}" if imported else facts.code_digest
    told = [one if _is_sklearns(one) else f"{one} of {code}" for one in own]
    return tuple(sorted([*told, *(f"{TRAIN}{one}" for one in told if study.return_train_score)]))


def _is_sklearns(name: str) -> bool:
    return not SPEC.fullmatch(name) and not name.startswith("outputs ")


def of_table(table: Table) -> Kept:
    """Returns the fits of a run that succeeded, and those that were trained and only failed to be scored."""
    facts = table.plan.facts
    if not facts.contents:
        return NOTHING
    good = table.fits.done & (~table.fits.failed | table.fits.outputs) & table.trained[:, np.newaxis]
    fits_of, found = identity.lasting(table.study, facts), bytearray()
    for number in np.flatnonzero(good.any(axis=1)).tolist():
        for fit, is_good in zip(fits_of(table.trials[number]), good[number].tolist(), strict=True):
            if is_good:
                found += fit
    entries = np.zeros(int(good.sum()), ENTRY)
    entries["fit"] = np.frombuffer(bytes(found), "S16")
    entries["trial"], entries["fold"] = np.nonzero(good)
    entries["place"] = table.fits.source[good]
    entries["copy"], entries["outputs"] = table.fits.taken[good], table.fits.outputs[good]
    entries["scoring"] = table.fits.failed[good]
    unscored = (TRAIN,) if table.study.return_train_score else ()
    return Kept(entries, tuple(table.fits.keys), (scorers(table.study, facts), unscored))


def begin(store: Store, own: RunKeys) -> Kept:
    """Returns all fits there are beside a run's own, and writes that this run is under way.

    What another run has written meanwhile is read anew, or its fits and its name would be lost from the index.
    """
    while True:
        before, version = _pointed(store, own.study)
        found = _completed(store, own, before)
        if _swapped(store, own, before, version, replace(found, open=(*found.open, own.run))):
            return found


def end(store: Store, own: RunKeys, table: Table) -> None:
    """Adds what a run has trained, whether it is complete or not."""
    mine = of_table(table)
    while True:
        before, version = _pointed(store, own.study)
        older = _read(store, own.study, before).alive(store, own)
        is_done = not len(table.missing)
        still = tuple(run for run in older.open if run != own.run) + (() if is_done else (own.run,))
        if _swapped(store, own, before, version, replace(mine.and_older(older), open=still)):
            return


def complete(store: Store, own: RunKeys) -> Kept:
    """Returns all fits there are beside a run's own, with those that open runs have trained since."""
    name, _ = _pointed(store, own.study)
    return _completed(store, own, name)


def _completed(store: Store, own: RunKeys, name: str) -> Kept:
    found = _read(store, own.study, name).alive(store, own)
    still = []
    for run in found.open:
        if run == own.run:
            continue
        table = _table(store, RunKeys(own.study, run))
        if table is None:
            continue
        found = of_table(table).and_older(found)
        is_live = (seen := status.read(store, RunKeys(own.study, run))) is not None and seen.is_live
        if is_live or len(table.missing):  # who resumes it adds its own at the end, or is killed again
            still.append(run)
    return replace(found, open=tuple(still))


def _table(store: Store, of: RunKeys) -> Table | None:
    plan = stored.plan(store, of)
    if plan is None:
        return None
    return aggregate(store, of, plan, reading.stored(store.read(of.study_yaml).decode(), of.study_yaml))


def _swapped(store: Store, own: RunKeys, before: str, version: Any, found: Kept) -> bool:
    """Writes an index and makes it the newest, unless another was faster; then takes the one before it away."""
    name = f"{own.run}-{nonces.fresh()}"
    store.write(keys.fits_index(own.study, name), fits_index.dump(found))
    text = json.dumps({"format": formats.FORMAT, "index": name}).encode()
    if not store.swap(keys.fits(own.study), text, version):
        store.delete(keys.fits_index(own.study, name))
        return False
    if before:
        store.delete(keys.fits_index(own.study, before))
    return True


def _pointed(store: Store, study: str) -> tuple[str, Any]:
    try:
        data, version = store.read_version(keys.fits(study))
        values = json.loads(data)
        formats.refuse_newer(values, keys.fits(study))
        return str(values["index"]), version
    except Missing:
        return "", None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{keys.fits(study)} can't be read: {error!r}. Delete it; the fits are then trained again."
        ) from error


def _read(store: Store, study: str, name: str) -> Kept:
    """An index; an empty one where there is none, or none any more."""
    if not name:
        return NOTHING
    key = keys.fits_index(study, name)
    try:
        return fits_index.load(store.read(key), key)
    except Missing:
        return NOTHING
