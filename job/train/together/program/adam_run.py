"""A group's fits under way in the optimizer's kernel; their state is read only when someone asks for it."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from job.data.rows import Array
from job.train.fits import FitRequest
from job.train.patches.scaled_weights import Rates
from job.train.together.program import batches
from job.train.together.program.adam_program import AdamProgram

_APART = 1e12  # times that learning rates are smaller than the largest one; weights are divided by their share of it


def suits(kernel: AdamProgram, requests: Sequence[FitRequest], state: Sequence[Any]) -> bool:
    """Whether the optimizer's kernel can step fits together: it counts the steps of all at once."""
    steps = {-(-len(one.train) // one.settings.batch_size) for one in requests}
    if len(steps) > 1 or not kernel.works:
        return False
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return bool(np.all(_rates(kernel, state).shares > 1 / _APART))


def _rates(kernel: AdamProgram, state: Sequence[Any]) -> Rates:
    return Rates.of(np.asarray(kernel.variables.parted(state)[2][kernel.places.rate]))


class AdamRun:
    """Fits that have made as many steps.

    Args:
        kernel: of the program that trains them.
        state: stacks of all their variables.
    """

    def __init__(self, kernel: AdamProgram, state: Sequence[Any]) -> None:
        _, self._other, self._own, self._metrics = kernel.variables.parted(state)
        self._kernel = kernel
        self._rates = _rates(kernel, state)
        self._adam = kernel.adam
        self._sizes = self._adam.put(
            state[: len(kernel.variables.trainable)],
            [self._own[one] for one in kernel.places.moments],
            self._rates.shares,
        )
        self._made = int(self._own[kernel.places.steps][0])

    def epochs(
        self, parts: Sequence[Sequence[batches.Segment]], metrics: Sequence[Any], numbers: list[Any], classes: Any
    ) -> Iterator[tuple[Array, ...]]:
        """Makes the steps of some epochs; see ``MetricResults`` of each.

        Args:
            parts: the segments of each epoch.
            metrics: as an epoch begins.
            numbers: settings.
            classes: class weights.
        """
        packed = [batches.steps(one, len(self._rates.shares)) for one in parts]
        rows, each = tf.constant(np.stack([one.rows for one in packed])), packed[0].each
        given = [*self._other, *metrics], numbers, classes, rows, self._kernel.table.tensors
        more = tf.constant(packed[0].segments), tf.constant([self._made, each]), self._sizes
        found = list(self._kernel.epochs(*given, *self._rates, *more))
        ends = len(self._other), len(self._other) + len(metrics)
        self._other, self._metrics = found[: ends[0]], found[ends[0] : ends[1]]
        self._made += each * len(parts)
        return zip(*(one.numpy() for one in found[ends[1] :]), strict=True)

    def state(self) -> list[Any]:
        """Stacks of all variables."""
        places, own = self._kernel.places, list(self._own)
        for place, one in zip(places.moments, self._adam.kept.moments, strict=True):
            own[place] = one.read_value()
        own[places.steps] = tf.fill(self._rates.shares.shape, tf.cast(self._made, own[places.steps].dtype))
        return [*self._adam.weights(self._rates.shares, self._sizes), *self._other, *own, *self._metrics]
