"""What every store offers, whatever lies behind it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from job.errors import Missing


@dataclass(frozen=True, order=True)
class Entry:
    """One object of a listing: its key from the store's root on, and its size in bytes."""

    key: str
    size: int


@dataclass(frozen=True)
class Version:
    """What one object was when it was read. Opaque: only ``Store.swap`` looks inside."""

    e_tag: str | None
    version: str | None = None


class Store(Protocol):
    """Objects by key. A write is whole or not there: nobody ever reads half of one.

    Every call retries what passes (a server that is down, 500, 503, resets, silence) with backoff until the store's
    patience ends, and raises StoreError then; what lasts raises a kind of StoreError at once: ``Refused`` for
    credentials and rights, ``WrongStore`` for a missing bucket and the like.
    """

    @property
    def url(self) -> str:
        """Where the store is, without credentials, for messages."""

    def create(self, key: str, data: bytes) -> bool:
        """Write an object only if there is none, and say whether it is ours.

        A write whose answer was lost is settled by reading back, so put a nonce into ``data`` where it matters
        who wrote it.

        Returns:
            True when we wrote it, or when an answer was lost and the same bytes lie there.
            False when another's object was there first, even if its bytes equal ours.
        """

    def write(self, key: str, data: bytes) -> None:
        """Write an object, over any that is there."""

    def read(self, key: str) -> bytes:
        """Return an object's bytes; raises Missing when there is none."""

    def read_version(self, key: str) -> tuple[bytes, Version]:
        """Return an object's bytes and what ``swap`` compares; raises Missing when there is none."""

    def swap(self, key: str, data: bytes, expected: Version | None) -> bool:
        """Write an object only if it is still the expected one (None: only if there is none).

        Like ``create``, a lost answer is settled by reading back: put a nonce into ``data``.

        Returns:
            True when we wrote it, False when ``expected`` is stale.
        """

    def list(self, prefix: str) -> list[Entry]:
        """Return all objects under a prefix of whole segments (``a/b``; "" is all), sorted by key."""

    def read_many(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Read many objects at the same time, in no promised order, holding a few dozen of them at once.

        Raises Missing when one is not there.
        """

    def delete(self, key: str) -> None:
        """Delete an object; fine when there is none."""

    def head(self, key: str) -> tuple[int, Version]:
        """Return an object's size in bytes and its version; raises Missing when there is none."""

    def parts(self, key: str, size: int, version: Version) -> Iterator[bytes]:
        """Read an object of any size, as ``head`` told it, part by part in order, a few of them ahead.

        Raises StoreError when the object is not that version any more: what was read is not to be used then.
        """


def has(store: Store, key: str) -> bool:
    """Whether there is an object that is not empty."""
    try:
        return store.head(key)[0] > 0
    except Missing:
        return False


def place(store: Store, key: str) -> str:
    """Where an object lies, as one would open it: a path, or a URL."""
    return f"{store.url.removeprefix('file://').rstrip('/')}/{key}"
