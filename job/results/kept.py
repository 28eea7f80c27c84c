"""Which fits of a study there are, whatever run trained them: one object that each run adds its own to.

A run's index has its own fits and what the one before it had that is still alive, so that no older run is listed. A
small object, changed by compare-and-swap only, names the newest. An index that names a run as open lacks what that has
trained since; whoever reads it reads those results too.
"""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from job.errors import DataError, Missing
from job.plan import identity, stored
from job.plan.plan import Facts
from job.results import status
from job.results.aggregate import aggregate
from job.results.table import Table
from job.store import RunKeys, Store, has, keys, nonces
from job.study import formats, reading
from job.study.forms import SPEC
from job.study.study import Study

MOST = 2_000_000
"""Most fits that an index holds: the newest; about 30 bytes each."""
ENTRY = np.dtype(
    [
        ("fit", "S16"), ("scoring", "<i4"), ("place", "<i4"), ("trial", "<i4"), ("fold", "<i4"), ("copy", "?"),
        ("outputs", "?"),
    ]
)  # fmt: skip
"""A fit's bytes by ``identity.lasting``; where in ``scorings`` and ``objects`` what it has lies; its line's numbers;
whether that line was taken over itself; whether what the model predicted is kept. Of each fit one is held and one copy,
so that either's run may be deleted."""
_TRAIN = "train "


@dataclass(frozen=True, eq=False)
class Kept:
    """Fits with results, the newest first; of one fit there may be several with different scores.

    Attributes:
        entries: (n,) of ``ENTRY``.
        objects: keys of result objects.
        scorings: what fits were scored by, as ``scorers`` tells it.
        open: runs that may have trained more since.
    """

    entries: NDArray[Any]
    objects: tuple[str, ...] = ()
    scorings: tuple[tuple[str, ...], ...] = ()
    open: tuple[str, ...] = ()

    @property
    def runs(self) -> tuple[str, ...]:
        """The run that each object is of."""
        return tuple(map(self.run, self.objects))

    @staticmethod
    def run(key: str) -> str:
        """The run that a result object is of."""
        return key.split("/")[2]

    def scored_by(self, wanted: Sequence[str]) -> "Kept":
        """Those that have all of these scores."""
        good = [place for place, one in enumerate(self.scorings) if set(wanted) <= set(one)]
        return replace(self, entries=self.entries[np.isin(self.entries["scoring"], good)])

    def scorable(self, *, train: bool) -> "Kept":
        """Those of which predictions are kept; where wanted, of training rows too."""
        good = [place for place, one in enumerate(self.scorings) if not train or any(map(_of_train, one))]
        return replace(self, entries=self.entries[self.entries["outputs"] & np.isin(self.entries["scoring"], good)])

    def and_older(self, other: "Kept") -> "Kept":
        """These, and of an older index what these lack; no more than ``MOST``."""
        moved = other.entries.copy()
        moved["place"] += len(self.objects)
        scorings = tuple(dict.fromkeys((*self.scorings, *other.scorings)))
        moved["scoring"] = np.array([scorings.index(one) for one in other.scorings], np.int32)[other.entries["scoring"]]
        both = np.concatenate([self.entries, moved])
        _, first = np.unique(both[["fit", "scoring", "copy", "outputs"]], return_index=True)
        return replace(
            self, entries=both[np.sort(first)[:MOST]], objects=self.objects + other.objects, scorings=scorings
        )

    def alive(self, store: Store, own: RunKeys) -> "Kept":
        """Those of other runs that are still there, with the objects that they need alone."""
        there = {run: run != own.run and has(store, RunKeys(own.study, run).plan) for run in dict.fromkeys(self.runs)}
        good = np.array([there[run] for run in self.runs], bool)
        entries = self.entries[good[self.entries["place"]]] if len(good) else self.entries
        used, places = np.unique(entries["place"], return_inverse=True)
        entries = entries.copy()
        entries["place"] = places
        return replace(self, entries=entries, objects=tuple(self.objects[place] for place in used.tolist()))


NOTHING = Kept(np.zeros(0, ENTRY))


def scorers(study: Study, facts: Facts) -> tuple[str, ...]:
    """Returns what scores are by: names of scikit-learn's scorers; the user's own together with their code.

    What a score of training rows is by begins with ``train``.
    """
    own = [one if isinstance(one, str) else f"outputs {one.outputs}" for one in study.scoring] or list(facts.scoring)
    told = [one if _is_sklearns(one) else f"{one} of {facts.code_digest}" for one in own]
    return tuple(sorted([*told, *(f"{_TRAIN}{one}" for one in told if study.return_train_score)]))


def _of_train(scorer: str) -> bool:
    return scorer.startswith(_TRAIN)


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
    unscored = (_TRAIN,) if table.study.return_train_score else ()
    return Kept(entries, tuple(table.fits.keys), (scorers(table.study, facts), unscored))


def begin(store: Store, own: RunKeys) -> Kept:
    """Returns all fits there are beside a run's own, and writes that this run is under way."""
    found = complete(store, own)
    _write(store, own, replace(found, open=(*found.open, own.run)))
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
    return aggregate(store, of, plan, reading.parse(store.read(of.study_yaml).decode(), of.study_yaml))


def _write(store: Store, own: RunKeys, found: Kept) -> None:
    while True:
        before, version = _pointed(store, own.study)
        if _swapped(store, own, before, version, found):
            return
        found = found.and_older(_read(store, own.study, _pointed(store, own.study)[0]))


def _swapped(store: Store, own: RunKeys, before: str, version: Any, found: Kept) -> bool:
    """Writes an index and makes it the newest, unless another was faster; then takes the one before it away."""
    name = f"{own.run}-{nonces.fresh()}"
    store.write(keys.fits_index(own.study, name), _dump(found))
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
            f"{keys.fits(study)} can't be read: {error!r}. Delete it: fits are trained anew then."
        ) from error


def _dump(found: Kept) -> bytes:
    told = {"format": formats.FORMAT, "objects": found.objects, "scorings": found.scorings, "open": found.open}
    buffer = io.BytesIO()
    np.savez(buffer, entries=found.entries, told=np.frombuffer(json.dumps(told).encode(), np.uint8))
    return buffer.getvalue()


def _read(store: Store, study: str, name: str) -> Kept:
    """An index; an empty one where there is none, or none any more."""
    key = keys.fits_index(study, name) if name else ""
    try:
        data = store.read(key) if name else b""
    except Missing:
        return NOTHING
    if not data:
        return NOTHING
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            told = json.loads(arrays["told"].tobytes())
            formats.refuse_newer(told, key)
            scorings = tuple(tuple(one) for one in told["scorings"])
            entries = np.zeros(len(arrays["entries"]), ENTRY)
            for field in arrays["entries"].dtype.names:  # earlier versions had fewer
                entries[field] = arrays["entries"][field]
            return Kept(entries, tuple(told["objects"]), scorings, tuple(told["open"]))
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{key} can't be read: {error!r}. Delete it: fits are trained anew then.") from error
