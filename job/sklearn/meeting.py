"""Calls that meet: each runs until it gets to an estimator's ``fit``, and waits there until all that wait are trained.

Each call is a thread, so that what Python, NumPy, joblib and scikit-learn keep for each thread is its own; but only one
runs at a time, when it is handed the turn. The thread that holds the meeting trains, and does all that touches Keras.
What is of the whole process and changed inside a ``with``, the warnings' filters, is kept and put back at each turn.
"""

import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, TypeVar

from job.sklearn import rows as rows_of
from job.sklearn.asks import Answer, Ask
from job.sklearn.progress import Bar
from job.sklearn.workshop import Workshop

T = TypeVar("T")

_OPEN = 256  # calls that wait at once
_BYTES = 512 * 1024 * 1024  # that those which wait may hold
_HELD = 3  # times its own rows that a call may hold: given, split, transformed


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
    """

    run: Callable[[], Any]
    done: Callable[[Any, BaseException | None], None]
    ask: Ask | None = None
    give: Callable[[Answer | Exception], None] | None = None


@dataclass(eq=False)
class _Lot:
    """Tasks that one call of ``Parallel`` waits for."""

    left: int
    parent: "_Call | None"
    error: BaseException | None = None


@dataclass(eq=False)
class _Call:
    """A task under way in its thread."""

    task: Task
    lot: _Lot
    meeting: "Meeting"
    ask: Ask | None = None
    _mine: SimpleQueue[Any] = field(default_factory=SimpleQueue)
    _filters: Any = None

    def begin(self) -> None:
        self._filters = _kept()
        threading.Thread(target=self._run, name="tunejob-call", daemon=True).start()

    def say(self, word: str, value: Any) -> Any:
        """Hands over the turn, and waits for it to come back with an answer."""
        self._filters = _kept()
        self.meeting.said.put((word, value))
        answer = self._mine.get()
        if answer is Left:
            raise Left
        _put(self._filters)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def resume(self, value: Any) -> None:
        self._mine.put(value)

    def _run(self) -> None:
        _here.call = self
        result, error = None, None
        _put(self._filters)
        try:
            result = self.task.run()
        except BaseException as raised:  # noqa: BLE001  # told to whoever waits for the call
            error = raised
        self._filters = _kept()
        self.meeting.said.put(("end", (result, error)))


_here = threading.local()


def call() -> "_Call | None":
    """The call whose thread this is."""
    return getattr(_here, "call", None)


def workshop() -> Workshop | None:
    """What the search under way keeps, in this thread or in its call's meeting."""
    running = call()
    found: Workshop | None = running.meeting.workshop if running is not None else getattr(_here, "workshop", None)
    return found


@contextmanager
def opened(bar: Bar | None = None) -> Iterator[Workshop]:
    """Keeps what is traced and read until this ends; the outermost keeps it, and shows its bar, for those within."""
    known = workshop()
    if known is not None:
        yield known
        return
    _here.workshop = Workshop() if bar is None else Workshop(bar)
    try:
        yield _here.workshop
    finally:
        _here.workshop.bar.end()
        del _here.workshop


def asked(ask: Ask) -> Answer:
    """Trains one fit: with others, where this is a call of a meeting; else by itself.

    Raises:
        Exception: whatever the fit raises.
    """
    running = call()
    if running is not None:
        found: Answer = running.say("ask", ask)
        return found
    return (workshop() or Workshop()).one(ask)


def done_there(function: Callable[[], T]) -> T:
    """Calls something in the thread that holds the meeting, whose Keras it is; where there is none, here."""
    running = call()
    if running is None:
        return function()
    found: T = running.say("do", function)
    return found


def meet(tasks: Sequence[Task]) -> None:
    """Runs tasks until all have ended; the first that fails ends it, and the others are left."""
    running = call()
    if running is not None:
        running.say("tasks", tasks)
        return
    with opened() as kept:
        Meeting(kept).run(tasks)


