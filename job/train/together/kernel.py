"""What of a program steps by the optimizer's kernel, traced when first called."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from job.train.together import stack
from job.train.together.adam import Adam, Given, Places
from job.train.together.batches import Steps
from job.train.together.mapping import over_fits
from job.train.together.one_fit import SparseGradient

if TYPE_CHECKING:
    from job.train.together.program import Program


class Kernel:
    """Of one program; learning rates of fits are alike, or not."""

    def __init__(self, program: "Program") -> None:
        self._program = program
        self._adams: dict[bool, Adam] = {}
        self._epochs: dict[bool, Any] = {}

    @cached_property
    def places(self) -> Places:
        """Of the optimizer."""
        return Places.of(self._program.model.optimizer)

    def adam(self, *, alike: bool) -> Adam:
        """What holds fits under way and steps them."""
        if alike not in self._adams:
            program = self._program
            shapes = [program.spec(one).shape for one in program.variables.trainable]
            self._adams[alike] = Adam(program.model.optimizer, program.merged, shapes, alike)
        return self._adams[alike]

    def clear(self) -> None:
        """Gives back memory that is of no use between two groups."""
        for one in self._adams.values():
            one.kept.clear()

    def epochs(self, *, alike: bool) -> Any:
        """The steps of some epochs.

        ``(state but weights and the optimizer's, settings, class weights, rows (epochs, …), table, learning rates,
        segments, (steps made before, in an epoch), sizes)``; it returns what came first anew, then results of each
        epoch. See ``Adam.epoch``, ``batches.Steps`` and ``Program.results``.
        """
        if alike not in self._epochs:
            variables = self._program.variables
            rates = tf.TensorSpec([None], tf.float32)
            more = [tf.TensorSpec(shape, tf.int32) for shape in ([None, 6], [2], [None])]
            with self._program.timing():
                looped = self._looped(self.adam(alike=alike)), variables.other + variables.metrics, [None, None]
                self._epochs[alike] = self._program.traced(*looped, rates, *more)
        return self._epochs[alike]

    def _looped(self, adam: Adam) -> Callable[..., Any]:
        slopes, results = self.slopes, self._program.results
        kept = len(self._program.variables.other)

        def epochs(small: Any, numbers: Any, classes: Any, rows: Any, table: Any, rates: Any, *more: Any) -> Any:
            (segments, made, sizes), fresh, count = more, small[kept:], tf.shape(rows)[0]

            def epoch(at: Any, small: list[Any], told: list[Any]) -> Any:
                given = Given([*small[:kept], *fresh], numbers, classes, rates)
                steps = Steps(tf.gather(rows, at), segments)
                new = adam.epoch(lambda *one: slopes(*one, table), given, steps, made[0] + at * made[1], sizes)
                told = [array.write(at, one) for array, one in zip(told, results(new[kept:]), strict=True)]
                return at + 1, stack.shaped(new, small), told

            told = [tf.TensorArray(tf.float32, size=count) for _ in results.structured_outputs]
            given = 0, small, told
            _, new, told = tf.while_loop(lambda at, *_: at < count, epoch, given, parallel_iterations=1)
            return [*new, *(one.stack() for one in told)]

        return epochs

    @cached_property
    def works(self) -> bool:
        """Whether the optimizer steps so, and gradients are whole: Keras squares those of looked-up rows one by one."""
        if not self._program.by_kernel:
            return False
        try:
            with self._program.timing():
                _ = self.slopes
        except SparseGradient:
            return False
        return True

    @cached_property
    def slopes(self) -> Any:
        """See ``adam.Slopes``; the table comes last.

        Raises:
            SparseGradient: some weights' gradient is.
        """
        variables = self._program.variables

        def slopes(state: Any, numbers: Any, classes: Any, rows: Any, table: Any) -> Any:
            count = len(state)

            def of_one(leaves: list[Any]) -> list[Any]:
                return self._program.fit.slopes(leaves[:count], leaves[count:-2], leaves[-2], leaves[-1], table)

            return over_fits(of_one, [*state, *numbers, classes, rows], tf.shape(rows)[0])

        return self._program.traced(slopes, variables.model + variables.metrics, [None, None])
