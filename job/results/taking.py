"""Fits that earlier runs of a study trained already are taken over into a new run: their result lines are copied.

What is taken over lies where a worker would have stored it, under names that follow from where it comes from, so that
a controller that dies amid is followed by one that writes the same; and workers train what is missing, as always.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from job.data.rows import Array
from job.errors import Missing, UsageError
from job.plan import identity, stored
from job.plan.plan import Facts, Plan, Shard
from job.results import kept
from job.results.fits_index import Kept
from job.results.line import raw, taken_over
from job.results.predictions import SAID
from job.store import RunKeys, Store, has
from job.store.keys import run_of
from job.study import formats
from job.study.study import Study

_Objects = Iterator[tuple[str, bytes]]


@dataclass(frozen=True)
class Taken:
    """How many fits were taken over, from which runs; ``fresh`` where it was asked that none are."""

    runs: dict[str, int]
    fits: int
    anew: int = 0  # of those taken over, how many are scored anew from predictions that were kept
    unscored: int = 0  # that have no scores by what is asked now, nor predictions
    fresh: bool = False

    @property
    def total(self) -> int:
        """How many were taken over."""
        return sum(self.runs.values())

    def told(self) -> list[str]:
        """Say it for a person; nothing where nothing was."""
        if not self.total and not self.unscored:
            return []
        said = []
        if self.total:
            most = sorted(self.runs.items(), key=lambda one: -one[1])[:3]
            from_ = ", ".join(f"{count:,} from {run}" for run, count in most)
            more = f" and {len(self.runs) - 3:,} more runs" if len(self.runs) > 3 else ""
            rest = self.fits - self.total
            said.append(
                f"{self.total:,} of {self.fits:,} fits are taken over from earlier runs, as nothing that decides them "
                f"has changed ({from_}{more}); {f'{rest:,} are trained' if rest else 'none is trained'}"
            )
        if self.anew:
            said.append(
                f"{self.anew:,} of those were not scored by what `scoring` asks now: they are scored anew from their "
                "models' predictions, which were kept"
            )
        if self.unscored:
            said.append(
                f"{self.unscored:,} fits were trained by earlier runs, but not scored by what `scoring` asks now; they "
                f"are trained again, as their predictions were not kept ({SAID})"
            )
        return said


@dataclass(frozen=True, eq=False)
class _Found:
    """Where fits of a run lie that were trained already, (n,) each; ``anew`` are to be scored from predictions."""

    entries: Any
    trial: Array
    fold: Array
    shard: Array
    anew: Array
    unscored: int

    def only(self, which: Array) -> "_Found":
        """Some of them."""
        entries, trial, fold, shard, anew = (
            one[which] for one in (self.entries, self.trial, self.fold, self.shard, self.anew)
        )
        return _Found(entries, trial, fold, shard, anew, self.unscored)


def take(store: Store, plan: Plan, study: Study, *, fresh: bool = False) -> Taken:
    """Takes over all that earlier runs have trained of a run; once, as long as a controller lives to its end.

    Args:
        store: where all runs lie.
        plan: the run's.
        study: the run's.
        fresh: whether nothing is to be taken over.

    Raises:
        UsageError: it is to be fresh, and fits were taken over already.
    """
    keys = RunKeys(plan.study, plan.run)
    if has(store, keys.taken):
        found = Taken(**json.loads(store.read(keys.taken)))
        if fresh and found.total:
            raise UsageError(
                f"--fresh: {plan.run} is this very run, and took {found.total:,} of its fits over from earlier ones. "
                f"To train all of them, delete it first: tunejob delete {plan.study}/{plan.run} --store {store.url}"
            )
        return found
    there = kept.begin(store, keys)
    taken = Taken({}, plan.fits, fresh=True) if fresh else _take(store, keys, plan, study, there)
    store.create(keys.taken, json.dumps(asdict(taken)).encode())
    return taken


def foreseen(store: Store, plan: Plan, study: Study, shards: Iterable[Shard]) -> Taken:
    """Says what a run would take over, and writes nothing."""
    there = kept.complete(store, RunKeys(plan.study, plan.run))
    found = _search(there, plan.facts, study, shards)
    runs = Counter(there.runs[place] for place in found.entries["place"].tolist())
    return _told(plan, found, runs)


def _told(plan: Plan, found: _Found, runs: Counter[str]) -> Taken:
    return Taken(dict(runs), plan.fits, anew=int(found.anew.sum()), unscored=found.unscored)


def _take(store: Store, keys: RunKeys, plan: Plan, study: Study, there: Kept) -> Taken:
    if not len(there.entries):
        return Taken({}, plan.fits)
    shards = (
        stored.shard_of(data, key) for key, data in store.read_many(keys.shard(one) for one in range(plan.shards))
    )
    found = _search(there, plan.facts, study, shards)
    runs = Counter(there.runs[place] for place in found.entries["place"][found.anew].tolist())
    copies = _copies(store, plan, study, there, found.only(~found.anew), runs)
    for _ in stored.written(store, chain(copies, _orders(keys, there, found.only(found.anew)))):
        pass  # each is written when the next is asked for
    return _told(plan, found, runs)


def _orders(keys: RunKeys, there: Kept, found: _Found) -> _Objects:
    """Yields for each shard which of its fits are scored from which earlier ones' predictions."""
    for shard, ones in _parted(found.shard).items():
        orders: dict[str, list[list[int]]] = defaultdict(list)
        earlier = found.entries[ones][["place", "trial", "fold"]].tolist()
        ours = zip(found.trial[ones].tolist(), found.fold[ones].tolist(), strict=True)
        for (place, trial, fold), own in zip(earlier, ours, strict=True):
            orders[there.objects[place]].append([trial, fold, *own])
        yield keys.scored_anew(shard), json.dumps({"format": formats.FORMAT, "from": orders}).encode()


