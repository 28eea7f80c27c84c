"""A process that the fork server made, held as ``subprocess.Popen`` holds one of its own."""

import json
import os
import select
import signal
import socket
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from job.errors import ExitCode, TunejobError
from job.work.orders import Orders

ADDRESS = "TUNEJOB_FORKS"
"""Names the socket of the server, where there is one."""
HEADER = struct.Struct("!I")
"""How many bytes of a request follow; three descriptors come along: input, log, events."""


@dataclass(eq=False)
class Forked:
    """A process that is no child of this one: its end is told by who forked it."""

    stdin: IO[bytes]
    pid: int
    _handle: int
    _connection: socket.socket
    returncode: int | None = None

    @classmethod
    def start(cls, orders: Orders, environment: Mapping[str, str], events: int, log: int) -> "Forked | None":
        """Asks for a process that does what the orders say.

        Args:
            orders: for it.
            environment: its environment; names the server.
            events: the descriptor of its pipe for events.
            log: that of what it prints to.

        Returns:
            None where there is no server, or it can't fork.
        """
        address = environment.get(ADDRESS)
        if not address:
            return None
        reading, writing = os.pipe()
        try:
            connection = _asked(address, orders, environment, (reading, log, events))
        except OSError:
            os.close(writing)
            return None
        finally:
            os.close(reading)
        pid = _number(connection)  # it waits for TensorFlow
        if pid is None:
            os.close(writing)
            connection.close()
            return None
        return cls(os.fdopen(writing, "wb", 0), pid, os.pidfd_open(pid), connection)

    def poll(self) -> int | None:
        """The exit code, as ``Popen`` has it, or None while it runs.

        Raises:
            TunejobError: the server is gone, so nobody can tell; the process is ended.
        """
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            status = _number(self._connection)
            if status is None:
                self._signal(signal.SIGKILL)
            self._over(int(ExitCode.BUG) if status is None else os.waitstatus_to_exitcode(status))
            if status is None:
                raise TunejobError("the process that workers are forked from was ended from outside")
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not ended in that many seconds.
            TunejobError: see ``poll``.
        """
        if self.returncode is None and not select.select([self._connection], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        return self.poll() or 0

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless it has ended."""
        if self.poll() is None:
            self._signal(number)

    def terminate(self) -> None:
        """Sends SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Sends SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _over(self, code: int) -> None:
        self.returncode = code
        self.stdin.close()
        self._connection.close()
        os.close(self._handle)

    def _signal(self, number: int) -> None:
        try:
            signal.pidfd_send_signal(self._handle, number)
        except ProcessLookupError:
            return  # it has ended in the meantime


def _asked(address: str, orders: Orders, environment: Mapping[str, str], pipes: tuple[int, int, int]) -> socket.socket:
    given = {name: value for name, value in environment.items() if name != ADDRESS}
    request = {"orders": orders.dumps(), "environment": json.dumps(given), "folder": str(Path.cwd())}
    data = json.dumps(request).encode()
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(address)
        socket.send_fds(connection, [HEADER.pack(len(data))], list(pipes))
        connection.sendall(data)
    except OSError:
        connection.close()
        raise
    return connection


def _number(connection: socket.socket) -> int | None:
    """The number of a line, or None where there is none any more."""
    line = b""
    while not line.endswith(b"\n"):
        try:
            part = connection.recv(1)
        except ConnectionResetError:
            return None
        if not part:
            return None
        line += part
    return int(line)
