"""Errors of the device itself: a fit that meets one has not failed, its machine has."""

from collections.abc import Iterator

from job.errors import Incomplete
from job.results import device_words


class DeviceFault(Incomplete):
    """The device failed a fit. It ends the worker without a result: another may have a better one."""


def check(error: BaseException) -> None:
    """Raises DeviceFault where an exception, or what caused it, is an error of the device; not where memory ran out."""
    if isinstance(error, DeviceFault):
        raise error
    line = device_words.fault("\n".join(_said(error)))
    if line is not None:
        raise DeviceFault(device_words.told(line)) from error


def _said(error: BaseException | None) -> Iterator[str]:
    """What an exception says, and those before it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])
        error = error.__cause__ or error.__context__
