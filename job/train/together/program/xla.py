"""Which way a group goes, weighed by what was measured on this machine: tracing and compiling against the steps to run.

The ways, in the order tried: one trace that serves all shapes; one trace for this shape; Keras ``fit``. Either trace
starts as a graph. When the steps left would repay it, XLA compiles the same trace in a thread beside, and the group
changes over between two epochs; a worker with one core waits for it, as steps beside would only take it from the
compiler. A step so large that it fills the machine by itself goes by ``fit``.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal

from job.study import times
from job.train import clock, device_faults, pulse, spent
from job.train.patches import tensorflow_log
from job.train.refusals import Refusal
from job.train.together import expected
from job.train.together.program.program import Program
from job.train.ways import Compiled

FILLS = 0.02
"""Seconds of one fit's step from which stacking fits gains nothing: Keras's own work is a millisecond of it."""

FEW_OPERATIONS = 1e8
"""A step with fewer operations than this never takes ``FILLS`` seconds."""

_REPAID = 1.3  # times its cost that compiling has to save, as far as can be foreseen
_SLOWER = 1.1  # times a graph's epoch that compiled ones have to take, two of them, to be left again


@dataclass(frozen=True)
class Policy:
    """What may be chosen from.

    Attributes:
        free: whether dimensions may be left unknown, in the order to try.
        compiling: "measured" decides by the steps left; the others are for tests.
        strict: whether an error that nobody foresaw is raised, and not only told: so in this project's tests.
    """

    free: tuple[bool, ...] = (True, False)
    compiling: Literal["measured", "at once", "after an epoch", "never"] = "measured"
    strict: bool = field(default_factory=lambda: os.environ.get("TUNEJOB_STRICT") == "1")


@dataclass
class Changeover:
    """From graph to XLA, for one group.

    Attributes:
        program: the group's.
        policy: what may be chosen from.
        compiled: whether the compiled program is in use.
        why: the last decision, in words.
    """

    program: Program
    policy: Policy
    compiled: bool = False
    why: str = "compiling was not weighed"
    ever: bool = False
    _thread: threading.Thread | None = None
    _seconds: float = 0.0
    _error: Exception | None = None
    _graph: float | None = field(default=None)
    _compiled: list[float] = field(default_factory=list)

    @property
    def used(self) -> Compiled:
        """Since when the compiled program was used."""
        if not self.ever:
            return "no"
        return "at once" if self.policy.compiling == "at once" else "midway"

    def begin(self, compile_: Callable[[], Callable[[], Any]] | None) -> None:
        """Before the first epoch."""
        if compile_ is not None and self.policy.compiling == "at once" and self._may():
            self._start(compile_)
            self._wait()

    def ended(self, seconds: float, epochs_left: int, compile_: Callable[[], Callable[[], Any]] | None) -> None:
        """After an epoch: changes over when the compiled program is ready, and has it compiled when that pays.

        Args:
            seconds: the epoch's full batches took.
            epochs_left: still to run.
            compile_: prepares a call of the compiled program, so that it is compiled, and returns what makes the call,
                which raises ``Refusal`` where it is not right; None where it can't be.
        """
        if self.compiled:
            self._compare(seconds)
            return
        is_first, self._graph = self._graph is None, min(seconds, self._graph or seconds)
        if self._thread is not None:
            if not self._thread.is_alive():
                self._wait()
        elif is_first and self._waits(seconds):
            self.why = "too short to weigh compiling"
        elif compile_ is not None and epochs_left and self._may() and self._pays(self._graph * epochs_left):
            self._start(compile_)
            if self.policy.compiling == "after an epoch" or clock.cores() == 1:
                self._wait()

    def back(self) -> None:
        """The group's shape changes: what was compiled for it is of no use."""
        self.compiled, self._graph, self._compiled = False, None, []
        self._join()
        self._thread = None

    def _may(self) -> bool:
        if self.policy.compiling == "never":
            self.why = "compiling was not allowed"
            return False
        if self.program.unlike:
            self.why = f"XLA draws other random numbers for {', '.join(sorted(self.program.unlike))}"
            return False
        if self.program.uncompilable is not None:
            self.why = self.program.uncompilable
            return False
        return True

    def _waits(self, seconds: float) -> bool:
        """A first epoch takes longer than others; where it is short all the same, the second tells more."""
        return self.policy.compiling == "measured" and seconds < self.program.compile_seconds / 4

    def _pays(self, left: float) -> bool:
        if self.policy.compiling != "measured":
            return True
        program = self.program
        saved, cost = left * (1 - program.ratio), program.compile_seconds
        told = times.duration
        self.why = f"{told(left)} of steps left, XLA would save {told(saved)} and compiling costs {told(cost)}"
        return saved > _REPAID * cost

    def _start(self, compile_: Callable[[], Callable[[], Any]]) -> None:
        _ = self.program.train_compiled  # traced here, as tracing changes Keras for all threads
        call = compile_()

        def run() -> None:
            began, timed = perf_counter(), clock.now()
            try:
                with tensorflow_log.traced_on_purpose():
                    call()
            except Exception as error:  # noqa: BLE001  # told where the thread is joined; the graph goes on
                self._error = error
            self._seconds = clock.now() - timed
            spent.add("compiling", perf_counter() - began)

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def _wait(self) -> None:
        if self._thread is None:
            return
        with pulse.excused("compiling"):
            self._join()
        self.program.measured_compile = self._seconds
        if self.program.uncompilable is None:
            self.compiled = self.ever = True
        else:
            self.why = self.program.uncompilable

    def _compare(self, seconds: float) -> None:
        """Goes back to the graph when that was faster."""
        if not self._graph or len(self._compiled) == 2:
            return
        self._compiled.append(seconds)
        self.program.ratio = min(self._compiled) / self._graph
        if len(self._compiled) == 2 and self.program.ratio > _SLOWER and self.policy.compiling == "measured":
            self.compiled = False
            self.why += ", but the graph is faster"

    def end(self) -> None:
        """Waits for a compilation under way: ending the process during one would crash it."""
        self._join()

    def _join(self) -> None:
        if self._thread is None:
            return
        with spent.on("waiting"):
            self._thread.join()
        if self._error is not None:
            error, self._error = self._error, None
            device_faults.check(error)
            self.program.uncompilable = _why_not(error, strict=self.policy.strict)


def _why_not(error: Exception, *, strict: bool) -> str:
    """Why a compiled program is not used."""
    if isinstance(error, Refusal):
        return f"what XLA compiled is not used: {error}"
    return f"XLA cannot compile it: {expected.told(error, strict=strict)}"
