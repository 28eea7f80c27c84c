"""The process that a machine's workers are forked from: started here, so that TensorFlow is imported once for all."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ADDRESS = "TUNEJOB_FORKS"
"""Tells workers where to ask for processes; given to a run, its workers ask there, and it starts no server."""
_GRACE = 10.0  # seconds to end in, after the last of what was forked


@dataclass
class ForkServer:
    """Runs until it is closed."""

    process: subprocess.Popen[bytes]
    folder: "tempfile.TemporaryDirectory[str]"

    @classmethod
    def start(cls, environment: Mapping[str, str], log: Path) -> "ForkServer | None":
        """Starts one that imports at once; None where processes can't be forked so.

        Args:
            environment: what all workers have in common of it.
            log: takes what is printed while importing.
        """
        if sys.platform != "linux":  # a library's threads may not survive a fork elsewhere
            return None
        folder = tempfile.TemporaryDirectory(prefix="tunejob-forks-")
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(_address(folder.name))
        except OSError:  # a temporary folder whose path is too long for a socket
            listening.close()
            folder.cleanup()
            return None
        listening.listen(64)
        with listening, log.open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "job.work.fork_server", str(listening.fileno())],
                stdin=subprocess.PIPE,
                stdout=errors,
                stderr=errors,
                pass_fds=[listening.fileno()],
                env={**os.environ, **environment},
                start_new_session=True,  # Ctrl-C reaches the controller alone, which ends workers in order
            )
        return cls(process, folder)

    @property
    def environment(self) -> dict[str, str]:
        """What tells a worker of it."""
        return {ADDRESS: _address(self.folder.name)}

    def close(self) -> None:
        """Hangs up, and waits until it has ended; what it forked has been ended by then."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()


def _address(folder: str) -> str:
    return str(Path(folder) / "socket")
