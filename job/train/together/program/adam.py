"""Adam's steps of all fits by TensorFlow's own kernel: three passes through memory, where Keras's formula makes twelve.

The kernel updates variables in place, so weights and moments of the fits stay in variables from epoch to epoch.
It takes one learning rate. We pass the group's largest and store other fits' weights divided by their share of it; fits
at the largest rate, which amplify rounding most, stay exact.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from job.train.patches import scaled_weights
from job.train.together.program.batches import Steps
from job.train.together.step import stack
from job.train.together.step.small_weights import Merged

Slopes = Callable[[list[Any], list[Any], Any, Any, Any], list[Any]]
"""``(model's and metrics' state, settings, class weights, shares (fits, 1, 1), rows)``; see ``OneFit.slopes``."""


class StepVariables:
    """A variable of each kind for every stack of weights that is stepped.

    Attributes:
        weights: divided by their share of the largest rate.
        moments: all first ones, then all second ones.
    """

    def __init__(self, ranks: Sequence[int]) -> None:
        made = [[tf.Variable(_empty(rank), shape=[None] * rank) for rank in ranks] for _ in range(3)]
        self.weights, self.moments = made[0], [*made[1], *made[2]]

    @property
    def all(self) -> list[Any]:
        """Every variable."""
        return [*self.weights, *self.moments]

    def assign(self, values: Sequence[Any]) -> None:
        """Gives all of them values."""
        for one, value in zip(self.all, values, strict=True):
            one.assign(value)

    def step(self, gradients: Sequence[Any], **numbers: Any) -> None:
        """Steps them all, inside a graph, by numbers that the kernel takes."""
        count = len(self.weights)
        for one, first, second, gradient in zip(
            self.weights, self.moments[:count], self.moments[count:], gradients, strict=True
        ):
            tf.raw_ops.ResourceApplyAdam(var=one.handle, m=first.handle, v=second.handle, grad=gradient, **numbers)

    def clear(self) -> None:
        """Frees their memory."""
        self.assign([_empty(one.shape.rank) for one in self.all])


class StepInputs(NamedTuple):
    """What steps depend on but for weights: a tensor, or some, of all fits.

    Attributes:
        small: variables that are neither weights nor the optimizer's.
        numbers: settings.
        classes: class weights.
        rates: learning rates.
    """

    small: list[Any]
    numbers: list[Any]
    classes: Any
    rates: scaled_weights.Rates


@dataclass(eq=False)
class Adam:
    """Steps of fits that make them at the same time.

    Attributes:
        optimizer: Keras's, built.
        merged: weights that are stepped as one.
        shapes: of the stacks of weights, as far as the program knows them.
        kept: of the fits under way.
    """

    optimizer: Any
    merged: Merged | None
    shapes: Sequence[Any]
    kept: StepVariables = field(init=False)

    def __post_init__(self) -> None:
        """Creates variables before tracing: a function that is being traced must not."""
        whole = [] if self.merged is None else [tf.TensorShape([None, None])]
        rest = range(len(self.shapes)) if self.merged is None else self.merged.rest
        self._stepped = [*(self.shapes[place] for place in rest), *whole]
        self.kept = StepVariables([one.rank for one in self._stepped])

    def put(self, trainable: Sequence[Any], moments: Sequence[Any], shares: Any) -> Any:
        """Takes fits in: weights, moments as kept, shares of rates. Returns what others want as ``sizes``."""
        weights = [one / _along(shares, one.shape.rank) for one in self._together(trainable)]
        self.kept.assign([*weights, *moments])
        return tf.stack([1] if self.merged is None else self.merged.sizes(trainable))

    def epoch(self, slopes: Slopes, given: StepInputs, steps: Steps, made: Any, sizes: Any) -> list[Any]:
        """Makes an epoch's steps, inside a graph.

        Args:
            slopes: see there.
            given: as the epoch begins.
            steps: of tensors.
            made: how many steps every fit has made before.
            sizes: from ``put``.

        Returns:
            The small variables after it.
        """

        def segment(at: Any, small: list[Any]) -> Any:
            begin, fits, batch, count, row, before = tf.unstack(tf.gather(steps.segments, at), num=6)
            whole = [_read(self.kept.all), small, given.numbers, given.classes, given.rates.shares]
            parts = stack.parted(tf.nest.flatten(whole), begin, fits)
            kept, mine, numbers, classes, shared = tf.nest.pack_sequence_as(whole, [one[1] for one in parts])
            self.kept.assign(kept)  # the others' wait in ``parts``
            rows = tf.reshape(tf.slice(steps.rows, [row], [count * fits * batch]), [count, fits, batch])
            paces = given.rates.largest * self._paces(made + before, count)
            apart = _along(shared, 3)

            def step(at: Any, mine: list[Any]) -> Any:
                found = slopes([*self._divided(shared, sizes), *mine], numbers, classes, apart, tf.gather(rows, at))
                return at + 1, stack.shaped(self._step(found, tf.gather(paces, at)), mine)

            new = _looped(step, count, mine)
            joined = stack.joined(parts, [*_read(self.kept.all), *new])
            self.kept.assign(joined[: len(kept)])
            return at + 1, stack.shaped(joined[len(kept) :], small)

        return _looped(segment, tf.shape(steps.segments)[0], given.small)

    def weights(self, shares: Any, sizes: Any) -> list[Any]:
        """Stacks of the weights of the fits under way, by shares of rates."""
        return self._apart([one * _along(shares, one.shape.rank) for one in self._read()], sizes)

    def _divided(self, shared: Any, sizes: Any) -> list[Any]:
        """Stacks of the weights, of which only those that were merged are multiplied by their share."""
        found = self._read()
        if self.merged is not None:
            found[-1] *= _along(shared, 2)
        return self._apart(found, sizes)

    def _read(self) -> list[Any]:
        found = _read(self.kept.weights)
        for one, shape in zip(found, self._stepped, strict=True):
            one.set_shape(shape)
        return found

    def _apart(self, stepped: list[Any], sizes: Any) -> list[Any]:
        return stepped if self.merged is None else self.merged.apart(stepped, self.shapes, sizes)

    def _together(self, stacks: Sequence[Any]) -> list[Any]:
        return list(stacks) if self.merged is None else self.merged.together(stacks)

    @property
    def _decays(self) -> tuple[np.float32, np.float32]:
        return np.float32(self.optimizer.beta_1), np.float32(self.optimizer.beta_2)

    @property
    def _smaller(self) -> tuple[float, float]:
        """By how much moments are smaller than Keras's, which subtracts the decay rates from one in float64."""
        exact = self.optimizer.beta_1, self.optimizer.beta_2
        first, second = (float((1 - one) / (1 - float(own))) for own, one in zip(self._decays, exact, strict=True))
        return first, second

    def _paces(self, made: Any, count: Any) -> Any:
        """What each of some steps multiplies the rate with, as moments begin at nothing and come out smaller."""
        first, second = (1 - tf.pow(one, tf.cast(made + 1 + tf.range(count), tf.float32)) for one in self._decays)
        less = self._smaller
        return tf.sqrt(second) / first * (less[0] / less[1] ** 0.5)

    def _step(self, found: Sequence[Any], pace: Any) -> list[Any]:
        """Steps some fits by what ``slopes`` found, and returns the rest of it."""
        gradients, rest = found[: len(self.shapes)], list(found[len(self.shapes) :])
        with tf.control_dependencies(found):  # else a weight still to be read is copied before it is stepped
            self.kept.step(
                self._together(gradients),
                lr=pace,
                beta1=self._decays[0],
                beta2=self._decays[1],
                beta1_power=0.0,
                beta2_power=0.0,
                epsilon=np.float32(self.optimizer.epsilon / self._smaller[1] ** 0.5),
            )
        return rest


def _looped(body: Callable[[Any, list[Any]], Any], steps: Any, small: list[Any]) -> list[Any]:
    found: list[Any] = tf.while_loop(lambda at, _: at < steps, body, (0, small), parallel_iterations=1)[1]
    return found


def _read(variables: Sequence[Any]) -> list[Any]:
    """The variables' values, without the copies that ``read_value`` adds to a graph."""
    return [tf.raw_ops.ReadVariableOp(resource=one.handle, dtype=one.dtype) for one in variables]


def _along(numbers: Any, rank: int) -> Any:
    """One number for each fit, shaped so that it multiplies a stack."""
    return tf.reshape(numbers, [-1] + [1] * (rank - 1))


def _empty(rank: int) -> Any:
    return tf.zeros([0] * rank)
