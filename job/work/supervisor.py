"""The watching process: feeds shards to a process that trains, notices how it ends, starts another where that helps.

It imports neither TensorFlow nor user code, so it survives what they do, answers signals at once, and can say by which
signal a fit killed its worker. On a laptop and in a pod alike.
"""

import os
import signal
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

from job.errors import DataError, ExitCode, Incomplete, StoreError, TunejobError, error_of
from job.results import device_words
from job.store import Store
from job.study import times
from job.work import attempts, events
from job.work.child import Child
from job.work.orders import Orders

_EXCUSED = "excused "
_FRUITLESS = 3  # deaths before any group began, after which starting again is no use


class Terminated(BaseException):
    """SIGTERM has come; not an ``Exception``, so that nothing on the way takes it for a fault."""


@dataclass(frozen=True)
class _InFlight:
    """What the child is at: a group whose mark is stored, or one fit whose model is looked at, without a mark yet."""

    shard: int
    nonce: str | None = None
    fit: str = ""


@dataclass
class Supervisor:
    """Watches one child at a time.

    ``announce`` is called with a shard's number when it is done, ``tell`` with what a task that is no shard is at.
    """

    orders: Orders
    store: Store
    announce: Callable[[int], None]
    tell: Callable[[str], None] = lambda _: None
    _child: Child | None = None
    _in_flight: _InFlight | None = None
    _fruitless: int = 0
    _doing: str = ""

    def run(self, shards: Iterable[int | None], name: Callable[[], str] | None = None) -> None:
        """Has each shard done (None: the one task that is no shard) and ends the child.

        Args:
            shards: their numbers.
            name: tells the run's name, where that is not known yet: the child imports TensorFlow in the meantime.

        Raises:
            TunejobError: the child's own error, or its repeated death.
            Terminated: on SIGTERM; finished work is stored.
        """
        signal.signal(signal.SIGTERM, _terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the controller's to answer: it sends SIGTERM
        try:
            if name is not None:
                self._begin(name)
            for shard in shards if name is None or self.orders.run else ():
                while not self._done(shard):
                    pass
            if self._child is not None:
                self._child.feed(None)
                self._child.process.wait()
        except BaseException:
            self._stop()
            raise

    def _begin(self, name: Callable[[], str]) -> None:
        self._child = Child.start(self.orders, dict(os.environ))
        self.orders = replace(self.orders, run=name())
        if self.orders.run:
            self._child.feed(self.orders.run)

    def _done(self, shard: int | None) -> bool:
        """Feeds one shard to the child and waits; False when another child must go on with it."""
        child = self._child = self._child or Child.start(self.orders, dict(os.environ))
        if shard is not None:
            child.feed(shard)
        for event in child.events():
            kind = None if event is None else event["event"]
            if event is None:
                self._check_pulse(child)
            elif kind in ("look", "group"):
                self._in_flight, self._fruitless = _in_flight(event), 0
            elif kind == "beat" or str(kind).startswith(_EXCUSED):
                self._hear(str(kind))
            elif kind == "stored":
                self._in_flight = None
            elif kind == "error":
                raise self._told(child, event)
            elif kind == "retired":
                self._resume(child, shard)
            elif kind == "done":
                self._in_flight = None
                self.announce(event["shard"])
                return True
        return self._ended(child, shard)

    def _told(self, child: Child, event: Mapping[str, Any]) -> TunejobError:
        """The error that the child told, and ends with."""
        child.process.wait()
        if event["code"] == ExitCode.INCOMPLETE:  # the device failed it: another worker may have a better one
            self._blame(event["message"], device=True)
        return error_of(event["code"], event["message"])

    def _hear(self, kind: str) -> None:
        """Keeps what the child is at, so that its death can be told with it."""
        self._doing = kind.removeprefix(_EXCUSED) if kind.startswith(_EXCUSED) else ""
        if self._doing and self.orders.task != "shards":
            self.tell(self._doing)

    def _resume(self, child: Child, shard: int | None) -> None:
        """Tells a fresh process in the child's place what it is at."""
        self._in_flight, child.excused = None, True  # it loads the data anew
        for word in (None if child.orders.run else self.orders.run, shard):
            if word is not None:
                child.feed(word)

    def _ended(self, child: Child, shard: int | None) -> bool:
        self._child = None
        code = child.process.wait()  # it has ended
        if self._in_flight is not None:
            line = device_words.last_words(child.log.tail()) if code < 0 else None
            if line is None:
                self._blame(attempts.ending(code))
                return False
            self._blame(line, device=True)
            raise Incomplete(device_words.told(line))
        if code == 0:
            return shard is None  # without a shard the task is done; with one it retired
        self._fruitless += 1
        if self._fruitless < _FRUITLESS and shard is not None:
            return False
        if self._doing and self._doing != "importing TensorFlow":  # the user's code was running
            raise DataError(f"{_death(self.orders, code, self._doing)}")
        raise TunejobError(_death(self.orders, code))

    def _blame(self, how: str, *, device: bool = False) -> None:
        """Stores that the child ended amid what it was at, by its own fault or the device's."""
        found, keys = self._in_flight, self.orders.keys
        if found is not None:
            nonce = found.nonce or self._begin_late(found)
            tell = attempts.device_failed if device else attempts.died
            tell(self.store, keys, found.shard, nonce, how)
            events.log(shard=found.shard, worker=how)
        self._in_flight = None

    def _begin_late(self, found: _InFlight) -> str:
        return attempts.begin(self.store, self.orders.keys, found.shard, [found.fit], place=self.orders.place)

    def _check_pulse(self, child: Child) -> None:
        if child.silent < self.orders.stall:
            return
        silent = f"gave no sign of life for {times.duration(round(child.silent))} and was ended"
        child.dump_stacks()
        list(zip(range(2), child.events(), strict=False))  # two seconds for the stacks to be written
        child.process.kill()
        child.process.wait()
        self._blame(silent)
        raise TunejobError(
            f"the worker {silent}; the stacks of its threads are in its log. "
            "If a step or the loading of data may take longer, raise `stall` in the study's `cluster`."
        )

    def _stop(self) -> None:
        """Ends the child, if there is one; what it was at is not blamed."""
        if self._child is not None:
            self._child.end()
        if self._in_flight is not None and self._in_flight.nonce is not None:
            with suppress(StoreError):  # an error is under way already; at worst the fits are tried in less company
                attempts.released(self.store, self.orders.keys, self._in_flight.shard, self._in_flight.nonce)


def _in_flight(event: Mapping[str, Any]) -> _InFlight:
    return _InFlight(event["shard"], event.get("nonce"), event.get("fit", ""))


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


def _death(orders: Orders, code: int, doing: str = "") -> str:
    amid = f" while {doing}" * bool(doing)
    if orders.task != "shards":
        what = "prepares" if orders.task == "prepare" else "trains the best trial on all rows"
        return f"the worker that {what} {_passive(code)}{amid}; its log says more"
    return f"the worker {_passive(code)}{amid} before it began a fit, {_FRUITLESS} times; its log says more"


def _passive(code: int) -> str:
    return f"was {attempts.ending(code)}" if code < 0 else attempts.ending(code)


def exit_code(error: BaseException) -> int:
    """What a worker that ends with this error exits with."""
    if isinstance(error, TunejobError):
        return int(error.exit_code)
    return int(ExitCode.TERMINATED) if isinstance(error, Terminated) else int(ExitCode.BUG)
