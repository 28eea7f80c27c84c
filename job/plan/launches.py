"""Which shards each launch of a run holds: the list that turns completion indexes of its n-th Job into shards."""

import json
from collections.abc import Sequence

from job.store import Store
from job.store.keys import RunKeys


def latest(store: Store, keys: RunKeys) -> int:
    """The number of the newest launch; 0 before the first."""
    entries = store.list(keys.attempt_shards(0).rpartition("/")[0])
    return max((int(entry.key.rpartition("/")[2].removesuffix(".json")) for entry in entries), default=0)


def create(store: Store, keys: RunKeys, number: int, shards: Sequence[int]) -> None:
    """Stores the shards of a launch, unless another controller was first: then its list holds."""
    store.create(keys.attempt_shards(number), json.dumps(list(shards)).encode())


def shards(store: Store, keys: RunKeys, number: int) -> tuple[int, ...]:
    """The shards of a launch, by completion index; raises Missing when there is no such launch."""
    return tuple(json.loads(store.read(keys.attempt_shards(number))))
