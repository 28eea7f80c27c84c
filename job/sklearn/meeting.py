"""Calls that meet: each runs until it gets to an estimator's ``fit``, and waits there until all that wait are trained.

The thread that holds the meeting trains, and does all that touches Keras.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from queue import SimpleQueue
from time import perf_counter
from typing import Any, TypeVar

from job.sklearn import calls
from job.sklearn import rows as rows_of
from job.sklearn.asks import Answer, Ask
from job.sklearn.calls import Call, Lot, MeetingOver, Task
from job.sklearn.progress import Bar
from job.sklearn.search_cache import SearchCache
from job.sklearn.turns import unnoticed

T = TypeVar("T")

_OPEN = 256  # calls that wait at once
_BYTES = 512 * 1024 * 1024  # that those which wait may hold
_HELD = 3  # times its own rows that a call may hold: given, split, transformed

_here = threading.local()


def cache() -> SearchCache | None:
    """What the search under way keeps, in this thread or in its call's meeting."""
    running = calls.running()
    found: SearchCache | None = running.cache if running is not None else getattr(_here, "cache", None)
    return found


@contextmanager
def opened(bar: Bar | None = None) -> Iterator[SearchCache]:
    """Keeps what is traced and read until this ends; the outermost keeps it, and shows its bar, for those within."""
    known = cache()
    if known is not None:
        yield known
        return
    _here.cache = SearchCache() if bar is None else SearchCache(bar)
    try:
        yield _here.cache
    finally:
        _here.cache.bar.end()
        del _here.cache


def asked(ask: Ask) -> Answer:
    """Trains one fit: with others, where this is a call of a meeting; else by itself.

    Raises:
        Exception: whatever the fit raises.
    """
    running = calls.running()
    if running is not None:
        found: Answer = running.say("ask", ask)
        return found
    return (cache() or SearchCache()).training.one(ask)


def done_there(function: Callable[[], T]) -> T:
    """Calls something in the thread that holds the meeting, whose Keras it is; where there is none, here."""
    running = calls.running()
    if running is None:
        with unnoticed():
            return function()
    found: T = running.say("do", function)
    return found


def set_there(function: Callable[[], None]) -> None:
    """Calls what sets something of that thread's Keras, which stays so: ``done_there`` leaves all as it was."""
    running = calls.running()
    if running is None:
        function()
    else:
        running.say("set", function)


def meet(tasks: Sequence[Task]) -> None:
    """Runs tasks until all have ended; the first that fails ends it, and the others are left."""
    running = calls.running()
    if running is not None:
        running.say("tasks", tasks)
        return
    with opened() as kept:
        Meeting(kept).run(tasks)


