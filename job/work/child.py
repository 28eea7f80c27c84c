"""The process that trains, as its watcher holds it: started, fed, listened to, ended."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from job.work import events, thread_environment, xla_cache
from job.work.forked import Forked
from job.work.orders import Orders

_KEPT = 65_536  # bytes of a log
_LAST_WORDS = 2.0  # seconds until what a process wrote last has been read
_LAST_WRITE = 10.0  # seconds a child may take to finish the write in flight when told to end


class Log:
    """What a process writes: passed on to this one's log, and the last of it kept, which says why it died."""

    def __init__(self) -> None:
        self._reading, self.writing = os.pipe()
        self._tail = b""
        self._thread = threading.Thread(target=self._pass_on, daemon=True)

    def follow(self) -> None:
        """Begins, once the process has the other end."""
        os.close(self.writing)
        self._thread.start()

    def tail(self) -> str:
        """The last 64 KB of a process that has ended; what it started may write on."""
        self._thread.join(_LAST_WORDS)
        return self._tail.decode(errors="replace")

    def _pass_on(self) -> None:
        while data := os.read(self._reading, 1 << 16):
            self._tail = (self._tail + data)[-_KEPT:]
            sys.stderr.buffer.write(data)
            sys.stderr.buffer.flush()
        os.close(self._reading)


@dataclass
class Child:
    """A running trainer process.

    ``events`` gives what it tells, None about once a second while it says nothing, and ends when the process has ended.
    """

    process: subprocess.Popen[bytes] | Forked
    pipe: int
    orders: Orders
    log: "Log"
    buffer: bytes = b""
    said: float = field(default_factory=monotonic)  # when it last gave a sign of life
    excused: bool = True  # importing TensorFlow is no stall

    @classmethod
    def start(cls, orders: Orders, environment: dict[str, str]) -> "Child":
        """Starts the process with a pipe of its own for events."""
        reading, writing = os.pipe()
        log = Log()
        whole = environment | xla_cache.environment(environment) | thread_environment.environment(environment)
        pipes = writing, log.writing
        process = Forked.start(orders, whole, *pipes) or _started(orders, whole, *pipes)
        os.close(writing)
        log.follow()
        return cls(process, reading, orders, log)

    def feed(self, word: int | str | None) -> None:
        """Sends a shard's number, the run's name, or the end. A child that is gone is noticed by ``events``."""
        assert self.process.stdin is not None  # noqa: S101  # it was asked for above
        try:
            self.process.stdin.write(b"\n" if word is None else f"{word}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            return
        self.said = monotonic()

    def events(self) -> Iterator[dict[str, Any] | None]:
        """What the child tells, as it tells it."""
        while True:
            ready, _, _ = select.select([self.pipe], [], [], 1.0)
            if not ready:
                yield None
                continue
            data = os.read(self.pipe, 1 << 16)
            if not data:
                self.process.wait()
                return
            *lines, self.buffer = (self.buffer + data).split(b"\n")
            for line in lines:
                event = json.loads(line)
                self.said, self.excused = monotonic(), str(event["event"]).startswith("excused")
                yield event

    @property
    def silent(self) -> float:
        """Seconds since the last sign of life; zero while silence is to be expected."""
        return 0.0 if self.excused else monotonic() - self.said

    def dump_stacks(self) -> None:
        """Makes the child write the stacks of all its threads to the log."""
        self.process.send_signal(signal.SIGUSR1)

    def end(self) -> None:
        """Ends the process: SIGTERM until it obeys (a result being stored is finished first), then SIGKILL."""
        until = monotonic() + _LAST_WRITE
        while self.process.poll() is None and monotonic() < until:
            self.process.terminate()
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def _started(orders: Orders, environment: Mapping[str, str], events_pipe: int, log: int) -> "subprocess.Popen[bytes]":
    """A process of its own, which imports TensorFlow itself."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "job.work", orders.dumps()],
        stdin=subprocess.PIPE,
        stdout=log,  # what the user's code prints is the worker's log
        stderr=log,
        pass_fds=[events_pipe],
        env={**environment, **events.environment(events_pipe)},
    )