@dataclass(eq=False)
class Meeting:
    """One, held by the thread that called ``run``."""

    workshop: Workshop
    said: SimpleQueue[Any] = field(default_factory=SimpleQueue)
    _todo: deque[tuple[Task, _Lot]] = field(default_factory=deque)
    _waiting: list[tuple[Ask, _Call | tuple[Task, _Lot]]] = field(default_factory=list)
    _parked: set[_Call] = field(default_factory=set)

    def run(self, tasks: Sequence[Task]) -> None:
        """Runs tasks, and all that they spawn."""
        lot = _Lot(len(tasks), None)
        self._todo.extend((task, lot) for task in tasks)
        self.workshop.bar.add(len(tasks))
        try:
            while (self._todo or self._waiting) and lot.error is None:
                if self._todo and self._has_room():
                    self._start(*self._todo.popleft())
                else:
                    self._train(lot)
        finally:
            self._leave()

    def _has_room(self) -> bool:
        held = [ask for ask, whose in self._waiting if isinstance(whose, _Call)]
        rows = sum(_HELD * rows_of.size(ask.rows.X) for ask in held)
        return len(self._waiting) < _OPEN and (rows < _BYTES or not held)

    def _start(self, task: Task, lot: _Lot) -> None:
        if lot.error is not None:
            return
        if task.ask is not None:
            self._waiting.append((task.ask, (task, lot)))
            return
        self._begin(task, lot)

    def _begin(self, task: Task, lot: _Lot) -> None:
        running = _Call(task, lot, self)
        before = _kept()
        running.begin()
        self._listen(running, before)

    def _train(self, lot: _Lot) -> None:
        """Trains those that wait; each goes on as soon as its group is trained."""
        waiting, self._waiting = self._waiting, []
        open_ = dict(enumerate(waiting))
        try:
            for place, answer in self.workshop.train([ask for ask, _ in waiting]):
                if lot.error is not None:
                    return
                _, whose = open_.pop(place)
                self._go_on(whose, answer)
        finally:
            self._waiting += open_.values()

    def _go_on(self, whose: "_Call | tuple[Task, _Lot]", answer: Answer | Exception) -> None:
        if _lot(whose).error is not None:
            return
        if isinstance(whose, _Call):
            self._resume(whose, answer)
            return
        task, lot = whose
        if task.give is not None:
            task.give(answer)
        self._begin(task, lot)

    def _resume(self, running: _Call, value: Any) -> None:
        before = _kept()
        running.resume(value)
        self._listen(running, before)

    def _listen(self, running: _Call, before: Any) -> None:
        """Waits until a call that has the turn hands it back for good, doing what it asks for at once."""
        while True:
            self._parked.add(running)  # should this wait be interrupted
            word, value = self.said.get()
            if word == "do":
                running.resume(_tried(value, before))
                continue
            _put(before)
            self._heard(running, word, value)
            return

    def _heard(self, running: _Call, word: str, value: Any) -> None:
        if word == "ask":
            self._waiting.append((value, running))
        elif word == "tasks":
            lot = _Lot(len(value), running)
            self._todo.extendleft((task, lot) for task in reversed(value))
            if not value:
                self._resume(running, None)
        else:
            self._ended(running, *value)

    def _ended(self, running: _Call, result: Any, error: BaseException | None) -> None:
        self._parked.discard(running)
        lot = running.lot
        if isinstance(error, Left):
            return
        if lot.error is None:
            running.task.done(result, error)
        lot.left -= 1
        if lot.parent is None:
            self.workshop.bar.advance()
        lot.error = lot.error or error
        if lot.parent is not None and (lot.left == 0 or lot.error is error is not None):
            self._drop(lot)
            self._resume(lot.parent, None)

    def _drop(self, lot: _Lot) -> None:
        """Leaves the other tasks of a lot of which one failed."""
        if lot.error is None:
            return
        self._todo = deque(pair for pair in self._todo if pair[1] is not lot)
        self._waiting = [pair for pair in self._waiting if _lot(pair[1]) is not lot]

    def _leave(self) -> None:
        """Ends all calls that still wait, one by one."""
        for running in list(self._parked):
            running.resume(Left)
            while self.said.get()[0] != "end":
                running.resume(Left)
        self._parked.clear()


def _lot(whose: "_Call | tuple[Task, _Lot]") -> _Lot:
    return whose.lot if isinstance(whose, _Call) else whose[1]


def _tried(function: Callable[[], Any], filters: Any) -> Any:
    del filters  # those of the call hold: what is done is its own
    try:
        return function()
    except Exception as error:  # noqa: BLE001  # raised in the call
        return error


_NAMES = ("filters", "showwarning", "_showwarnmsg_impl")


def _kept() -> dict[str, Any]:
    """What ``warnings.catch_warnings`` changes for the whole process."""
    return {name: vars(warnings)[name] for name in _NAMES}


def _put(state: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        pass  # entering and leaving makes every module look anew at the filters
    vars(warnings).update(state)
