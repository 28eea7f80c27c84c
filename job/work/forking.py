"""Processes that train, each forked from one that has imported TensorFlow and done nothing with it.

A process that has grown has to give way to a fresh one, and importing TensorFlow takes that one four seconds. A fork of
what was imported is there at once. It may only follow while TensorFlow has started no thread, so the first process
never trains, and does not look for GPUs.
"""

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

AGAIN = 113
"""Exit code: restart me, with the thread setting of the first process."""
OTHERWISE = 114
"""Exit code: restart me with the other thread setting."""

_PARENT_DEATH = 1  # PR_SET_PDEATHSIG
_FORWARDED = (signal.SIGTERM, signal.SIGUSR1)


def possible() -> bool:
    """Whether processes can be forked so: elsewhere a library's threads may not survive it."""
    return sys.platform == "linux"


def run(work: Callable[[int], int], retired: Callable[[], None]) -> int:
    """Has work done by forked processes, one after the other; a death by a signal becomes this process's own.

    Args:
        work: takes the code by which it was asked for, ``AGAIN`` at first; returns an exit code.
        retired: called between two of them.

    Returns:
        The last one's exit code.
    """
    gc.freeze()  # so that looking for garbage does not copy what all have in common
    asked = AGAIN
    while True:
        status = _waited(_forked(partial(work, asked)))
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if number != signal.SIGKILL:
                signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        asked = os.WEXITSTATUS(status)
        if asked not in (AGAIN, OTHERWISE):
            return asked
        retired()


def _forked(work: Callable[[], int]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    for number in _FORWARDED:
        signal.signal(number, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it died before it could be asked to take this one along
    code = work()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _waited(pid: int) -> int:
    def forward(number: int, _frame: FrameType | None) -> None:
        os.kill(pid, number)

    for number in _FORWARDED:
        signal.signal(number, forward)
    return os.waitpid(pid, 0)[1]
