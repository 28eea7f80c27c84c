"""A group's fits under way in the optimizer's kernel; their state is read only when someone asks for it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from job.data.rows import Array
from job.train.fits import FitRequest
from job.train.together.patches.scaled_weights import Rates
from job.train.together.program import batches

if TYPE_CHECKING:
    from job.train.together.program.program import Program


_APART = 1e12  # times that learning rates are smaller than the largest one; weights are divided by their share of it


def suits(program: "Program", requests: Sequence[FitRequest], state: Sequence[Any]) -> bool:
    """Whether the optimizer's kernel can step fits together: it counts the steps of all at once."""
    steps = {-(-len(one.train) // one.settings.batch_size) for one in requests}
    if len(steps) > 1 or not program.kernel.works:
        return False
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return bool(np.all(_rates(program, state).shares > 1 / _APART))


def _rates(program: "Program", state: Sequence[Any]) -> Rates:
    return Rates.of(np.asarray(program.variables.parted(state)[2][program.kernel.places.rate]))


class InPlace:
    """Fits that have made as many steps.

    Args:
        program: that trains them.
        state: stacks of all their variables.
    """

    def __init__(self, program: "Program", state: Sequence[Any]) -> None:
        _, self._other, self._own, self._metrics = program.variables.parted(state)
        self._program = program
        self._rates = _rates(program, state)
        self._adam = program.kernel.adam
        self._sizes = self._adam.put(
            state[: len(program.variables.trainable)],
            [self._own[one] for one in program.kernel.places.moments],
            self._rates.shares,
        )
        self._made = int(self._own[program.kernel.places.steps][0])

    def epochs(
        self, parts: Sequence[Sequence[batches.Segment]], metrics: Sequence[Any], numbers: list[Any], classes: Any
    ) -> Iterator[tuple[Array, ...]]:
        """Makes the steps of some epochs; see ``Program.results`` of each.

        Args:
            parts: the segments of each epoch.
            metrics: as an epoch begins.
            numbers: settings.
            classes: class weights.
        """
        packed = [batches.steps(one, len(self._rates.shares)) for one in parts]
        rows, each = tf.constant(np.stack([one.rows for one in packed])), packed[0].each
        given = [*self._other, *metrics], numbers, classes, rows, self._program.table.tensors
        more = tf.constant(packed[0].segments), tf.constant([self._made, each]), self._sizes
        found = list(self._program.kernel.epochs(*given, *self._rates, *more))
        ends = len(self._other), len(self._other) + len(metrics)
        self._other, self._metrics = found[: ends[0]], found[ends[0] : ends[1]]
        self._made += each * len(parts)
        return zip(*(one.numpy() for one in found[ends[1] :]), strict=True)

    def state(self) -> list[Any]:
        """Stacks of all variables."""
        places, own = self._program.kernel.places, list(self._own)
        for place, one in zip(places.moments, self._adam.kept.moments, strict=True):
            own[place] = one.read_value()
        own[places.steps] = tf.fill(self._rates.shares.shape, tf.cast(self._made, own[places.steps].dtype))
        return [*self._adam.weights(self._rates.shares, self._sizes), *self._other, *own, *self._metrics]
