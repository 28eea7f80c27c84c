"""What of a program steps by the optimizer's kernel, traced when first called."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, NamedTuple

import tensorflow as tf

from job.train.patches import private
from job.train.patches.scaled_weights import Rates
from job.train.patches.vectorize import over_fits
from job.train.together.program.adam import Adam, StepInputs
from job.train.together.program.batches import Steps
from job.train.together.program.metric_results import MetricResults
from job.train.together.program.tracer import Tracer
from job.train.together.step import stack
from job.train.together.step.step import OneFit, SparseGradient


class Places(NamedTuple):
    """Where some of the optimizer's variables are among them.

    Attributes:
        rate: the learning rate.
        steps: how many were made.
        moments: as in ``adam.StepVariables``.
    """

    rate: int
    steps: int
    moments: list[int]

    @classmethod
    def of(cls, optimizer: Any) -> "Places":
        """Those of a built optimizer."""
        places = {id(variable): place for place, variable in enumerate(optimizer.variables)}
        moments = [places[id(one)] for one in private.moments(optimizer)]
        return cls(places[id(optimizer.learning_rate)], places[id(optimizer.iterations)], moments)


class AdamProgram:
    """Of one program.

    Args:
        tracer: of the program.
        fit: one of its fits.
        results: what its metrics tell.
        allowed: whether the model suits the kernel, and all fits share the optimizer's numbers.
    """

    def __init__(self, tracer: Tracer, fit: OneFit, results: MetricResults, *, allowed: bool) -> None:
        self.variables, self.table = tracer.variables, tracer.table
        self._tracer, self._fit, self._results, self._allowed = tracer, fit, results, allowed

    @cached_property
    def places(self) -> Places:
        """Of the optimizer."""
        return Places.of(self._fit.model.optimizer)

    @cached_property
    def adam(self) -> Adam:
        """What holds fits under way and steps them."""
        shapes = [self._tracer.spec(one).shape for one in self.variables.trainable]
        return Adam(self._fit.model.optimizer, self._fit.merged, shapes)

    @cached_property
    def epochs(self) -> Any:
        """The steps of some epochs.

        ``(state but weights and the optimizer's, settings, class weights, rows (epochs, …), table, largest learning
        rate, shares of it, segments, (steps made before, in an epoch), sizes)``; it returns what came first anew, then
        results of each epoch. See ``Adam.epoch``, ``batches.Steps`` and ``MetricResults``.

        Raises:
            SparseGradient: some weights' gradient is.
        """
        variables = self.variables
        rates = [tf.TensorSpec(shape, tf.float32) for shape in ([], [None])]
        more = [tf.TensorSpec(shape, tf.int32) for shape in ([None, 6], [2], [None])]
        with self._tracer.timing():
            looped = self._looped(self.adam), variables.other + variables.metrics, [None, None]
            return self._tracer.traced(*looped, *rates, *more)

    @cached_property
    def works(self) -> bool:
        """Whether the optimizer steps so, and gradients are whole: Keras squares those of looked-up rows one by one."""
        if not self._allowed:
            return False
        try:
            _ = self.epochs
        except SparseGradient:
            return False
        return True

    def _looped(self, adam: Adam) -> Callable[..., Any]:
        results, kept = self._results.traced, len(self.variables.other)

        def epochs(small: Any, numbers: Any, classes: Any, rows: Any, table: Any, *more: Any) -> Any:
            (*rates, segments, made, sizes), fresh, count = more, small[kept:], tf.shape(rows)[0]
            slopes = partial(self._slopes, table)

            def epoch(at: Any, small: list[Any], told: list[Any]) -> Any:
                given = StepInputs([*small[:kept], *fresh], numbers, classes, Rates(*rates))
                steps = Steps(tf.gather(rows, at), segments)
                new = adam.epoch(slopes, given, steps, made[0] + at * made[1], sizes)
                told = [array.write(at, one) for array, one in zip(told, results(new[kept:]), strict=True)]
                return at + 1, stack.shaped(new, small), told

            told = [tf.TensorArray(tf.float32, size=count) for _ in results.structured_outputs]
            given = 0, small, told
            _, new, told = tf.while_loop(lambda at, *_: at < count, epoch, given, parallel_iterations=1)
            return [*new, *(one.stack() for one in told)]

        return epochs

    def _slopes(self, table: Any, state: Any, numbers: Any, classes: Any, shares: Any, rows: Any) -> Any:
        """See ``adam.Slopes``."""
        count = len(state)

        def of_one(leaves: list[Any]) -> list[Any]:
            return self._fit.slopes(leaves[:count], leaves[count:-3], leaves[-3], leaves[-2], leaves[-1], table)

        return over_fits(of_one, [*state, *numbers, classes, shares, rows], tf.shape(rows)[0])
