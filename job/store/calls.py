"""Awaiting the object store library from ordinary code, so that signals are answered at once.

The library's own blocking calls hold up Python's signal handlers until they return, which is minutes on a silent
server. Here its awaitable calls run on one event loop in a thread of its own, and the caller waits in Python.
"""

import asyncio
import atexit
import os
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as TooLong
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from job.errors import TunejobError

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
GRACE = 0.05
"""Seconds at the process's end in which the library's threads let go of Python."""
_forked: set[int] = set()
"""Processes whose parent had a loop, which no fork takes along: what is forked is found out once for each."""


def start(coroutine: Coroutine[Any, Any, T]) -> "Future[T]":
    """Run a coroutine on the store's loop, and return its future."""
    if _forked:
        coroutine.close()
        raise TunejobError(
            "a store was used before this process was forked, and would hang here for ever; "
            'start processes by the "spawn" method: multiprocessing.get_context("spawn")'
        )
    return asyncio.run_coroutine_threadsafe(coroutine, _loop())


def wait(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the store's loop and wait for its result; a signal's handler runs meanwhile."""
    future = start(coroutine)
    try:
        return future.result()
    finally:
        future.cancel()  # nothing when it is done; when a handler raised, the request is dropped


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """Start the loop's thread."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="tunejob-store", daemon=True).start()
    os.register_at_fork(after_in_child=lambda: _forked.add(os.getpid()))
    atexit.register(_end, loop)
    return loop


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """Drop what is under way before Python ends.

    A thread of the library that wants to give an answer to a Python that is ending would abort the process (SIGABRT),
    whatever exit code was meant. The library does not say when its threads are done, so they get a moment.
    """
    if _forked:
        return
    with suppress(TooLong):
        asyncio.run_coroutine_threadsafe(_drop(), loop).result(timeout=5)
    time.sleep(GRACE)


async def _drop() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
