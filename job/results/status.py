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
    """How far a run is, as its controller last saw it; times are ISO, UTC.

    ``by`` names the controller, ``job`` is the identity of the Job that starts it, which has one controller at a time.
    """

    format: Literal[1] = 1
    state: Literal["running", "ended"]
    updated: str
    by: str = ""
    job: str = ""
    done: int = 0
    failed: int = 0
    fits: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether a controller follows the run now."""
        is_recent = datetime.now(UTC) - datetime.fromisoformat(self.updated) < _SILENT
        return self.state == "running" and is_recent and not _is_gone(self.by)

    def was_of(self, job: str) -> bool:
        """Whether an earlier controller of this Job wrote it: a Job has one at a time; "" is none."""
        return bool(job) and self.job == job


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
    *,
    job: str = "",
) -> None:
    """Write how far the run is now, what is to be said of the machines, and by which Job's controller."""
    counts = {} if seen is None else {"done": seen.done, "failed": seen.failed, "fits": seen.fits}
    told = tuple(remarks)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    written = Status(state=state, updated=now, by=own(), job=job, remarks=told, **counts)
    store.write(keys.status, written.model_dump_json().encode())


def end(store: Store, keys: RunKeys, remarks: Sequence[str] = ()) -> None:
    """Write that the run has ended, as far as it was last seen to be, and what is to be said of the machines."""
    told = tuple(remarks)
    found = read(store, keys)
    counts = {} if found is None else {"done": found.done, "failed": found.failed, "fits": found.fits}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    store.write(
        keys.status, Status(state="ended", updated=now, by=own(), remarks=told, **counts).model_dump_json().encode()
    )


def leave(store: Store, keys: RunKeys) -> None:
    """Write that the run has ended where this process was the last to follow it."""
    found = read(store, keys)
    if found is not None and found.state == "running" and found.by == own():
        end(store, keys, found.remarks)


def other(store: Store, keys: RunKeys, job: str = "") -> Status | None:
    """Return another controller's status, where one follows the run now; one of the same Job was our predecessor."""
    found = read(store, keys)
    if found is None or not found.is_live or found.by in ("", own()):
        return None
    return None if found.was_of(job) else found


def read(store: Store, keys: RunKeys) -> Status | None:
    """Return what was last written; None where no controller of this format has."""
    try:
        return Status.model_validate_json(store.read(keys.status))
    except (Missing, ValidationError):
        return None
