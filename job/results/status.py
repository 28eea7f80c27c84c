"""Whether a run is live: its controller writes down how far it is every few seconds, and that it has ended."""

import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import ValidationError

from job.errors import Missing
from job.results.progress import Seen
from job.store import RunKeys, Store
from job.study.field_types import Value

EVERY = 10.0
"""Seconds between two writings."""
_SILENT = timedelta(seconds=12 * EVERY)
"""A controller that has not written for longer was killed."""


class Status(Value):
    """How far a run is, as its controller last saw it; times are ISO, UTC; ``by`` names the controller."""

    format: Literal[1] = 1
    state: Literal["running", "ended"]
    updated: str
    by: str = ""
    done: int = 0
    failed: int = 0
    fits: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether a controller follows the run now."""
        is_recent = datetime.now(UTC) - datetime.fromisoformat(self.updated) < _SILENT
        return self.state == "running" and is_recent and not _is_gone(self.by)


def own() -> str:
    """Return the name of this process as a controller."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def _is_gone(by: str) -> bool:
    """Whether a controller was a process of this machine that has ended."""
    _, _, rest = by.partition("process ")
    number, _, host = rest.partition(" on ")
    if host != socket.gethostname() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # another user's
        return False
    return False


def write(
    store: Store,
    keys: RunKeys,
    state: Literal["running", "ended"],
    seen: Seen | None = None,
    remarks: Sequence[str] = (),
) -> None:
    """Write how far the run is now, and what is to be said of the machines."""
    counts = {} if seen is None else {"done": seen.done, "failed": seen.failed, "fits": seen.fits}
    told = tuple(remarks)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    store.write(
        keys.status, Status(state=state, updated=now, by=own(), remarks=told, **counts).model_dump_json().encode()
    )


def end(store: Store, keys: RunKeys, remarks: Sequence[str] = ()) -> None:
    """Write that the run has ended, as far as it was last seen to be, and what is to be said of the machines."""
    told = tuple(remarks)
    found = read(store, keys)
    counts = {} if found is None else {"done": found.done, "failed": found.failed, "fits": found.fits}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    store.write(
        keys.status, Status(state="ended", updated=now, by=own(), remarks=told, **counts).model_dump_json().encode()
    )


def other(store: Store, keys: RunKeys) -> Status | None:
    """Return another controller's status, where one follows the run now."""
    found = read(store, keys)
    return found if found is not None and found.is_live and found.by not in ("", own()) else None


def read(store: Store, keys: RunKeys) -> Status | None:
    """Return what was last written; None where no controller of this format has."""
    try:
        return Status.model_validate_json(store.read(keys.status))
    except (Missing, ValidationError):
        return None
