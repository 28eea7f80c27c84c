"""The state of a group that trains for long, in the store, so that a lost worker costs five minutes and not hours."""

from dataclasses import dataclass

from job.store import Store
from job.store.keys import RunKeys


@dataclass
class StoredState:
    """One group's state; implements ``Checkpoint``. ``saved`` is whether there is one."""

    store: Store
    key: str
    saved: bool = False

    def load(self) -> bytes | None:
        """What a worker before this one saved last, or None."""
        return self.store.read(self.key) if self.saved else None

    def save(self, data: bytes) -> None:
        """Keeps a state in place of the one before."""
        self.store.write(self.key, data)
        self.saved = True

    def drop(self) -> None:
        """Removes it once the group's results are stored."""
        if self.saved:
            self.store.delete(self.key)


class States:
    """Checkpoints of a shard's groups, listed once because there are rarely any."""

    def __init__(self, store: Store, keys: RunKeys, shard: int) -> None:
        self._store, self._keys, self._shard = store, keys, shard
        self._there = {entry.key for entry in store.list(keys.states_of(shard))}

    def of(self, group: str) -> StoredState:
        """The state of one group."""
        key = self._keys.state(self._shard, group)
        return StoredState(self._store, key, key in self._there)