def _parted(by: Array) -> dict[int, Array]:
    """Which places have each of the numbers, ascending."""
    order = np.argsort(by, kind="stable")
    numbers, begins = np.unique(by[order], return_index=True)
    return dict(zip(numbers.tolist(), np.split(order, begins[1:]), strict=True)) if len(by) else {}


def _search(there: Kept, facts: Facts, study: Study, shards: Iterable[Shard]) -> _Found:
    """Looks all fits of a run up at once."""
    fits_of, fits, trials, numbers = identity.lasting(study, facts), bytearray(), [], []
    for shard in shards if facts.contents else ():
        for trial in shard.trials:
            if trial.twin is None:
                fits += b"".join(fits_of(trial.params))
                trials.append(trial.number)
                numbers.append(shard.index)
    wanted, folds = np.frombuffer(bytes(fits), "S16"), len(facts.contents)
    hit, entries = _looked_up(there.scored_by(kept.scorers(study, facts)).entries, wanted)
    rest = np.setdiff1d(np.arange(len(wanted)), hit)
    again, others = _looked_up(there.scorable(train=study.return_train_score).entries, wanted[rest])
    known = int(np.isin(wanted[rest], there.entries["fit"]).sum())
    place, trial_of, shard_of = np.concatenate([hit, rest[again]]), np.array(trials, int), np.array(numbers, int)
    return _Found(
        entries=np.concatenate([entries, others]),
        trial=trial_of[place // folds] if folds else trial_of,
        fold=place % folds if folds else place,
        shard=shard_of[place // folds] if folds else shard_of,
        anew=np.arange(len(place)) >= len(hit),
        unscored=known - len(again),
    )


def _looked_up(entries: Any, wanted: Array) -> tuple[Array, Any]:
    """Which of the fits wanted there are, and what is known of those."""
    order = np.argsort(entries["fit"], kind="stable")
    fits = entries["fit"][order]
    places = np.searchsorted(fits, wanted)
    hit = np.flatnonzero(places < len(order))
    hit = hit[fits[places[hit]] == wanted[hit]]
    return hit, entries[order[places[hit]]]


def _copies(store: Store, plan: Plan, study: Study, there: Kept, found: _Found, runs: Counter[str]) -> _Objects:
    """Yields result objects of what is taken over: one for each object it comes from and each shard it goes to.

    Counts in ``runs`` who trained what was written.
    """
    keys, folds = RunKeys(plan.study, plan.run), stored.folds(store, RunKeys(plan.study, plan.run))
    as_ours = partial(
        taken_over,
        scoring=plan.facts.scoring,
        train=study.return_train_score,
        finished=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )
    parts = {there.objects[place]: ones for place, ones in _parted(found.entries["place"]).items()}
    for key, data in _there(store, list(parts)):
        group, lines, places = f"taken-{identity.digest(key)[:16]}", defaultdict(list), _by_line(found, parts[key])
        for values in raw(data, key):
            for one in places[values["trial"], values["fold"]]:
                fold = int(found.fold[one])
                name = identity.fit(study, plan.facts, values["params"], folds[fold])
                line = as_ours(
                    values, run=run_of(key), identity=name, trial=int(found.trial[one]), fold=fold, group=group
                )
                if line is not None:
                    lines[int(found.shard[one])].append(line)
                    runs[values.get("taken") or run_of(key)] += 1
        yield from (
            (keys.result(one, group), "".join(f"{line}\n" for line in some).encode()) for one, some in lines.items()
        )


def _by_line(found: _Found, ones: Array) -> dict[tuple[int, int], list[int]]:
    """Of one object to read, which of its lines, by trial and fold, is which of what was found."""
    places: dict[tuple[int, int], list[int]] = defaultdict(list)
    lines = found.entries[ones][["trial", "fold"]].tolist()
    for one, (trial, fold) in zip(ones.tolist(), lines, strict=True):
        places[trial, fold].append(one)
    return places


def _there(store: Store, wanted: list[str]) -> _Objects:
    """Yields the objects that are still there: a run may be deleted meanwhile."""
    left = set(wanted)
    try:
        for key, data in store.read_many(wanted):
            left.discard(key)
            yield key, data
    except Missing:
        for key in sorted(left):
            with suppress(Missing):
                yield key, store.read(key)
