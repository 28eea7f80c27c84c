"""A group's fits under way in the optimizer's kernel; their state is read only when someone asks for it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from job.train.together import batches

if TYPE_CHECKING:
    from job.train.together.program import Program


class InPlace:
    """Fits that have made as many steps.

    Args:
        program: that trains them.
        state: stacks of all their variables.
    """

    def __init__(self, program: "Program", state: Sequence[Any]) -> None:
        _, self._other, self._own, self._metrics = program.variables.parted(state)
        self._program = program
        self._rates = self._own[program.places.rate]
        self._alike = len(np.unique(self._rates)) == 1
        self._adam = program.adam(alike=self._alike)
        self._sizes = self._adam.put(
            state[: len(program.variables.trainable)], [self._own[one] for one in program.places.moments]
        )
        self._made = int(self._own[program.places.steps][0])

    def epoch(
        self, parts: Sequence[batches.Segment], metrics: Sequence[Any], numbers: list[Any], classes: Any
    ) -> list[Any]:
        """Makes an epoch's steps, and returns the metrics' state."""
        steps = batches.steps(parts, len(self._rates))
        given = [*self._other, *metrics], numbers, classes, tf.constant(steps.all), self._program.table.tensors
        more = self._rates, tf.constant(steps.rows), tf.constant(steps.some), tf.constant(self._made), self._sizes
        found = list(self._program.epoch(alike=self._alike)(*given, *more))
        self._other, self._metrics = found[: len(self._other)], found[len(self._other) :]
        self._made += len(steps.all) + int((steps.some[:, 0] == 0).sum())
        return self._metrics

    def state(self) -> list[Any]:
        """Stacks of all variables."""
        places, own = self._program.places, list(self._own)
        for place, one in zip(places.moments, self._adam.kept.moments, strict=True):
            own[place] = one.read_value()
        own[places.steps] = tf.fill(self._rates.shape, tf.cast(self._made, own[places.steps].dtype))
        return [*self._adam.weights(self._rates, self._sizes), *self._other, *own, *self._metrics]
