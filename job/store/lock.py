"""A lock made of create-only writes, for folders, that a killed holder does not keep for ever.

The lock of a key is a row of numbered objects, of which only the highest counts: its bytes say who holds it, or that
it is free. Taking the lock is creating the next number, which one taker wins. A holder that died is noticed because
its number stays the highest, unchanged, for a whole lease; then the next number is taken. A holder slower than half
its lease gives up by itself.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from job.errors import Missing, StoreError
from job.store.contract import Store

LOCKS = ".locks"
"""Where locks lie in a folder; listings leave it out."""
LEASE = 10.0
FREE = b"free"
_KEPT = 8
"""Numbers kept behind the highest, so that a listing made meanwhile can't miss all of them."""


@dataclass(frozen=True)
class Held:
    """A lock in our hands, until a moment of this process's monotonic clock."""

    name: str
    until: float

    def confirm(self) -> None:
        """Raise StoreError when we held it for too long to be sure that it is still ours."""
        if time.monotonic() > self.until:
            raise StoreError(f"{self.name}: the folder is too slow to hold a lock in; try again")


@contextmanager
def held(store: Store, key: str, *, lease: float = LEASE) -> Iterator[Held]:
    """Hold the lock of a key; waits while another does, and takes over from one that made no move for a lease."""
    row = f"{LOCKS}/{key}"
    nonce = uuid4().hex.encode()
    seen: tuple[int, bytes] | None = None
    since = started = time.monotonic()
    while True:
        highest = _highest(store, row)
        now = time.monotonic()
        if highest != seen:
            seen, since = highest, now
        number, state = highest
        if (state == FREE or now - since >= lease) and _taken(store, row, number + 1, nonce):
            break
        if now - started > 100 * lease:
            raise StoreError(f"{store.url}: {row} was held by others for {now - started:.0f} s; try again")
        time.sleep(random.uniform(0.002, 0.02))  # noqa: S311 - spreads the takers; no secret
    try:
        yield Held(_name(row, number + 1), now + lease / 2)
    finally:
        store.write(_name(row, number + 1), FREE)


def _taken(store: Store, row: str, number: int, nonce: bytes) -> bool:
    """Try to create a number; it is the lock only if no higher one is there."""
    if not store.create(_name(row, number), nonce):
        return False
    names = [entry.key for entry in store.list(row)]
    if names[-1] != _name(row, number):  # we had looked long ago: others took, freed and cleared our number since
        store.delete(_name(row, number))
        return False
    for old in names[:-_KEPT]:
        store.delete(old)
    return True


def _highest(store: Store, row: str) -> tuple[int, bytes]:
    """The highest number and its bytes; 0 and free when there is none."""
    while entries := store.list(row):
        key = entries[-1].key
        try:
            return int(key.rsplit("/", 1)[-1]), store.read(key)
        except Missing:  # cleared since we looked
            continue
    return 0, FREE


def _name(row: str, number: int) -> str:
    return f"{row}/{number:012d}"
