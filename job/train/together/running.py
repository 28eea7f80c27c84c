"""A group under way: epochs of all its fits in one stack, each stopping by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import tensorflow as tf

from job.data.rows import Array
from job.train import pulse, spent
from job.train.fits import Checkpoint, FitRequest
from job.train.together import batches, choice, clock, stack, state, stopping
from job.train.together.choice import Changeover
from job.train.together.in_place import InPlace
from job.train.together.program import Program


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
        final, best: weights of all fits, as they stopped and as they were best.
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
    final: list[Any] = field(init=False)
    best: list[Any] = field(init=False)
    seats: list[stopping.Seat] = field(init=False)
    begin: int = 0

    def __post_init__(self) -> None:
        self.state = stack.stacked(self.initial)
        self.slots = np.arange(len(self.requests))
        self.idle = np.zeros(len(self.requests), bool)
        steps = {-(-len(one.train) // one.settings.batch_size) for one in self.requests}
        self._by_kernel = self.program.by_kernel and len(steps) == 1  # it counts those of all fits at once
        self._under_way: InPlace | None = None
        self._weights, self._fit = len(self.program.variables.model), len(self.program.variables.fit)
        self._zeros = self.state[self._fit :]
        self.final = self.best = self.state[: self._weights]
        early = self.requests[0].settings.early_stopping
        self.seats = stopping.seats(len(self.requests), early, self.program.model.metrics)
        self._keeper = state.Keeper(self.checkpoint)
        self._keeper.restore(self)

    @property
    def state(self) -> list[Any]:
        """The stack: trainable, other, the optimizer's and metrics' variables."""
        if self._state is None and self._under_way is not None:
            self._state = self._under_way.state()
        return self._state or []

    @state.setter
    def state(self, state: list[Any]) -> None:
        self._state: list[Any] | None = state
        self._under_way = None

    def train(self) -> None:
        """Runs all epochs; a fit that stops leaves the stack, and a group whose fits have all stopped ends.

        Raises:
            FillsMachine: see there; nothing is trained then.
        """
        epochs = self.requests[0].settings.epochs
        try:
            for epoch in range(self.begin, epochs):
                if not self._active().size:
                    break
                self._epoch(epoch, epochs - 1 - epoch)
                self._keeper.keep(self, epoch + 1)
            self._leave(self._active())
        finally:
            self.changeover.end()
            self.program.clear()
        self._restore_best()

    def _active(self) -> Array:
        """Slots whose fits still train."""
        return np.flatnonzero(~self.idle)

    def _epoch(self, epoch: int, left: int) -> None:
        pulse.beat()
        requests = [self.requests[place] for place in self.slots]
        segments = self._segments([batches.epoch(request, epoch) for request in requests])
        compile_ = self._compilation(segments[0])
        if epoch == self.begin:
            self._warm(segments[0])
            self._look(segments[0])
            self.changeover.begin(compile_)
        began, timed = perf_counter(), clock.now()
        logs = self._logs(self._stepped(segments))
        seconds = clock.now() - timed
        spent.add("stepping", perf_counter() - began)
        if len(requests[0].validation):
            self._validate(requests, logs)
        self._note(epoch, logs)
        self.changeover.ended(seconds, left, compile_)

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

    def _stepped(self, segments: Sequence[batches.Segment]) -> list[Any]:
        """Does the steps of some segments, and returns the metrics' state."""
        if not self._by_kernel or self.changeover.compiled:
            current = [*self.state[: self._fit], *self._fresh()]
            for segment in segments:
                current = self._steps(current, segment)
            self.state = current
            return current[self._fit :]
        if self._under_way is None:
            self._under_way = InPlace(self.program, self.state)
        metrics = self._under_way.epoch(segments, self._fresh(), *self._arguments())
        self._state = None
        return metrics

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
        if not self.program.warm:
            self._stepped([replace(segment, indices=segment.indices[:0])])
            self.program.results(self._fresh())
            self.program.warm = True

    def _look(self, segment: batches.Segment) -> None:
        """Times three steps one by one, whose results are dropped, where they may be long."""
        if not self._is_whole(segment) or len(segment.indices) < 3 or self.operations < choice.SHORT:
            return
        taken, before = [], self.state
        for _ in range(3):
            began = perf_counter()
            self._stepped([replace(segment, indices=segment.indices[:1])])[0].numpy()
            taken.append(perf_counter() - began)
        self.state = before
        each = min(taken) / len(self.slots)
        if each > choice.FILLS and self.changeover.policy.compiling == "measured":
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
        for log, more in zip(logs, self._logs(metrics), strict=True):
            log.update({f"val_{name}": value for name, value in more.items()})

    def _logs(self, metrics: list[Any]) -> list[dict[str, float]]:
        """The epoch's metrics of every slot; one of several values has a name for each, as with Keras ``fit``."""
        logs: list[dict[str, float]] = [{} for _ in self.slots]
        for tensor, name in zip(self.program.results(metrics), self.program.names, strict=True):
            values = np.asarray(tensor).reshape(len(logs), -1)
            for log, of_fit in zip(logs, values.tolist(), strict=True):
                log.update(zip(_names(name, len(of_fit)), of_fit, strict=True))
        return logs

    def _note(self, epoch: int, logs: list[dict[str, float]]) -> None:
        """Lets every fit's callback decide; remembers best weights; fits that stop leave."""
        active = self._active()
        seats = [self.seats[self.slots[slot]] for slot in active]
        for seat, slot in zip(seats, active, strict=True):
            seat.ended(epoch, logs[slot])
        found = active[stopping.places(seats, "is_best")]
        if len(found):
            self.best = self._placed(self.best, self.state[: self._weights], found)
        self._leave(active[stopping.places(seats, "stop_training")])

    def _placed(self, whole: list[Any], weights: list[Any], slots: Array) -> list[Any]:
        """Weights of all fits, with those in some slots of the stack put in their places."""
        if len(slots) == len(self.requests):
            return list(weights)
        return stack.put(whole, self.slots[slots], stack.take(weights, slots))

    def _leave(self, slots: Array) -> None:
        """Keeps the weights in some slots as final. They leave the stack, unless that would undo a compilation."""
        if not len(slots):
            return
        self.final = self._placed(self.final, self._finalized(), slots)
        self.idle[slots] = True
        stay = self._active()
        if self.changeover.compiled and 2 * len(stay) > len(self.slots):
            return
        self.changeover.back()
        self.state = stack.take(self.state, stay) if len(stay) else []
        self.slots, self.idle = self.slots[stay], np.zeros(len(stay), bool)

    def _finalized(self) -> list[Any]:
        """The weights as ``fit`` leaves them: with moving averages in their place when the optimizer keeps some."""
        optimizer, variables = self.program.model.optimizer, self.program.variables
        weights = list(self.state[: self._weights])
        if optimizer.use_ema:
            places = {id(variable): at for at, variable in enumerate(variables.all)}
            averages = optimizer._model_variables_moving_average  # noqa: SLF001
            for trainable, average in zip(variables.trainable, averages, strict=True):
                if average is not None:
                    weights[places[id(trainable)]] = self.state[places[id(average)]]
        return weights

    def _restore_best(self) -> None:
        for seat in self.seats:
            if seat.callback is not None:
                seat.callback.on_train_end()
        if len(found := stopping.places(self.seats, "restores")):
            self.final = stack.put(self.final, found, stack.take(self.best, found))


def _names(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}[{place}]" for place in range(count)]
