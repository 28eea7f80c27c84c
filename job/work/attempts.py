"""Attempts: which fits were in flight when a worker was lost, so that a fit that kills workers is found and given up.

Before a group begins, a mark with its fits is stored. A mark whose fits have no result is a loss: of a worker that died
(its end is then stored beside the mark, where anybody was left to do so), or of one that was told to stop, which counts
for nothing. All lies in the store, so that it holds on a laptop and in pods alike.
"""

import json
import secrets
import signal
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from job.store import Store
from job.store.keys import RunKeys

_END = "-end"


def ending(code: int) -> str:
    """How a process ended, in words, by its exit code; a negative one is a signal's."""
    if code >= 0:
        return f"ended its process with exit code {code}"
    cause = "out of memory, most often" if code == -signal.SIGKILL else "a crash in native code, most often"
    return f"killed by {signal.Signals(-code).name} (exit code {128 - code}: {cause})"


UNSEEN = ending(-signal.SIGKILL)
"""A death nobody saw: the kernel and the kubelet kill whole containers with SIGKILL."""


@dataclass(frozen=True)
class LostFit:
    """What became of one fit in workers that died: how often, whether ever alone, and how; alone, if it ever was."""

    deaths: int = 0
    alone: bool = False
    how: str = UNSEEN

    @property
    def suspect(self) -> bool:
        """Two deaths: it goes alone, and its model is not built before its mark is stored."""
        return self.deaths >= 2

    @property
    def hopeless(self) -> bool:
        """Two deaths, one of them alone: the fit is the cause."""
        return self.suspect and self.alone


@dataclass
class _Mark:
    fits: list[str] = field(default_factory=list)
    how: str | None = UNSEEN


def begin(store: Store, keys: RunKeys, shard: int, fits: Iterable[str]) -> str:
    """Stores the mark of fits about to train and returns its nonce."""
    nonce = secrets.token_hex(8)
    store.create(keys.attempt(shard, nonce), json.dumps({"fits": list(fits)}).encode())
    return nonce


def died(store: Store, keys: RunKeys, shard: int, nonce: str, how: str) -> None:
    """Stores that the worker of this mark died, and how (see ``ending``)."""
    store.create(keys.attempt(shard, nonce + _END), json.dumps({"how": how}).encode())


def released(store: Store, keys: RunKeys, shard: int, nonce: str) -> None:
    """Stores that the worker of this mark was told to stop: its fits are not to blame."""
    store.create(keys.attempt(shard, nonce + _END), json.dumps({"how": None}).encode())


def lost_fits(store: Store, keys: RunKeys, shard: int, done: AbstractSet[str]) -> dict[str, LostFit]:
    """What is known against each fit of a shard that has no result yet; fits never lost are absent."""
    marks: dict[str, _Mark] = defaultdict(_Mark)
    entries = store.list(keys.attempts_of(shard))
    for key, data in store.read_many(entry.key for entry in entries):
        nonce = key.rsplit("/", 1)[-1].removesuffix(".json")
        content = json.loads(data)
        if nonce.endswith(_END):
            marks[nonce.removesuffix(_END)].how = content["how"]
        else:
            marks[nonce].fits = content["fits"]
    found: dict[str, LostFit] = {}
    for mark in marks.values():
        open_fits = [fit for fit in mark.fits if fit not in done]
        if mark.how is None:
            continue
        alone = len(mark.fits) == 1
        for fit in open_fits:
            before = found.get(fit, LostFit())
            how = before.how if before.alone and not alone else mark.how
            found[fit] = LostFit(before.deaths + 1, before.alone or alone, how)
    return found
