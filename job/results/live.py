"""Runs under way in one store, of whichever study: each leaves a mark while it is, so that runs know of each other."""

import socket
from collections.abc import Iterator
from contextlib import suppress

from job.errors import StoreError, UsageError
from job.results import status
from job.results.status import Status
from job.store import RunKeys, Store
from job.store.keys import LIVE


def begin(store: Store, keys: RunKeys) -> None:
    """Leave a run's mark."""
    store.write(keys.live, status.own().encode())


def end(store: Store, keys: RunKeys) -> None:
    """Take it away; another controller of the same run leaves its own at its next look."""
    with suppress(StoreError):  # whoever may not delete leaves a small object, which says nothing without a status
        store.delete(keys.live)


def others(store: Store, study: str) -> Iterator[tuple[RunKeys, Status]]:
    """Yield runs of other studies that a controller follows now; marks of controllers that died are taken away."""
    for entry in store.list(LIVE):
        try:
            _, name, run = entry.key.split("/")
            keys = RunKeys(name, run)
        except (ValueError, UsageError):  # somebody else's
            continue
        if name == study:
            continue
        found = status.read(store, keys)
        if found is not None and found.is_live:
            yield keys, found
        else:
            end(store, keys)


def told(keys: RunKeys, found: Status) -> str:
    """Return what to say of another study's run."""
    run = f"{keys.study}/{keys.run}"
    if found.by.endswith(f" on {socket.gethostname()}"):
        return f"{run} is running on this machine too ({found.by}); they slow each other down"
    return f"{run} is running in this store too{f' ({found.by})' * bool(found.by)}"
