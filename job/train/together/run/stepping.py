"""The steps of the fits in a stack: by a graph, by what XLA made of it, or in the optimizer's kernel."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import tensorflow as tf

from job.data.rows import Array
from job.train import spent
from job.train.fits import FitRequest
from job.train.refusals import Refusal
from job.train.together.program import adam_run, batches, xla
from job.train.together.program.program import Program
from job.train.together.program.xla import Changeover
from job.train.together.step import stack

_HELD_TO = 3
"""Steps after which a compiled program's loss has to be the graph's: the later ones see what the first ones changed."""
_NEAR = 1e-2  # of the loss; half precision rounds as coarsely


class FillsMachine(Refusal):
    """One fit's step is so large that stacking fits gains nothing."""


class ComputedOtherwise(Refusal):
    """What XLA made of a program does not compute what the graph does, which was proved."""


@dataclass(eq=False)
class Stepper:
    """The fits of a group that are still in the stack, and their state.

    Attributes:
        requests: all fits of the group.
        program: that trains them.
        initial: values of all variables of each fit.
        numbers: settings that differ, one (fits,) tensor for each of the program's leaves.
        classes: class weights of each fit, (fits, classes).
        operations: floating-point operations of one fit's step, roughly.
        changeover: from graph to XLA.
        by_kernel: whether the optimizer's kernel steps them; None to find out.
        drawn: what each batch that is evaluated adds to variables, by their places: (fits, …), see ``Reference``.
        slots: the fits in the stack, by their places in ``requests``.
    """

    requests: Sequence[FitRequest]
    program: Program
    initial: Sequence[Sequence[Array]]
    numbers: list[Any]
    classes: Any
    operations: float
    changeover: Changeover
    by_kernel: bool | None = None
    drawn: Mapping[int, Array] = field(default_factory=dict)
    slots: Array = field(init=False)
    _state: list[Any] | None = field(init=False, default=None)
    _under_way: adam_run.AdamRun | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.state = stack.stacked(self.initial)
        self.slots = np.arange(len(self.requests))
        if self.by_kernel is None:
            self.by_kernel = adam_run.suits(self.program.kernel, self.requests, self.state)
        self._weights, self._fit = len(self.program.variables.model), len(self.program.variables.fit)
        self._zeros = self.state[self._fit :]

    @property
    def state(self) -> list[Any]:
        """The stack: trainable, other, the optimizer's and metrics' variables."""
        if self._state is None and self._under_way is not None:
            self._state = self._under_way.state()
        return self._state or []

    @state.setter
    def state(self, state: list[Any]) -> None:
        self._state = state
        self._under_way = None

    @property
    def weights(self) -> list[Any]:
        """The part of the state that a prediction depends on."""
        return self.state[: self._weights]

    def segments(self, rows: Sequence[Array]) -> list[batches.Segment]:
        """The steps that some rows of each fit in the stack make."""
        return list(batches.segments(rows, self.requests[0].settings.batch_size))

    def stepped(self, epochs: Sequence[Sequence[batches.Segment]]) -> Iterable[Sequence[Any]]:
        """Does the steps of some epochs, and returns what the metrics tell in each, see ``MetricResults``."""
        if not self.by_kernel or self.changeover.compiled:
            current = [*self.state[: self._fit], *self._fresh()]
            for segment in epochs[0]:
                current = self._steps(current, segment)
            self.state = current
            return [list(self.program.results(current[self._fit :]))]
        if self._under_way is None:
            self._under_way = adam_run.AdamRun(self.program.kernel, self.state)
        self._state = None
        return self._under_way.epochs(epochs, self._fresh(), *self._arguments())

    def once(self, rows: Sequence[Array]) -> list[Array]:
        """The state after one step of each fit on some rows, no more than a batch of each."""
        self.stepped([self.segments(rows)])
        found = [np.asarray(one) for one in self.state]
        self.end()
        return found

    def evaluated(self, segments: Sequence[batches.Segment]) -> list[Any]:
        """What the metrics tell of rows that are not trained on, see ``MetricResults``."""
        weights, metrics, (numbers, classes) = self.weights, self._fresh(), self._arguments()
        for segment in segments:
            given = [*weights, *metrics], numbers, tf.ones_like(classes), tf.constant(segment.indices)
            metrics = list(self.program.evaluate(*given, self.program.table.tensors, tf.constant(segment.begin)))
        self._draw()
        return list(self.program.results(metrics))

    def _draw(self) -> None:
        """Leaves variables as Keras's evaluation leaves them, which the training that follows begins from."""
        if not self.drawn:
            return
        requests = [self.requests[place] for place in self.slots]
        counts = np.array([math.ceil(len(one.validation) / one.settings.batch_size) for one in requests])
        state = list(self.state)
        for place, each in self.drawn.items():
            more = each[self.slots] * counts.reshape(-1, *[1] * (each.ndim - 1)).astype(each.dtype)
            state[place] = tf.constant(np.asarray(state[place]) + more)
        self.state = state

    def warm(self, segment: batches.Segment) -> None:
        """Calls the program once with zero steps, so that setting up its kernels is not timed as a step."""
        if self.by_kernel not in self.program.warm:
            with spent.on("tracing"):
                self.stepped([[replace(segment, indices=segment.indices[:0])]])
            self.program.warm.add(self.by_kernel)

    def look(self, segment: batches.Segment) -> None:
        """Times three steps one by one, whose results are dropped, where they may be long.

        Raises:
            FillsMachine: see there.
        """
        if not self._is_whole(segment) or len(segment.indices) < 3 or self.operations < xla.FEW_OPERATIONS:
            return
        taken, before = [], self.state
        for _ in range(3):
            began = perf_counter()
            np.asarray(next(iter(self.stepped([[replace(segment, indices=segment.indices[:1])]])))[0])
            taken.append(perf_counter() - began)
        self.state = before
        each = min(taken) / len(self.slots)
        if each > xla.FILLS and self.changeover.policy.compiling == "measured":
            raise FillsMachine(f"a step takes {1e3 * each:.0f} ms, so large that one fit fills the machine")

    def compilation(self, segment: batches.Segment) -> Callable[[], Callable[[], Any]] | None:
        """Prepares to have the program compiled for the stack as it is, see ``Changeover``; None where not all step."""
        if not self._is_whole(segment):
            return None

        def compile_() -> Callable[[], Any]:
            current = [*self.state[: self._fit], *self._fresh()]
            _ = self.program.results.traced  # here, and not in a thread beside
            return partial(self._held, self._given(current, segment, min(_HELD_TO, len(segment.indices))))

        return compile_

    def _held(self, given: Any) -> None:
        """Calls the compiled program for some steps, whose results are dropped.

        Raises:
            ComputedOtherwise: they are not the graph's, as far as the loss tells.
        """
        compiled, graph = self.program.train_compiled(*given), self.program.train(*given)
        mine, its = (np.asarray(self.program.results(one[self._fit :])[0], np.float64) for one in (compiled, graph))
        near = np.abs(mine - its) <= _NEAR * np.maximum(np.abs(its), 1e-3)
        if not np.all(near | ~np.isfinite(its) & ~np.isfinite(mine)):
            worst = int(np.argmin(near))
            raise ComputedOtherwise(
                f"the program that it compiled has a loss of {mine[worst]:.6g} instead of {its[worst]:.6g}"
            )

    def stay(self, slots: Array) -> None:
        """Only the fits in these slots stay in the stack."""
        self.changeover.back()
        self.state = stack.take(self.state, slots) if len(slots) else []
        self.slots = self.slots[slots]

    def end(self) -> None:
        """Waits for a compilation under way, and gives back the kernel's memory."""
        self.changeover.end()
        if self.by_kernel:
            self.program.kernel.adam.kept.clear()

    def _fresh(self) -> list[Any]:
        """Metrics as an epoch begins."""
        if len(self.slots) == len(self.requests):
            return list(self._zeros)
        return [tensor[: len(self.slots)] for tensor in self._zeros]

    def _arguments(self) -> tuple[list[Any], Any]:
        """Numbers and class weights of the fits in the stack."""
        if len(self.slots) == len(self.requests):
            return self.numbers, self.classes
        return [tf.gather(one, self.slots) for one in self.numbers], tf.gather(self.classes, self.slots)

    def _is_whole(self, segment: batches.Segment) -> bool:
        """Whether all fits do these steps, with full batches: what may be compiled."""
        return segment.full and segment.end - segment.begin == len(self.slots)

    def _steps(self, current: list[Any], segment: batches.Segment) -> list[Any]:
        """Does a segment's steps."""
        given = self._given(current, segment, len(segment.indices))
        if self.changeover.compiled and self._is_whole(segment):
            return list(self.program.train_compiled(*given))
        return list(self.program.train_some(*given, tf.constant(segment.begin)))

    def _given(self, current: list[Any], segment: batches.Segment, steps: int) -> Any:
        table = self.program.table.tensors
        return current, *self._arguments(), tf.constant(segment.indices), table, tf.constant(steps)
