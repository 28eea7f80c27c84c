"""What the store keeps of tries at groups: marks, what watching processes said, what the controller saw."""

import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field
from typing import Any

from job.results import line, lost_fits
from job.results.lost_fits import Blame, LostFit, Mark, Sighting, ToldEnd
from job.store import Store
from job.store.keys import RunKeys

_END, _POD = "-end", "-pod"


@dataclass
class _Tries:
    """What lies in the store of one shard's tries."""

    marks: dict[str, Mark] = field(default_factory=dict)
    told: dict[str, ToldEnd] = field(default_factory=dict)
    sightings: dict[str, Sighting] = field(default_factory=dict)

    @property
    def causes(self) -> dict[str, Blame]:
        """Whose the end of each mark's worker was."""
        return lost_fits.causes(self.marks, self.told, self.sightings)


def of_shard(store: Store, keys: RunKeys, shard: int, done: AbstractSet[str]) -> dict[str, LostFit]:
    """Returns what is known against each fit of a shard that has no result yet."""
    kept = _read(store, keys, shard)
    return lost_fits.against(kept.marks, kept.causes, done)


def done(store: Store, keys: RunKeys, shard: int) -> set[str]:
    """Returns the identities of a shard's fits that have results."""
    found = store.read_many(entry.key for entry in store.list(keys.results_of(shard)))
    return {line.identity(text) for _, data in found for text in data.decode().splitlines()}


def begin(store: Store, keys: RunKeys, shard: int, nonce: str, mark: Mark) -> None:
    """Stores that fits are about to train."""
    store.create(keys.attempt(shard, nonce), _dump(mark))


def tell(store: Store, keys: RunKeys, shard: int, nonce: str, told: ToldEnd) -> None:
    """Stores how the worker of a mark ended."""
    store.create(keys.attempt(shard, nonce + _END), _dump(told))


def sight(store: Store, keys: RunKeys, shard: int, seen: Sighting) -> None:
    """Stores what the controller saw of a pod's end."""
    store.write(keys.attempt(shard, seen.pod + _POD), _dump(seen))


def forsaken(store: Store, keys: RunKeys, shards: Iterable[int]) -> list[LostFit]:
    """Returns the fits of these shards that were lost too often, and forgives them: a resumed run tries them anew."""
    found = []
    for shard in shards:
        kept = _read(store, keys, shard)
        lost = lost_fits.against(kept.marks, kept.causes, done(store, keys, shard))
        given_up = {fit for fit, one in lost.items() if one.forsaken}
        found += [lost[fit] for fit in given_up]
        for nonce, why in kept.causes.items():
            if why.whose == "unseen" and given_up & set(kept.marks[nonce].fits):
                store.write(keys.attempt(shard, nonce + _END), _dump(ToldEnd(None)))
    return sorted(found, key=lambda one: one.trial or (0, 0))


def _read(store: Store, keys: RunKeys, shard: int) -> _Tries:
    kept = _Tries()
    for key, data in store.read_many(entry.key for entry in store.list(keys.attempts_of(shard))):
        nonce, content = key.rsplit("/", 1)[-1].removesuffix(".json"), json.loads(data)
        if nonce.endswith(_POD):
            kept.sightings[content["pod"]] = Sighting(**content)
        elif nonce.endswith(_END):
            kept.told[nonce.removesuffix(_END)] = ToldEnd(content["how"], device=content.get("device", False))
        else:
            kept.marks[nonce] = _mark_of(content)
    return kept


def _mark_of(content: Mapping[str, Any]) -> Mark:
    trials = tuple((int(trial), int(fold)) for trial, fold in content.get("trials", ()))
    return Mark(tuple(content["fits"]), trials, content.get("pod", ""), content.get("node", ""))


def _dump(value: Mark | ToldEnd | Sighting) -> bytes:
    return json.dumps(asdict(value)).encode()
