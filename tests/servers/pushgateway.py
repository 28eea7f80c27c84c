"""Prometheus's own Pushgateway, built once with Go (half a minute) and kept."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster.binary import PUSHGATEWAY
from servers.processes import NotStartedError, free_ports, running


@dataclass(frozen=True)
class Gateway:
    """A running Pushgateway, at ``url``."""

    url: str

    def groups(self) -> list[dict[str, Any]]:
        """What it holds, as its API tells: for each group its labels and its metrics by name."""
        with urllib.request.urlopen(f"{self.url}/api/v1/metrics", timeout=10) as answer:  # noqa: S310 - a URL of ours
            found: list[dict[str, Any]] = json.load(answer)["data"]
        return found


@contextmanager
def pushgateway(folder: Path) -> Iterator[Gateway]:
    """Run a Pushgateway on loopback, with nothing in it."""
    if reason := PUSHGATEWAY.obstacle():
        raise NotStartedError(reason)
    (port,) = free_ports(1)
    command = [str(PUSHGATEWAY.build()), f"--web.listen-address=127.0.0.1:{port}"]
    with running(command, folder / "pushgateway.log", f"http://127.0.0.1:{port}/-/ready"):
        yield Gateway(f"http://127.0.0.1:{port}")
