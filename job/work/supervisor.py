"""The watching process: feeds shards to a process that trains, notices how it ends, starts another where that helps.

It imports neither TensorFlow nor user code, so it survives what they do, answers signals at once, and can say by which
signal a fit killed its worker. On a laptop and in a pod alike.
"""

import os
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FrameType

from job.errors import ExitCode, TunejobError, error_of
from job.store import Store
from job.work import attempts, events
from job.work.child import Child
from job.work.orders import Orders

_FRUITLESS = 3  # deaths before any group began, after which starting again is no use


class Terminated(BaseException):
    """SIGTERM has come; not an ``Exception``, so that nothing on the way takes it for a fault."""


@dataclass
class Supervisor:
    """Watches one child at a time.

    ``announce`` is called with a shard's number when it is done.
    """

    orders: Orders
    store: Store
    announce: Callable[[int], None]
    _child: Child | None = None
    _in_flight: tuple[int, str] | None = None  # shard and nonce of the group being trained
    _fruitless: int = 0

    def run(self, shards: Iterable[int | None]) -> None:
        """Has each shard done (None: the one task that is no shard) and ends the child.

        Raises:
            TunejobError: the child's own error, or its repeated death.
            Terminated: on SIGTERM; finished work is stored, and the group in flight is not blamed.
        """
        signal.signal(signal.SIGTERM, _terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the controller's to answer: it sends SIGTERM
        try:
            for shard in shards:
                while not self._done(shard):
                    pass
            if self._child is not None:
                self._child.feed(None)
                self._child.process.wait()
        except Terminated:
            self._stop()
            raise
        except BaseException:
            if self._child is not None:
                self._child.end()
            raise

    def _done(self, shard: int | None) -> bool:
        """Feeds one shard to the child and waits; False when another child must go on with it."""
        child = self._child = self._child or Child.start(self.orders, dict(os.environ))
        if shard is not None:
            child.feed(shard)
        for event in child.events():
            if event is None:
                self._check_pulse(child)
            elif event["event"] == "group":
                self._in_flight, self._fruitless = (event["shard"], event["nonce"]), 0
            elif event["event"] == "stored":
                self._in_flight = None
            elif event["event"] == "error":
                child.process.wait()
                raise error_of(event["code"], event["message"])
            elif event["event"] == "done":
                self.announce(event["shard"])
                return True
        return self._ended(child, shard)

    def _ended(self, child: Child, shard: int | None) -> bool:
        self._child = None
        code = child.process.returncode
        if code == 0:
            return shard is None  # without a shard the task is done; with one the child retired
        if self._in_flight is not None and code < 0:
            attempts.died(self.store, self.orders.keys, *self._in_flight, signal=-code)
            events.log(shard=shard, worker="killed", signal=signal.Signals(-code).name)
            self._in_flight = None
            return False
        self._fruitless += 1
        if self._fruitless < _FRUITLESS and shard is not None:
            return False
        raise TunejobError(_death(code))

    def _check_pulse(self, child: Child) -> None:
        if child.silent < self.orders.stall:
            return
        child.dump_stacks()
        list(zip(range(2), child.events(), strict=False))  # two seconds for the stacks to be written
        child.process.kill()
        child.process.wait()
        raise TunejobError(
            f"the worker gave no sign of life for {child.silent:.0f} s and was ended; the stacks of its threads are in "
            "its log. If a step or the loading of data may take longer, raise `stall` in the study's `cluster`."
        )

    def _stop(self) -> None:
        if self._child is not None:
            self._child.end()
        if self._in_flight is not None:
            attempts.released(self.store, self.orders.keys, *self._in_flight)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


def _death(code: int) -> str:
    if code >= 0:
        return f"the worker ended with exit code {code} before it trained anything; its log says why"
    name = signal.Signals(-code).name
    hint = " (out of memory, most often: does the data fit?)" if -code == signal.SIGKILL else ""
    return f"the worker was killed by {name}{hint} before it trained anything, {_FRUITLESS} times"


def exit_code(error: BaseException) -> int:
    """What a worker that ends with this error exits with."""
    if isinstance(error, TunejobError):
        return int(error.exit_code)
    return int(ExitCode.TERMINATED) if isinstance(error, Terminated) else int(ExitCode.BUG)
