"""What the controller lets the cluster know: events on Jobs, for `kubectl describe`, and annotations on its own Job."""

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Literal

from job.errors import TunejobError
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import RefusedError
from job.launch.cluster.names import Owner

EVERY = 10.0
"""Seconds between two patches of the controller's Job, at least."""
_LONGEST = 1024  # of an event's message

log = logging.getLogger(__name__)


@dataclass
class Telling:
    """Tells of one controller, from any thread. What can't be told is logged: a run does not end for it."""

    api: Api
    controller: Owner
    _pending: dict[str, str] = field(default_factory=dict)
    _labels: dict[str, str] = field(default_factory=dict)
    _sent: dict[str, str] = field(default_factory=dict)
    _patched: float | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def event(
        self, reason: str, message: str, *, also: Owner | None = None, kind: Literal["Normal", "Warning"] = "Normal"
    ) -> None:
        """Puts an event on the controller's Job, and on another."""
        for about in (self.controller, also):
            if about is not None:
                body = self._event(about, reason, message, kind)
                self._safely(partial(self.api.create, "events", body))

    def annotate(self, **values: str) -> None:
        """Puts annotations (progress, cause, verdict, run) on the controller's Job when the time has come."""
        said = {f"tunejob/{name}": value for name, value in values.items()}
        with self._lock:
            for name, value in said.items():
                self._pending.pop(name, None)
                if self._sent.get(name) != value:
                    self._pending[name] = value
            waits = self._pending or self._labels
            if waits and (self._patched is None or monotonic() - self._patched >= EVERY):
                self.flush()

    def flush(self, labels: dict[str, str] | None = None) -> None:
        """Writes what is pending now: at the start, and at the end.

        What could not be written goes with the next; not what the cluster refuses as it is, which would keep the rest.
        """
        with self._lock:
            self._labels |= labels or {}
            if not self._pending and not self._labels:
                return
            meta: Object = {"annotations": self._pending} | ({"labels": self._labels} if self._labels else {})
            self._patched = monotonic()
            fault = self._safely(lambda: self.api.patch("jobs", self.controller.name, {"metadata": meta}))
            if fault is None or isinstance(fault, RefusedError):
                self._sent |= self._pending
                self._pending, self._labels = {}, {}

    def _event(self, about: Owner, reason: str, message: str, kind: str) -> Object:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{about.name}.{secrets.token_hex(8)}", "namespace": self.api.namespace},
            "involvedObject": {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "name": about.name,
                "namespace": self.api.namespace,
                "uid": about.uid,
            },
            "reason": reason,
            "message": message[:_LONGEST],
            "type": kind,
            "source": {"component": "tunejob"},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }

    def _safely(self, call: Callable[[], object]) -> TunejobError | None:
        """Why the cluster could not be told, where it could not."""
        try:
            call()
        except TunejobError as error:
            log.warning("the cluster could not be told: %s", error)
            return error
        return None
