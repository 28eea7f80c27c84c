"""The index of a study's fits as a value: which there are, by what they were scored, where their lines lie."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from job.errors import DataError
from job.results import told_arrays
from job.store import RunKeys, Store, has
from job.store.keys import run_of

MOST = 2_000_000
"""Most fits that an index holds: the newest; 35 bytes each."""
ENTRY = np.dtype(
    [
        ("fit", "S16"), ("scoring", "<i4"), ("place", "<i4"), ("trial", "<i4"), ("fold", "<i4"), ("copy", "?"),
        ("outputs", "?"),
    ]
)  # fmt: skip
"""A fit's bytes by ``identity.lasting``; where in ``scorings`` and ``objects`` what it has lies; its line's numbers;
whether that line was taken over itself; whether what the model predicted is kept. Of each fit one is held and one copy,
so that either's run may be deleted."""
TRAIN = "train "
"""How what a score of training rows is by begins."""


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
        return tuple(map(run_of, self.objects))

    def scored_by(self, wanted: Sequence[str]) -> "Kept":
        """Those that have all of these scores."""
        good = [place for place, one in enumerate(self.scorings) if set(wanted) <= set(one)]
        return replace(self, entries=self.entries[np.isin(self.entries["scoring"], good)])

    def scorable(self, *, train: bool) -> "Kept":
        """Those of which predictions are kept; where wanted, of training rows too."""
        trained = [any(name.startswith(TRAIN) for name in one) for one in self.scorings]
        good = [place for place, is_there in enumerate(trained) if is_there or not train]
        return replace(self, entries=self.entries[self.entries["outputs"] & np.isin(self.entries["scoring"], good)])

    def and_older(self, other: "Kept") -> "Kept":
        """These, and of an older index what these lack; no more than ``MOST``."""
        moved = other.entries.copy()
        moved["place"] += len(self.objects)
        scorings = tuple(dict.fromkeys((*self.scorings, *other.scorings)))
        moved["scoring"] = np.array([scorings.index(one) for one in other.scorings], np.int32)[other.entries["scoring"]]
        both = np.concatenate([self.entries, moved])
        return replace(
            self, entries=both[_firsts(both)[:MOST]], objects=self.objects + other.objects, scorings=scorings
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


def _firsts(entries: NDArray[Any]) -> NDArray[np.int64]:
    """The places of the first entries of their kind, ascending."""
    fits = np.ascontiguousarray(entries["fit"]).view("<u8").reshape(-1, 2)  # six times faster to sort than bytes
    kinds = entries["scoring"].astype(np.int64) * 4 + entries["copy"] * 2 + entries["outputs"]
    order = np.lexsort((kinds, fits[:, 1], fits[:, 0]))
    is_first = np.ones(len(entries), bool)
    is_first[1:] = (fits[order[1:]] != fits[order[:-1]]).any(axis=1) | (kinds[order[1:]] != kinds[order[:-1]])
    return np.sort(order[is_first])


def dump(found: Kept) -> bytes:
    """Returns an index as it is stored."""
    told = {"objects": found.objects, "scorings": found.scorings, "open": found.open}
    return told_arrays.dump(told, {"entries": found.entries})


def load(data: bytes, key: str) -> Kept:
    """Returns the index that ``dump`` wrote.

    Raises:
        UsageError: a newer tunejob wrote it.
        DataError: it is none.
    """
    try:
        told, arrays = told_arrays.load(data, key)
        scorings = tuple(tuple(one) for one in told["scorings"])
        written: Any = arrays["entries"]
        entries = np.zeros(len(written), ENTRY)
        for field in written.dtype.names:  # earlier versions had fewer
            entries[field] = written[field]
        return Kept(entries, tuple(told["objects"]), scorings, tuple(told["open"]))
    except told_arrays.FAULTS as error:
        raise DataError(f"{key} can't be read: {error!r}. Delete it; the fits are then trained again.") from error
