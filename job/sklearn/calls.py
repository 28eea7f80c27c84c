"""Calls under way: each a thread that runs only while it has the turn, so that what is of one thread stays its own.

What is of the whole process and changed inside a ``with``, the warnings' filters, is kept and put back at each turn.
"""

import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

from job.sklearn.asks import Answer, Ask
from job.sklearn.search_cache import SearchCache


class Left(BaseException):
    """The meeting is over before this call was: nobody but the call's thread sees it."""


@dataclass(eq=False)
class Task:
    """Something to call.

    Attributes:
        run: calls it.
        done: is told its result, or what it raised.
        ask: the fit that it will ask for, where that is known before it runs.
        give: hands it the answer before it runs.
        is_theirs: whether it can come to no fit of ours, so that it runs where the meeting is held.
    """

    run: Callable[[], Any]
    done: Callable[[Any, BaseException | None], None]
    ask: Ask | None = None
    give: Callable[[Answer | Exception], None] | None = None
    is_theirs: bool = False


@dataclass(eq=False)
class Lot:
    """Tasks that one call of ``Parallel`` waits for."""

    left: int
    parent: "Call | None"
    error: BaseException | None = None


@dataclass(eq=False)
class Call:
    """A task under way in its thread."""

    task: Task
    lot: Lot
    said: SimpleQueue[Any]
    cache: SearchCache
    _mine: SimpleQueue[Any] = field(default_factory=SimpleQueue)
    _filters: Any = None

    def begin(self) -> None:
        """Starts its thread, which has the turn."""
        self._filters = filters()
        threading.Thread(target=self._run, name="tunejob-call", daemon=True).start()

    def say(self, word: str, value: Any) -> Any:
        """Hands over the turn, and waits for it to come back with an answer."""
        self._filters = filters()
        self.said.put((word, value))
        answer = self._mine.get()
        if answer is Left:
            raise Left
        put_filters(self._filters)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def resume(self, value: Any) -> None:
        """Hands it the turn, with the answer to what it asked for."""
        self._mine.put(value)

    def _run(self) -> None:
        _here.call = self
        result, error = None, None
        put_filters(self._filters)
        try:
            result = self.task.run()
        except BaseException as raised:  # noqa: BLE001  # told to whoever waits for the call
            error = raised
        self._filters = filters()
        self.said.put(("end", (result, error)))


_here = threading.local()


def running() -> Call | None:
    """The call whose thread this is."""
    return getattr(_here, "call", None)


_NAMES = ("filters", "showwarning", "_showwarnmsg_impl")


def filters() -> dict[str, Any]:
    """What ``warnings.catch_warnings`` changes for the whole process."""
    return {name: vars(warnings)[name] for name in _NAMES}


def put_filters(state: dict[str, Any]) -> None:
    """Puts them back."""
    with warnings.catch_warnings():
        pass  # entering and leaving makes every module look anew at the filters
    vars(warnings).update(state)
