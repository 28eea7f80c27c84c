"""What the process that trains tells the one that watches it: one JSON object a line, over a pipe of their own."""

import json
import os
import sys
import threading
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
    """Writes one structured line to the worker's log."""
    sys.stderr.write(json.dumps(content) + "\n")
    sys.stderr.flush()
