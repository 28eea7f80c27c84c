"""Whether a run is live: its controller writes down how far it is every few seconds, and that it has ended."""

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
    """How far a run is, as its controller last saw it; times are ISO, UTC."""

    format: Literal[1] = 1
    state: Literal["running", "ended"]
    updated: str
    done: int = 0
    failed: int = 0
    fits: int = 0

    @property
    def is_live(self) -> bool:
        """Whether a controller follows the run now."""
        return self.state == "running" and datetime.now(UTC) - datetime.fromisoformat(self.updated) < _SILENT


def write(store: Store, keys: RunKeys, state: Literal["running", "ended"], seen: Seen | None = None) -> None:
    """Write how far the run is now."""
    counts = {} if seen is None else {"done": seen.done, "failed": seen.failed, "fits": seen.fits}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    store.write(keys.status, Status(state=state, updated=now, **counts).model_dump_json().encode())


def read(store: Store, keys: RunKeys) -> Status | None:
    """Return what was last written; None where no controller of this format has."""
    try:
        return Status.model_validate_json(store.read(keys.status))
    except (Missing, ValidationError):
        return None
