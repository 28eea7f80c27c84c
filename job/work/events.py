"""What the process that trains tells the one that watches it: one JSON object a line, over a pipe of their own."""

import json
import os
import sys
import threading
from datetime import UTC, datetime
from typing import Any

_VARIABLE = "TUNEJOB_EVENTS"
_lock = threading.Lock()


def environment(descriptor: int) -> dict[str, str]:
    """The environment that tells a child which descriptor is the pipe."""
    return {_VARIABLE: str(descriptor)}


def tell(event: str, **content: Any) -> None:
    """Sends one event to the watching process; ``event`` is its kind."""
    line = (json.dumps({"event": event, **content}) + "\n").encode()
    with _lock:  # beats come from the trainer's threads
        os.write(int(os.environ[_VARIABLE]), line)


def log(**content: Any) -> None:
    """Writes one structured line to the worker's log, with the time."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    sys.stderr.write(json.dumps({"at": at, **content}) + "\n")
    sys.stderr.flush()
