"""A group under way: epochs of all its fits, early stopping, predictions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from job.data.rows import Array, Indices
from job.train import failures, pulse
from job.train.fits import FitRequest, Outputs, Trained
from job.train.together import batches, stack, stopping
from job.train.together.program import Program
from job.train.together.sketch import Sketch

_PREDICTED = 16_384  # rows of all fits at once, at least 256 of each


@dataclass
class Running:
    """One group being trained by one program.

    Attributes:
        requests: its fits.
        sketches: the model of each.
        program: that trains them.
        classes: class weights of each fit, (fits, classes) float32.
        places: which of a model's leaves are the program's.
        alive: places of the fits that still train; ``state`` holds these only, in this order.
    """

    requests: Sequence[FitRequest]
    sketches: Sequence[Sketch]
    program: Program
    initial: Sequence[Sequence[Array]]
    classes: Any
    places: Sequence[int]
    alive: Array = field(init=False)
    state: list[Any] = field(init=False)
    final: list[Any] = field(init=False)
    best: list[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.state = stack.stacked(self.initial)
        self.alive = np.arange(len(self.requests))
        variables = self.program.variables
        self._weights, self._fit = len(variables.model), len(variables.fit)
        self._zeros = self.state[self._fit :]
        self.numbers = self._numbers()
        self.ones = tf.ones_like(self.classes)
        self.seats = stopping.seats(
            len(self.requests), self.requests[0].settings.early_stopping, self.program.model.metrics
        )
        self.final = self.best = self.state[: self._weights]

    def _numbers(self) -> list[Any]:
        """Settings that differ: one tensor (fits,) for each of the program's leaves."""
        places = [self.program.model_leaves.index(leaf) for leaf in self.program.leaves]
        return [
            tf.constant([sketch.signature.leaves[place].value for sketch in self.sketches], tf.float64)
            for place in places
        ]

    def train(self) -> None:
        """Runs all epochs; a fit that stops leaves the stack."""
        for epoch in range(self.requests[0].settings.epochs):
            if not len(self.alive):
                break
            self._epoch(epoch)
        self._leave(np.arange(len(self.alive)))
        self._end()

    def _epoch(self, epoch: int) -> None:
        pulse.beat()
        requests = [self.requests[place] for place in self.alive]
        state = [*self.state[: self._fit], *self._fresh()]
        rows = [batches.epoch(request, epoch) for request in requests]
        for segment in batches.segments(rows, requests[0].settings.batch_size):
            state = self._steps(state, segment)
        self.state = state
        logs = self._logs(state[self._fit :])
        if len(requests[0].validation):
            self._validate(requests, logs)
        self._note(epoch, logs)

    def _fresh(self) -> list[Any]:
        return [tensor[: len(self.alive)] for tensor in self._zeros]

    def _steps(self, state: list[Any], segment: batches.Segment) -> list[Any]:
        indices = tf.constant(segment.indices)
        if segment.members is None:
            return list(
                self.program.train(state, self._of(self.numbers), *self._of([self.classes]), indices, self._table)
            )
        places = self.alive[segment.members]
        part = stack.take(state, segment.members)
        numbers = [tf.gather(one, places) for one in self.numbers]
        part = self.program.train(part, numbers, tf.gather(self.classes, places), indices, self._table)
        return stack.put(state, segment.members, part)

    def _of(self, values: list[Any]) -> list[Any]:
        """The rows of the fits that still train."""
        return values if len(self.alive) == len(self.requests) else [tf.gather(one, self.alive) for one in values]

    @property
    def _table(self) -> list[Any]:
        return self.program.table.tensors

    def _validate(self, requests: Sequence[FitRequest], logs: list[dict[str, float]]) -> None:
        state = [*self.state[: self._weights], *self._fresh()]
        rows = [request.validation for request in requests]
        for segment in batches.segments(rows, requests[0].settings.batch_size):
            members = np.arange(len(rows)) if segment.members is None else segment.members
            part = state if segment.members is None else stack.take(state, members)
            places = self.alive[members]
            numbers = [tf.gather(one, places) for one in self.numbers]
            metrics = self.program.evaluate(
                part, numbers, tf.gather(self.ones, places), tf.constant(segment.indices), self._table
            )
            part = [*part[: self._weights], *metrics]
            state = part if segment.members is None else stack.put(state, members, part)
        for log, more in zip(logs, self._logs(state[self._weights :]), strict=True):
            log.update({f"val_{name}": value for name, value in more.items()})

    def _logs(self, metrics: list[Any]) -> list[dict[str, float]]:
        """The epoch's metrics of every fit; one of several values has a name for each, as with Keras ``fit``."""
        logs: list[dict[str, float]] = [{} for _ in self.alive]
        for tensor, name in zip(self.program.results(metrics), self.program.names, strict=True):
            values = np.asarray(tensor).reshape(len(logs), -1)
            for log, of_fit in zip(logs, values.tolist(), strict=True):
                log.update(zip(_names(name, len(of_fit)), of_fit, strict=True))
        return logs

    def _note(self, epoch: int, logs: list[dict[str, float]]) -> None:
        """Lets every fit's callback decide; remembers best weights; fits that stop leave."""
        seats = [self.seats[place] for place in self.alive]
        for seat, log in zip(seats, logs, strict=True):
            seat.ended(epoch, log)
        if len(found := stopping.places(seats, "is_best")):
            weights = self.state[: self._weights]
            whole = len(found) == len(self.requests)
            self.best = weights if whole else stack.put(self.best, self.alive[found], stack.take(weights, found))
        if len(found := stopping.places(seats, "stop_training")):
            self._leave(found)

    def _leave(self, members: Array) -> None:
        """Keeps the weights of some members of the stack as final, and takes them out of it."""
        if not len(members):
            return
        weights = self._finalized(self.state)
        whole = len(members) == len(self.requests)
        self.final = weights if whole else stack.put(self.final, self.alive[members], stack.take(weights, members))
        stay = np.setdiff1d(np.arange(len(self.alive)), members)
        self.state = stack.take(self.state, stay) if len(stay) else []
        self.alive = self.alive[stay]

    def _finalized(self, state: list[Any]) -> list[Any]:
        """The weights as ``fit`` leaves them: with moving averages in their place when the optimizer keeps some."""
        optimizer, variables = self.program.model.optimizer, self.program.variables
        weights = list(state[: self._weights])
        if optimizer.use_ema:
            places = {id(variable): at for at, variable in enumerate(variables.all)}
            for trainable, average in zip(
                optimizer._trainable_variables,
                optimizer._model_variables_moving_average,
                strict=True,  # noqa: SLF001
            ):
                if average is not None:
                    weights[places[id(trainable)]] = state[places[id(average)]]
        return weights

    def _end(self) -> None:
        for seat in self.seats:
            if seat.callback is not None:
                seat.callback.on_train_end()
        if len(found := stopping.places(self.seats, "restores")):
            self.final = stack.put(self.final, found, stack.take(self.best, found))

    def predict(self, rows: Sequence[Indices]) -> list[Outputs]:
        """Raw outputs of every fit for its rows."""
        size = max(256, _PREDICTED // len(rows))
        parts: list[list[Array]] = []
        for indices in batches.chunks(rows, size):
            pulse.beat()
            found = self.program.predict(self.final, self.numbers, self.ones, tf.constant(indices), self._table)
            parts.append([np.asarray(one) for one in found])
        heads = [np.concatenate(of_head, axis=1) for of_head in zip(*parts, strict=True)]
        return [self._packed([head[place, : len(one)] for head in heads]) for place, one in enumerate(rows)]

    def _packed(self, heads: list[Array]) -> Outputs:
        found = keras.tree.pack_sequence_as(self.program.structure, heads)
        return tuple(found) if isinstance(found, list) else found

    def result(self, way: str, why: str) -> list[Trained]:
        """Trains, predicts, and tells what came of every fit."""
        began = perf_counter()
        self.train()
        trained = perf_counter()
        test = self.predict([request.test for request in self.requests]) if len(self.requests[0].test) else None
        train = self.predict([_seen(one) for one in self.requests]) if self.requests[0].predict_train else None
        times = (trained - began) / len(self.requests), (perf_counter() - trained) / len(self.requests)
        return list(self._results(test, train, times, way, why))

    def _results(
        self, test: list[Outputs] | None, train: list[Outputs] | None, times: tuple[float, float], way: str, why: str
    ) -> Iterator[Trained]:
        for place, (request, seat) in enumerate(zip(self.requests, self.seats, strict=True)):
            failed = seat.failure is not None
            yield Trained(
                request=request,
                history=seat.history,
                test_outputs=None if test is None or failed else test[place],
                train_outputs=None if train is None or failed else train[place],
                activation=self.sketches[place].activation,
                epochs=len(seat.history["loss"]),
                seconds=times[0],
                predict_seconds=times[1],
                way=way,
                why=why,
                failure=None if seat.failure is None else failures.of(seat.failure),
            )


def _names(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}[{place}]" for place in range(count)]


def _seen(request: FitRequest) -> Indices:
    return np.concatenate([request.train, request.validation])
