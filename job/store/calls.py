"""Awaiting the object store library from ordinary code, so that signals are answered at once.

The library's own blocking calls hold up Python's signal handlers until they return, which is minutes on a silent
server. Here its awaitable calls run on one event loop in a thread of its own, and the caller waits in Python.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from job.errors import TunejobError

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")


@cache
def _loop(process: int) -> asyncio.AbstractEventLoop:
    """Start the loop's thread, once per process."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="tunejob-store", daemon=True).start()
    os.register_at_fork(after_in_child=lambda: _forked.add(process))
    return loop


_forked: set[int] = set()


def start(coroutine: Coroutine[Any, Any, T]) -> "Future[T]":
    """Run a coroutine on the store's loop, and return its future."""
    if _forked:
        coroutine.close()
        raise TunejobError(
            "a store was used before this process was forked, and would hang here for ever; "
            'start processes by the "spawn" method: multiprocessing.get_context("spawn")'
        )
    return asyncio.run_coroutine_threadsafe(coroutine, _loop(os.getpid()))


def wait(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the store's loop and wait for its result; a signal's handler runs meanwhile."""
    future = start(coroutine)
    try:
        return future.result()
    finally:
        future.cancel()  # nothing when it is done; when a handler raised, the request is dropped
