"""Attempts: a worker's marks of the fits it has in flight, so that what becomes of them with it can be told.

Before a group begins, a mark with its fits is stored; how the process that trained them ended is stored beside it by
the process that watches, if it lives. What that means for a fit is ``job.results.lost_fits``' to say.
"""

import secrets
import signal
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from job.results import marks
from job.results.lost_fits import LostFit, Mark, ToldEnd
from job.store import Store
from job.store.keys import RunKeys


def ending(code: int) -> str:
    """How a process ended, in words, by its exit code; a negative one is a signal's."""
    if code >= 0:
        return f"ended its process with exit code {code}"
    cause = "out of memory, most often" if code == -signal.SIGKILL else "a crash in native code, most often"
    return f"killed by {signal.Signals(-code).name} (exit code {128 - code}: {cause})"


@dataclass(frozen=True)
class WorkerPlace:
    """Where a worker runs: its pod's UID and its node's name; both empty outside a cluster."""

    pod: str = ""
    node: str = ""


def begin(
    store: Store,
    keys: RunKeys,
    shard: int,
    fits: Sequence[str],
    trials: Sequence[tuple[int, int]] = (),
    place: WorkerPlace | None = None,
) -> str:
    """Stores the mark of fits about to train (``trials``: the trial and fold of each) and returns its nonce."""
    nonce, where = secrets.token_hex(8), place or WorkerPlace()
    marks.begin(store, keys, shard, nonce, Mark(tuple(fits), tuple(trials), where.pod, where.node))
    return nonce


def died(store: Store, keys: RunKeys, shard: int, nonce: str, how: str) -> None:
    """Stores that the process of this mark died, and how (see ``ending``)."""
    marks.tell(store, keys, shard, nonce, ToldEnd(how))


def device_failed(store: Store, keys: RunKeys, shard: int, nonce: str, how: str) -> None:
    """Stores that the process of this mark ended because the device failed it."""
    marks.tell(store, keys, shard, nonce, ToldEnd(how, device=True))


def released(store: Store, keys: RunKeys, shard: int, nonce: str) -> None:
    """Stores that the worker of this mark was told to stop: its fits are not to blame."""
    marks.tell(store, keys, shard, nonce, ToldEnd(None))


def lost_fits(store: Store, keys: RunKeys, shard: int, done: AbstractSet[str]) -> dict[str, LostFit]:
    """What is known against each fit of a shard that has no result yet; fits never lost are absent."""
    return marks.of_shard(store, keys, shard, done)
