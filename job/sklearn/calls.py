"""Calls under way: each a thread that runs only while it has the turn, so that what is of one thread stays its own.

What is of the whole process and changed inside a ``with``, the warnings' filters, is kept and put back at each turn.
"""

import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from time import perf_counter
from typing import Any

from job.sklearn.asks import Answer, Ask
from job.sklearn.search_cache import SearchCache
from job.train import waits


class MeetingOver(BaseException):
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
    _below: float = 0.0
    _fitted: bool = False

    def begin(self) -> None:
        """Starts its thread, which has the turn."""
        self._filters = filters()
        threading.Thread(target=self._run, name="tunejob-call", daemon=True).start()

    def say(self, word: str, value: Any) -> Any:
        """Hands over the turn, and waits for it to come back with an answer."""
        self._filters = filters()
        began = perf_counter()
        self.said.put((word, value))
        answer = self._mine.get()
        if answer is MeetingOver:
            raise MeetingOver
        if word == "ask" or self._fitted:  # else nothing was fitted: it is not on the clock that fits are measured by
            waits.add(getattr(answer, "seconds", 0.0) + self._below - (perf_counter() - began))
        if word == "tasks":
            self._below, self._fitted = 0.0, False
        put_filters(self._filters)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def resume(self, value: Any) -> None:
        """Hands it the turn, with the answer to what it asked for."""
        self._mine.put(value)

    def took(self, seconds: float, *, fitted: bool) -> None:
        """Is told what one of the calls took that it waits for, and whether that came to a fit of ours."""
        self._below += seconds
        self._fitted |= fitted

    def _run(self) -> None:
        _here.call = self
        result, error, began = None, None, perf_counter()
        put_filters(self._filters)
        try:
            result = self.task.run()
        except BaseException as raised:  # noqa: BLE001  # told to whoever waits for the call
            error = raised
        self._filters = filters()
        if self.lot.parent is not None:
            off = waits.total()
            self.lot.parent.took(perf_counter() - began + off, fitted=off != 0)
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
