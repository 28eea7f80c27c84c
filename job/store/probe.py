"""Trying a store before a run depends on it."""

from contextlib import suppress

from job.errors import Missing, StoreError, WrongStore
from job.store import nonces
from job.store.contract import Store
from job.store.faults import Refused
from job.store.folder import Folder

PREFIX = ".tunejob-probe"


def probe(store: Store) -> list[str]:
    """Write, read, create twice, swap twice and delete one small object of a name of its own.

    Some servers ignore the conditions of a write in silence, and results would be overwritten there; that they hold is
    tried, therefore, not believed.

    Returns:
        Notes, a sentence each, on what is lacking but not needed.

    Raises:
        StoreError: when the store can't be used, with the cause and the remedy; WrongStore where that stays so.
    """
    key = f"{PREFIX}/{nonces.fresh()}"
    first, second = f"{key} first".encode(), f"{key} second".encode()
    _creates_once(store, key, first, second)
    return _swaps(store, key, second) + _deleted(store, key)


def _creates_once(store: Store, key: str, first: bytes, second: bytes) -> None:
    if not store.create(key, first):
        raise StoreError(f"store {store.url}: writing {key}: an object of this new name was there already; try again")
    if store.create(key, second) or store.read(key) != first:
        with suppress(StoreError):  # what is told below matters more
            store.delete(key)
        raise WrongStore(
            f"store {store.url}: the server overwrites what it was told to create only once (it ignores "
            "If-None-Match), so results would be lost; use one with conditional writes: S3 itself, GCS, Azure, MinIO, "
            "SeaweedFS, recent Ceph, or a folder"
        )


def _swaps(store: Store, key: str, second: bytes) -> list[str]:
    """A note when compare-and-swap is lacking: only a champion needs it."""
    if isinstance(store, Folder):  # there it is ours, made of the creating that was just tried
        return []
    lacking = f"store {store.url} has no compare-and-swap, so it can't keep a champion; runs need none"
    _, version = store.read_version(key)
    try:
        held = store.swap(key, second, version) and not store.swap(key, b"stale", version)
    except Refused:
        raise
    except StoreError as error:
        return [f"{lacking} ({error})"]
    return [] if held and store.read(key) == second else [lacking]


def _deleted(store: Store, key: str) -> list[str]:
    """A note when deleting is not permitted: runs never delete."""
    try:
        store.delete(key)
        store.read(key)
    except Missing:
        return []
    except Refused as error:
        return [f"{error}. Runs need no such right, only `tunejob delete` does; {key} stays there"]
    return [f"store {store.url} keeps {key} though it was deleted; `tunejob delete` will not free its space"]
