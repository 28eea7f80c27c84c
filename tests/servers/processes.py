"""Starting real servers for tests: free ports, readiness, and an end."""

import os
import random
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


class NotStartedError(Exception):
    """A server could not be started here, and why."""


def absent(reason: str) -> None:
    """Fail where ``TUNEJOB_TESTS_MUST_RUN=1`` says that nothing may be left out; skip by name elsewhere."""
    if os.environ.get("TUNEJOB_TESTS_MUST_RUN") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that are free, and whose number plus 10000 is free too (SeaweedFS takes both)."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 2_000):
        if _free(port) and _free(port + 10_000):
            found.append(port)
        if len(found) == count:
            return found
    raise NotStartedError("no free ports between 20000 and 42000")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def running(
    command: Sequence[str], log: Path, ready: str, *, env: dict[str, str] | None = None, seconds: float = 60
) -> Iterator[None]:
    """Run a server until its URL ``ready`` answers anything at all, and end it afterwards."""
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(command, stdout=output, stderr=output, env=env, start_new_session=True)
        except OSError as error:
            raise NotStartedError(f"{command[0]}: {error}") from error
    try:
        _await(process, ready, seconds, log)
        yield
    finally:
        process.kill()  # what it holds is for tests only, and some take seconds to end by themselves
        process.wait()


def _await(process: "subprocess.Popen[bytes]", url: str, seconds: float, log: Path) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - a loopback URL of ours
        except urllib.error.HTTPError as error:
            error.close()
            if error.code < 500:
                return
        except OSError:
            pass  # not listening yet
        else:
            return
        time.sleep(0.05)
    tail = log.read_text(errors="replace")[-2000:]
    raise NotStartedError(f"{process.args!r} did not start within {seconds} s: {tail}")
