"""Limits of memory and CPU for containers, by the machine's cgroups of either version."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOP = Path("/sys/fs/cgroup")
_FAMILY = "tunejob-tests"


def obstacle() -> str | None:
    """Why no container can be limited here; None if all is well."""
    try:
        probe = Cgroup("probe", None, None)
    except OSError as error:
        return f"no memory cgroup can be made here: {error}"
    probe.close()
    return None


class Cgroup:
    """The cgroups of one container: one folder in version 2, one for memory and one for CPU in version 1."""

    def __init__(self, name: str, memory: int | None, cpus: float | None) -> None:
        self._second = (_TOP / "cgroup.controllers").exists()
        tops = [_TOP] if self._second else [_TOP / "memory", _TOP / "cpu"]
        self.folders: Sequence[Path] = [top / _FAMILY / str(os.getpid()) / name for top in tops]
        for top, folder in zip(tops, self.folders, strict=True):
            folder.parent.mkdir(parents=True, exist_ok=True)
            if self._second:
                for above in (top, folder.parent.parent, folder.parent):
                    (above / "cgroup.subtree_control").write_text("+memory +cpu")
            folder.mkdir()
        if memory is not None:
            file = "memory.max" if self._second else "memory.limit_in_bytes"
            (self.folders[0] / file).write_text(str(memory))
            if self._second:
                (self.folders[0] / "memory.oom.group").write_text("1")
        if cpus is not None:
            self._limit_cpu(int(cpus * 100_000))
        self._signal: int | None = None
        self._closed = self._exhausted = False

    def end_as_one(self, end: Callable[[], None]) -> None:
        """Has the whole container ended (by ``end``) for want of memory, as kubelets do, and not its largest process.

        In version 2 the kernel does it (``memory.oom.group``); in version 1 it only tells.
        """
        if self._second:
            return
        self._signal = os.eventfd(0)
        with (self.folders[0] / "memory.oom_control").open() as control:
            (self.folders[0] / "cgroup.event_control").write_text(f"{self._signal} {control.fileno()}")
        self._listener = threading.Thread(target=self._listen, args=(self._signal, end), daemon=True)
        self._listener.start()

    def _listen(self, descriptor: int, end: Callable[[], None]) -> None:
        os.eventfd_read(descriptor)
        if not self._closed:
            self._exhausted = True
            end()

    def oom_killed(self) -> bool:
        """Whether a process was ended for want of memory."""
        if self._exhausted:
            return True
        file = "memory.events" if self._second else "memory.oom_control"
        lines = (self.folders[0] / file).read_text().splitlines()
        counts = dict(line.split() for line in lines)
        return int(counts.get("oom_kill", 0)) > 0

    def close(self) -> None:
        """Removes the folders, once the last process has left."""
        self._closed = True
        if self._signal is not None:
            os.eventfd_write(self._signal, 1)
            self._listener.join()
            os.close(self._signal)
            self._signal = None
        for folder in self.folders:
            for _ in range(200):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:  # a killed process is still leaving
                    time.sleep(0.01)
                else:
                    break

    def _limit_cpu(self, quota: int) -> None:
        if self._second:
            (self.folders[0] / "cpu.max").write_text(f"{quota} 100000")
        else:
            (self.folders[1] / "cpu.cfs_period_us").write_text("100000")
            (self.folders[1] / "cpu.cfs_quota_us").write_text(str(max(quota, 1000)))


def sweep() -> None:
    """Removes what killed test sessions left behind."""
    for top in (_TOP, _TOP / "memory", _TOP / "cpu"):
        for session in (top / _FAMILY).glob("[0-9]*"):
            if not Path(f"/proc/{session.name}").exists():
                for folder in [*(path for path in session.iterdir() if path.is_dir()), session]:
                    with suppress(OSError):  # another session sweeps as well
                        folder.rmdir()