@dataclass(eq=False)
class Meeting:
    """One, held by the thread that called ``run``."""

    cache: SearchCache
    said: SimpleQueue[Any] = field(default_factory=SimpleQueue)
    _todo: deque[tuple[Task, Lot]] = field(default_factory=deque)
    _waiting: list[tuple[Ask, Call | tuple[Task, Lot]]] = field(default_factory=list)
    _parked: set[Call] = field(default_factory=set)

    def run(self, tasks: Sequence[Task]) -> None:
        """Runs tasks, and all that they spawn."""
        lot = Lot(len(tasks), None)
        self._todo.extend((task, lot) for task in tasks)
        self.cache.bar.add(len(tasks))
        try:
            while (self._todo or self._waiting) and lot.error is None:
                if self._todo and self._has_room():
                    self._start(*self._todo.popleft())
                else:
                    self._train(lot)
        finally:
            self._leave()

    def _has_room(self) -> bool:
        held = [ask for ask, whose in self._waiting if isinstance(whose, Call)]
        rows = sum(_HELD * rows_of.size(ask.rows.X) for ask in held)
        return len(self._waiting) < _OPEN and (rows < _BYTES or not held)

    def _start(self, task: Task, lot: Lot) -> None:
        if lot.error is not None:
            return
        if task.ask is not None:
            self._waiting.append((task.ask, (task, lot)))
            return
        self._begin(task, lot)

    def _begin(self, task: Task, lot: Lot) -> None:
        if task.is_theirs:
            self._call_here(task, lot)
            return
        running = Call(task, lot, self.said, self.cache)
        before = calls.filters()
        running.begin()
        self._listen(running, before)

    def _call_here(self, task: Task, lot: Lot) -> None:
        result, error, began = None, None, perf_counter()
        try:
            result = task.run()
        except Exception as raised:  # noqa: BLE001  # told to whoever waits for the call
            error = raised
        if lot.parent is not None:
            lot.parent.took(perf_counter() - began, fitted=False)
        self._ended(task, lot, result, error)

    def _train(self, lot: Lot) -> None:
        """Trains those that wait; each goes on as soon as its group is trained."""
        waiting, self._waiting = self._waiting, []
        open_ = dict(enumerate(waiting))
        try:
            for place, answer in self.cache.training.train([ask for ask, _ in waiting]):
                if lot.error is not None:
                    return
                _, whose = open_.pop(place)
                self._go_on(whose, answer)
        finally:
            self._waiting += open_.values()

    def _go_on(self, whose: Call | tuple[Task, Lot], answer: Answer | Exception) -> None:
        if _lot(whose).error is not None:
            return
        if isinstance(whose, Call):
            self._resume(whose, answer)
            return
        task, lot = whose
        if task.give is not None:
            task.give(answer)
        self._begin(task, lot)

    def _resume(self, running: Call, value: Any) -> None:
        before = calls.filters()
        running.resume(value)
        self._listen(running, before)

    def _listen(self, running: Call, before: Any) -> None:
        """Waits until a call that has the turn hands it back for good, doing what it asks for at once."""
        while True:
            self._parked.add(running)  # should this wait be interrupted
            word, value = self.said.get()
            if word in ("do", "set"):
                running.resume(_tried(value, stays=word == "set"))
                continue
            calls.put_filters(before)
            self._heard(running, word, value)
            return

    def _heard(self, running: Call, word: str, value: Any) -> None:
        if word == "ask":
            self._waiting.append((value, running))
        elif word == "tasks":
            lot = Lot(len(value), running)
            self._todo.extendleft((task, lot) for task in reversed(value))
            if not value:
                self._resume(running, None)
        else:
            self._parked.discard(running)
            self._ended(running.task, running.lot, *value)

    def _ended(self, task: Task, lot: Lot, result: Any, error: BaseException | None) -> None:
        if isinstance(error, MeetingOver):
            return
        if lot.error is None:
            task.done(result, error)
        lot.left -= 1
        if lot.parent is None:
            self.cache.bar.advance()
        lot.error = lot.error or error
        if lot.parent is not None and (lot.left == 0 or lot.error is error is not None):
            self._drop(lot)
            self._resume(lot.parent, None)

    def _drop(self, lot: Lot) -> None:
        """Leaves the other tasks of a lot of which one failed."""
        if lot.error is None:
            return
        self._todo = deque(pair for pair in self._todo if pair[1] is not lot)
        self._waiting = [pair for pair in self._waiting if _lot(pair[1]) is not lot]

    def _leave(self) -> None:
        """Ends all calls that still wait, one by one."""
        for running in list(self._parked):
            running.resume(MeetingOver)
            while self.said.get()[0] != "end":
                running.resume(MeetingOver)
        self._parked.clear()


def _lot(whose: Call | tuple[Task, Lot]) -> Lot:
    return whose.lot if isinstance(whose, Call) else whose[1]


def _tried(function: Callable[[], Any], *, stays: bool) -> Any:
    # The warnings' filters of the call hold: what is done is its own.
    try:
        with nullcontext() if stays else unnoticed():
            return function()
    except Exception as error:  # noqa: BLE001  # raised in the call
        return error
