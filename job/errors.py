"""The errors that end a command, each with the exit code it ends with.

    TunejobError            70  our bug, unless a kinder class says otherwise
    ├── UsageError          64  a wrong study, option, file or name
    ├── DataError           65  data wrong, or no fit succeeded
    ├── StoreError          69  the store is out of reach
    │   ├── Missing         69  no object of that key
    │   └── WrongStore      64  the store is not what it must be; trying again changes nothing
    ├── Incomplete          75  run again to resume
    ├── NoGpuError          76  a GPU was asked for, and none is seen or it can't train
    └── NotPermittedError   77  the cluster or the store says no

Messages say what was got, what is allowed and what to do.
"""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the command's exit means, everywhere."""

    COMPLETE = 0
    USAGE = 64
    DATA = 65
    STORE = 69
    BUG = 70
    INCOMPLETE = 75
    NO_GPU = 76
    NOT_PERMITTED = 77
    INTERRUPTED = 130
    TERMINATED = 143


class TunejobError(Exception):
    """The root; raised itself only for what is our own fault."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG


class UsageError(TunejobError):
    """What is knowable without reading data rows is wrong."""

    exit_code = ExitCode.USAGE


class DataError(TunejobError):
    """The data is wrong, or no fit succeeded."""

    exit_code = ExitCode.DATA


class StoreError(TunejobError):
    """The store can't be reached, or does not do what was asked; says which bucket, key, cause and remedy."""

    exit_code = ExitCode.STORE


class Missing(StoreError):
    """There is no object of that key."""


class WrongStore(StoreError):
    """The store is not what it must be, for every process and until somebody acts: trying again changes nothing."""

    exit_code = ExitCode.USAGE


class Incomplete(TunejobError):
    """The run has not all its results; running again resumes it."""

    exit_code = ExitCode.INCOMPLETE


class NoGpuError(TunejobError):
    """A GPU was asked for, and TensorFlow sees none or the one it sees fails at the first step."""

    exit_code = ExitCode.NO_GPU


class NotPermittedError(TunejobError):
    """The cluster or the store refuses this user."""

    exit_code = ExitCode.NOT_PERMITTED


def error_of(code: int, message: str) -> TunejobError:
    """The error that ended another process with this exit code; our bug for a code that none of ours has."""
    kinds = (UsageError, DataError, StoreError, Incomplete, NoGpuError, NotPermittedError)
    return {int(kind.exit_code): kind for kind in kinds}.get(code, TunejobError)(message)
