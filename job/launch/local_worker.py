"""One worker process of this machine: what it is told, its log, and how it ended."""

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LOGS = "TUNEJOB_LOGS"
"""Names a folder in which workers' logs are kept; else they go when a run ends."""
FRUITLESS = 3
"""Ends of one worker without a shard done, after which it is not started again."""


@dataclass
class Worker:
    """One worker process: its log, the shard it has, how often it ended without doing one, and how often it may."""

    number: int
    process: subprocess.Popen[str]
    log: Path
    shard: int | None = None
    fruitless: int = 0
    most: int = FRUITLESS

    @property
    def how(self) -> str:
        """How it ended, in words."""
        code = self.process.returncode
        return f"a worker was killed by signal {-code}" if code < 0 else f"a worker ended with exit code {code}"

    @property
    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2000:]

    def tell(self, line: str) -> None:
        """Sends a line. If the worker is gone, its exit returns the shard to the queue."""
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.write(f"{line}\n")
                self.process.stdin.flush()

    def hang_up(self) -> None:
        """Closes the pipe that it reads from; lines that it has not read are lost."""
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()


def kept_logs() -> Path | None:
    """Where workers' logs are kept, if anybody said so."""
    folder = os.environ.get(LOGS)
    if not folder:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)
