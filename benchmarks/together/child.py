"""One peer in a process of its own: ``python -m benchmarks.together.child PEER GIVEN [OPTION=NUMBER …]``.

Prints what it found as one line of JSON, the last of its output.
"""

import importlib
import json
import sys
from typing import Any

from benchmarks.together.given import Given

PEERS = {
    "keras": ("by_keras", "search"),
    "sklearn": ("by_sklearn", "search"),
    "tuner": ("by_tuner", "search"),
    "reference": ("reference", "search"),
    "products": ("arithmetic", "products"),
    "peak": ("arithmetic", "peak"),
}


def main(peer: str, *arguments: str) -> None:
    """Runs a peer."""
    module, name = PEERS[peer]
    function = getattr(importlib.import_module(f"benchmarks.together.{module}"), name)
    given: list[Any] = [Given.load(arguments[0])] if arguments else []
    options = {key: int(value) for key, _, value in (one.partition("=") for one in arguments[1:])}
    print(json.dumps(function(*given, **options)))


if __name__ == "__main__":
    main(*sys.argv[1:])
