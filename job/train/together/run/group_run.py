"""A group under way: epochs of all its fits in one stack, each stopping by itself."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import tensorflow as tf

from job.data.rows import Array
from job.train import clock, pulse, spent
from job.train.fits import Checkpoint, FitRequest
from job.train.together.program import adam_run, batches, xla
from job.train.together.program.program import Program
from job.train.together.program.xla import Changeover
from job.train.together.run import checkpoint, early_stopping
from job.train.together.run.kept_weights import Ends
from job.train.together.run.metrics import logged
from job.train.together.step import stack

_UNWATCHED = 0.25  # seconds of epochs made in one go


class FillsMachine(Exception):
    """One fit's step is so large that stacking fits gains nothing."""


@dataclass(eq=False)
class Running:
    """One group being trained by one program.

    Attributes:
        requests: its fits.
        program: that trains them.
        initial: values of all variables of each fit.
        numbers: settings that differ, one (fits,) tensor for each of the program's leaves.
        classes: class weights of each fit, (fits, classes).
        operations: floating-point operations of one fit's step, roughly.
        changeover: from graph to XLA.
        checkpoint: where the state is kept every five minutes, or nothing.
        slots: the fits in the stack, by their places in ``requests``.
        idle: which slots hold fits that have stopped.
        ends: what becomes of the fits.
    """

    requests: Sequence[FitRequest]
    program: Program
    initial: Sequence[Sequence[Array]]
    numbers: list[Any]
    classes: Any
    operations: float
    changeover: Changeover
    checkpoint: Checkpoint | None = None
    slots: Array = field(init=False)
    idle: Array = field(init=False)
    ends: Ends = field(init=False)
    seats: list[early_stopping.Seat] = field(init=False)
    begin: int = 0
    _state: list[Any] | None = field(init=False, default=None)
    _under_way: adam_run.InPlace | None = field(init=False, default=None)
    _seconds: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.state = stack.stacked(self.initial)
        self.slots = np.arange(len(self.requests))
        self.idle = np.zeros(len(self.requests), bool)
        self._by_kernel = adam_run.suits(self.program, self.requests, self.state)
        self._weights, self._fit = len(self.program.variables.model), len(self.program.variables.fit)
        self._zeros = self.state[self._fit :]
        self.ends = Ends(self.state[: self._weights], len(self.requests))
        early = self.requests[0].settings.early_stopping
        self.seats = early_stopping.seats(len(self.requests), early, self.program.model.metrics)
        self._keeper = checkpoint.Keeper(self.checkpoint)
        self._keeper.restore(self)

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

    def train(self) -> None:
        """Runs all epochs; a fit that stops leaves the stack, and a group whose fits have all stopped ends.

        Raises:
            FillsMachine: see there; nothing is trained then.
        """
        epochs = self.requests[0].settings.epochs
        try:
            epoch = self.begin
            while epoch < epochs and self._active().size:
                count = min(self._unwatched(), epochs - epoch)
                self._epochs(range(epoch, epoch + count), epochs - epoch - count)
                epoch += count
                self._keeper.keep(self, epoch)
            self._leave(self._active())
        finally:
            self.changeover.end()
            if self._by_kernel:
                self.program.kernel.adam.kept.clear()
        self.ends.restore(self.seats)

    def _active(self) -> Array:
        """Slots whose fits still train."""
        return np.flatnonzero(~self.idle)

    def _unwatched(self) -> int:
        """How many epochs may be made in one go: about a quarter of a second, where nobody looks in between."""
        watched = len(self.requests[0].validation) or self.seats[0].callback is not None
        if watched or self._seconds is None or not self._by_kernel or self.changeover.compiled:
            return 1
        return max(1, int(_UNWATCHED / self._seconds))

    def _epochs(self, epochs: range, left: int) -> None:
        pulse.beat()
        requests = [self.requests[place] for place in self.slots]
        segments = [self._segments([batches.epoch(request, epoch) for request in requests]) for epoch in epochs]
        first = segments[0][0]
        compile_ = self._compilation(first)
        if epochs.start == self.begin:
            self._warm(first)
            self._look(first)
            self.changeover.begin(compile_)
        began, timed = perf_counter(), clock.now()
        logs = [logged(one, self.program.names, len(requests)) for one in self._stepped(segments)]
        self._seconds = (clock.now() - timed) / len(epochs)
        spent.add("stepping", perf_counter() - began)
        if len(requests[0].validation):
            self._validate(requests, logs[0])
        self._note(epochs, logs)
        self.changeover.ended(self._seconds, left, compile_)

    def _segments(self, rows: Sequence[Array]) -> list[batches.Segment]:
        return list(batches.segments(rows, self.requests[0].settings.batch_size))

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

    def _stepped(self, epochs: Sequence[Sequence[batches.Segment]]) -> Iterable[Sequence[Any]]:
        """Does the steps of some epochs, and returns what the metrics tell in each, see ``Program.results``."""
        if not self._by_kernel or self.changeover.compiled:
            current = [*self.state[: self._fit], *self._fresh()]
            for segment in epochs[0]:
                current = self._steps(current, segment)
            self.state = current
            return [list(self.program.results(current[self._fit :]))]
        if self._under_way is None:
            self._under_way = adam_run.InPlace(self.program, self.state)
        self._state = None
        return self._under_way.epochs(epochs, self._fresh(), *self._arguments())

    def _steps(self, current: list[Any], segment: batches.Segment) -> list[Any]:
        """Does a segment's steps."""
        given = self._given(current, segment, len(segment.indices))
        if self.changeover.compiled and self._is_whole(segment):
            return list(self.program.train_compiled(*given))
        return list(self.program.train_some(*given, tf.constant(segment.begin)))

    def _given(self, current: list[Any], segment: batches.Segment, steps: int) -> Any:
        table = self.program.table.tensors
        return current, *self._arguments(), tf.constant(segment.indices), table, tf.constant(steps)

    def _warm(self, segment: batches.Segment) -> None:
        """A program's first call makes its kernels, which says nothing about its steps: so it is called on none."""
        if self._by_kernel not in self.program.warm:
            self._stepped([[replace(segment, indices=segment.indices[:0])]])
            self.program.warm.add(self._by_kernel)

    def _look(self, segment: batches.Segment) -> None:
        """Times three steps one by one, whose results are dropped, where they may be long."""
        if not self._is_whole(segment) or len(segment.indices) < 3 or self.operations < xla.SHORT:
            return
        taken, before = [], self.state
        for _ in range(3):
            began = perf_counter()
            np.asarray(next(iter(self._stepped([[replace(segment, indices=segment.indices[:1])]])))[0])
            taken.append(perf_counter() - began)
        self.state = before
        each = min(taken) / len(self.slots)
        if each > xla.FILLS and self.changeover.policy.compiling == "measured":
            raise FillsMachine(f"a step takes {1e3 * each:.0f} ms, so large that one fit fills the machine")

    def _compilation(self, segment: batches.Segment) -> Callable[[], Callable[[], Any]] | None:
        """Prepares to have the program compiled for the stack as it is, see ``Changeover``; None where not all step."""
        if not self._is_whole(segment):
            return None

        def compile_() -> Callable[[], Any]:
            current = [*self.state[: self._fit], *self._fresh()]
            return partial(self.program.train_compiled, *self._given(current, segment, 0))

        return compile_

    def _validate(self, requests: Sequence[FitRequest], logs: list[dict[str, float]]) -> None:
        weights, metrics, (numbers, classes) = self.state[: self._weights], self._fresh(), self._arguments()
        for segment in self._segments([one.validation for one in requests]):
            given = [*weights, *metrics], numbers, tf.ones_like(classes), tf.constant(segment.indices)
            metrics = list(self.program.evaluate(*given, self.program.table.tensors, tf.constant(segment.begin)))
        for log, more in zip(logs, logged(self.program.results(metrics), self.program.names, len(logs)), strict=True):
            log.update({f"val_{name}": value for name, value in more.items()})

    def _note(self, epochs: Iterable[int], logs: Iterable[list[dict[str, float]]]) -> None:
        """Lets every fit's callback decide; remembers best weights; fits that stop leave."""
        active = self._active()
        seats = [self.seats[self.slots[slot]] for slot in active]
        for epoch, of_epoch in zip(epochs, logs, strict=True):
            for seat, slot in zip(seats, active, strict=True):
                if not seat.stop_training:
                    seat.ended(epoch, of_epoch[slot])
        found = active[early_stopping.places(seats, "is_best")]
        if len(found):
            self.ends.improve(self.slots[found], self.state[: self._weights], found)
        self._leave(active[early_stopping.places(seats, "stop_training")])

    def _leave(self, slots: Array) -> None:
        """Keeps the weights in some slots as final. They leave the stack, unless that would undo a compilation."""
        if not len(slots):
            return
        weights = self.program.variables.final(self.program.model.optimizer, self.state)
        self.ends.stop(self.slots[slots], weights, slots)
        self.idle[slots] = True
        stay = self._active()
        if self.changeover.compiled and 2 * len(stay) > len(self.slots):
            return
        self.changeover.back()
        self.state = stack.take(self.state, stay) if len(stay) else []
        self.slots, self.idle = self.slots[stay], np.zeros(len(stay), bool)
