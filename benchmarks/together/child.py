"""One peer in a process of its own: ``python -m benchmarks.together.child PEER [GIVEN] [OPTION=NUMBER …]``.

Prints what it found as one line of JSON, the last of its output.
"""

import importlib
import json
import sys
from typing import Any

from benchmarks.together.given import Given

PEERS = {
    "keras": ("together.by_keras", "search"),
    "sklearn": ("together.by_sklearn", "search"),
    "tuner": ("together.by_tuner", "search"),
    "search": ("together.by_search", "search"),
    "one-fit": ("search.single", "fit"),
    "memory": ("search.single", "memory"),
    "reference": ("together.reference", "search"),
    "products": ("together.arithmetic", "products"),
    "peak": ("together.arithmetic", "peak"),
}


def main(peer: str, *arguments: str) -> None:
    """Runs a peer."""
    module, name = PEERS[peer]
    function = getattr(importlib.import_module(f"benchmarks.{module}"), name)
    given: list[Any] = [Given.load(one) for one in arguments if "=" not in one]
    options = {key: int(value) for key, _, value in (one.partition("=") for one in arguments if "=" in one)}
    print(json.dumps(function(*given, **options)))


if __name__ == "__main__":
    main(*sys.argv[1:])
