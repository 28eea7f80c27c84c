"""What was asked of the API server, from its own audit log. Its own parts and the nodes are left out."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

POLICY: dict[str, Any] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "users": ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler"]},
        {"level": "None", "userGroups": ["system:nodes"]},
        {"level": "Metadata"},
    ],
}


class Audit:
    """The log file; ``ask`` makes a request with a user agent of its choice, to know that the log is written so far."""

    def __init__(self, log: Path, ask: Callable[[str], object]) -> None:
        self.log = log
        self._ask = ask

    def now(self) -> int:
        """A place in the log: ``requests(since=place)`` counts from here."""
        self._settle()
        return self.log.stat().st_size

    def requests(
        self, since: int = 0, *, agent: str = "", user: str = "", namespace: str | None = None
    ) -> list[dict[str, Any]]:
        """The requests, each once, whose user agent and user name hold these words.

        Each is an audit event: ``verb``, ``user.username``, ``userAgent``, ``requestURI``, ``objectRef`` (resource,
        subresource, namespace, name) and ``responseStatus.code``. A watch counts once, however long it lasts.
        """
        self._settle()
        found: dict[str, dict[str, Any]] = {}
        for event in self._events(since):
            named = event.get("objectRef", {}).get("namespace")
            if (
                agent in event.get("userAgent", "")
                and user in event["user"]["username"]
                and (namespace is None or named == namespace)
                and not event.get("userAgent", "").startswith("audit-mark-")
            ):
                found[event["auditID"]] = event
        return list(found.values())

    def _events(self, since: int) -> list[dict[str, Any]]:
        with self.log.open("rb") as file:
            file.seek(since)
            return [json.loads(line) for line in file if line.endswith(b"\n")]

    def _settle(self) -> None:
        mark = f"audit-mark-{uuid.uuid4()}"
        before = self.log.stat().st_size if self.log.exists() else 0
        self._ask(mark)
        while not self.log.exists() or not any(event.get("userAgent") == mark for event in self._events(before)):
            pass  # the server writes the line just after its answer
