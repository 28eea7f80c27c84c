"""One import of TensorFlow for all workers of a machine: a process that imported it, and does nothing but fork others.

The local launcher starts it with a listening socket and hangs up when a run is over. Watching processes ask it for
processes that train, see ``forked``; it never trains itself, and never looks for GPUs.
"""

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from dataclasses import dataclass, field

from job.work.forked import HEADER

_MODULES = ("run_context", "shard", "prepare_task", "refit", "process")


def main() -> int:
    """Serves the socket whose descriptor is the first argument, until standard input ends and all forked ones have."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listening = socket.socket(fileno=int(sys.argv[1]))
    try:
        for name in _MODULES:
            importlib.import_module(f"job.work.{name}")
    except ImportError as error:  # without TensorFlow, say: who asks starts a process of its own, which tells
        sys.stderr.write(f"nothing to fork from: {error}\n")
        return 1
    gc.freeze()  # so that looking for garbage does not copy what all have in common
    _Server(listening).serve()
    return 0


@dataclass
class _Server:
    """Forks for whoever connects; ``_running`` has, for each process by its descriptor, its number and who asked."""

    listening: socket.socket
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _running: dict[int, tuple[int, socket.socket]] = field(default_factory=dict)
    _open: bool = True

    def serve(self) -> None:
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ, self._hung_up)
        self._selector.register(self.listening, selectors.EVENT_READ, self._asked)
        while self._open or self._running:
            for key, _ in self._selector.select():
                if key.data is None:
                    self._ended(key.fd)
                else:
                    key.data()

    def _hung_up(self) -> None:
        if os.read(sys.stdin.fileno(), 1):
            return
        self._open = False
        self._selector.unregister(sys.stdin.fileno())
        self._selector.unregister(self.listening)
        self.listening.close()

    def _asked(self) -> None:
        connection, _ = self.listening.accept()
        head, descriptors, _, _ = socket.recv_fds(connection, HEADER.size, 3)
        if len(head) < HEADER.size or len(descriptors) != 3:  # it is gone already
            connection.close()
            return
        request = json.loads(_exactly(connection, *HEADER.unpack(head)))
        pid = os.fork()
        if not pid:
            self._forget(connection)
            _become(request, descriptors)
        for one in descriptors:
            os.close(one)
        watched = os.pidfd_open(pid)
        self._running[watched] = pid, connection
        self._selector.register(watched, selectors.EVENT_READ, None)
        _tell(connection, pid)

    def _ended(self, watched: int) -> None:
        pid, connection = self._running.pop(watched)
        self._selector.unregister(watched)
        os.close(watched)
        _tell(connection, os.waitpid(pid, 0)[1])
        connection.close()

    def _forget(self, connection: socket.socket) -> None:
        """In a fork: closes what is the server's, so that nobody waits for this process instead of it."""
        self._selector.close()
        self.listening.close()
        connection.close()
        for watched, (_, other) in self._running.items():
            os.close(watched)
            other.close()


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size and (part := connection.recv(size - len(found))):
        found += part
    return bytes(found)


def _tell(connection: socket.socket, number: int) -> None:
    try:
        connection.sendall(f"{number}\n".encode())
    except OSError as error:  # whoever asked is gone, and its process ends with the pipe that fed it
        sys.stderr.write(f"nobody hears of {number}: {error}\n")


def _become(request: dict[str, str], descriptors: list[int]) -> None:
    """In a fork: takes the place of the process that was asked for; does not return."""
    from job.work import events, process
    from job.work.orders import Orders

    code = 70
    try:
        given, log, pipe = descriptors
        for place, descriptor in ((0, given), (1, log), (2, log)):
            os.dup2(descriptor, place)
        os.close(given)
        os.close(log)
        environment = json.loads(request["environment"])
        os.environ.clear()
        os.environ.update(environment | events.environment(pipe))
        os.chdir(request["folder"])
        code = process.main(Orders.loads(request["orders"]))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
