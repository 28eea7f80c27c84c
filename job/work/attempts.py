"""Attempts: which fits were in flight when a worker was lost, so that a fit that kills workers is found and given up.

Before a group begins, a mark with its fits is stored. A mark whose fits have no result is a loss: of a worker that died
(its end is then stored beside the mark, where anybody was left to do so), or of one that was told to stop, which counts
for nothing. All lies in the store, so that it holds on a laptop and in pods alike.
"""

import json
import secrets
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from job.store import Store
from job.store.keys import RunKeys

KILLED = 9
"""The signal of a death nobody saw: the kernel and the kubelet kill whole containers with SIGKILL."""
_END = "-end"


@dataclass(frozen=True)
class Loss:
    """What became of one fit in workers that died: how often, whether ever alone, and by which signal last."""

    deaths: int = 0
    alone: bool = False
    signal: int = KILLED

    @property
    def hopeless(self) -> bool:
        """Two deaths, one of them alone: the fit is the cause."""
        return self.deaths >= 2 and self.alone


@dataclass
class _Mark:
    fits: list[str] = field(default_factory=list)
    signal: int | None = KILLED


def begin(store: Store, keys: RunKeys, shard: int, fits: Iterable[str]) -> str:
    """Stores the mark of fits about to train and returns its nonce."""
    nonce = secrets.token_hex(8)
    store.create(keys.attempt(shard, nonce), json.dumps({"fits": list(fits)}).encode())
    return nonce


def died(store: Store, keys: RunKeys, shard: int, nonce: str, signal: int) -> None:
    """Stores that the worker of this mark died by a signal."""
    store.create(keys.attempt(shard, nonce + _END), json.dumps({"signal": signal}).encode())


def released(store: Store, keys: RunKeys, shard: int, nonce: str) -> None:
    """Stores that the worker of this mark was told to stop: its fits are not to blame."""
    store.create(keys.attempt(shard, nonce + _END), json.dumps({"signal": None}).encode())


def losses(store: Store, keys: RunKeys, shard: int, done: AbstractSet[str]) -> dict[str, Loss]:
    """What is known against each fit of a shard that has no result yet; fits never lost are absent."""
    marks: dict[str, _Mark] = defaultdict(_Mark)
    entries = store.list(keys.attempts_of(shard))
    for key, data in store.read_many(entry.key for entry in entries):
        nonce = key.rsplit("/", 1)[-1].removesuffix(".json")
        content = json.loads(data)
        if nonce.endswith(_END):
            marks[nonce.removesuffix(_END)].signal = content["signal"]
        else:
            marks[nonce].fits = content["fits"]
    found: dict[str, Loss] = {}
    for mark in marks.values():
        open_fits = [fit for fit in mark.fits if fit not in done]
        if mark.signal is None or not open_fits:
            continue
        for fit in open_fits:
            before = found.get(fit, Loss())
            found[fit] = Loss(before.deaths + 1, before.alone or len(mark.fits) == 1, mark.signal)
    return found
