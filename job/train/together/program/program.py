"""The compiled program of a group: the steps of one fit mapped over the fits of a stack.

A program is traced from one model. With unknown dimensions it serves every model of that signature, whatever its
shapes; otherwise those of its own shapes. XLA compiles it per shape either way.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import keras
import tensorflow as tf

from job.train import clock, spent
from job.train.together.patches import hyperparameters, tracing
from job.train.together.program.adam_program import Kernel
from job.train.together.step import stack
from job.train.together.step.device_rows import Table
from job.train.together.step.small_weights import Merged
from job.train.together.step.step import OneFit
from job.train.together.step.variables import Variables
from job.train.together.step.vectorize import over_fits

_STEPS = tf.TensorSpec([], tf.int32)  # or a place


@dataclass(eq=False)
class Program:
    """What a group runs, traced when first called.

    Attributes:
        model: built without values; compiled.
        table: all rows, on the device.
        leaves: the settings that differ per fit.
        free: whether dimensions of weights are left unknown.
        sizes: attributes that decide shapes.
        heads: shapes of the outputs of one row.
        merged: weights that the optimizer steps as one.
        by_kernel: whether the optimizer steps as TensorFlow's kernel for it.
        structure: of the model's outputs, known once ``predict`` is traced.
        names: of the metrics, as in Keras's history, known once ``results`` is traced.
        unlike: random functions met that a graph and XLA compute differently.
        warm: which of its kinds of steps were called, see ``Running``.
        refused: why it could not be traced or run, once that is known.
        uncompilable: why XLA refuses it, once that is known.
        ratio: of a compiled step's time to a graph's; a guess until measured.
        compile_seconds: that compiling takes for one shape; from the tracing's until measured.
    """

    model: Any
    table: Table
    leaves: Sequence[hyperparameters.Leaf]
    free: bool
    sizes: Sequence[tuple[Any, str]]
    heads: Sequence[tuple[int | None, ...]]
    merged: Merged | None = None
    by_kernel: bool = False
    structure: Any = None
    names: list[str] = field(default_factory=list)
    unlike: set[str] = field(default_factory=set)
    warm: set[Any] = field(default_factory=set)
    refused: str | None = None
    uncompilable: str | None = None
    ratio: float = field(init=False)
    compile_seconds: float = 0.0
    variables: Variables = field(init=False)
    fit: OneFit = field(init=False)

    def __post_init__(self) -> None:
        self.variables = Variables.of(self.model)
        self.fit = OneFit(self.model, self.variables, self.table, self.leaves, self.heads, self.merged)
        if any(leaf.owner is self.model.optimizer for leaf in self.leaves):
            self.by_kernel = False
        self.ratio = 0.85 if self.by_kernel else 0.55

    @cached_property
    def kernel(self) -> Kernel:
        """How the optimizer steps by TensorFlow's kernel for it."""
        return Kernel(self)

    @cached_property
    def train(self) -> Any:
        """``(state, settings, class weights, indices (steps, fits, batch), table, steps) -> state``, traced."""
        with self.timing():
            return self.traced(self._train, self.variables.all, [None, None, None], _STEPS)

    @cached_property
    def train_some(self) -> Any:
        """``train`` of neighbours in a stack: their first one's place comes last; the state is that of all fits."""
        train = self.train

        def train_some(state: Any, numbers: Any, classes: Any, indices: Any, *more: Any) -> Any:
            *table, steps, begin = more
            parts = stack.parted([*state, *numbers, classes], begin, tf.shape(indices)[1])
            given = [part[1] for part in parts]
            new = train(given[: len(state)], given[len(state) : -1], given[-1], indices, *table, steps)
            return stack.joined(parts, new)

        signature = [*train.structured_input_signature[0], _STEPS]
        return tf.function(train_some, input_signature=signature, autograph=False).get_concrete_function()

    @cached_property
    def train_compiled(self) -> Any:
        """``train`` compiled by XLA for each shape it is called with."""
        return tf.function(self.train, jit_compile=True, autograph=False)

    @cached_property
    def evaluate(self) -> Any:
        """``(state, settings, class weights, indices (steps, fits, batch), table, first place) -> metrics' state``."""
        return self.traced(self._evaluate, self.variables.model + self.variables.metrics, [None, None, None], _STEPS)

    @cached_property
    def predict(self) -> Any:
        """``(weights, settings, class weights, indices (fits, rows)) -> outputs (fits, rows, …)``, a flat list."""
        return self.traced(self._predict, self.variables.model, [None, None])

    @cached_property
    def results(self) -> Any:
        """``(metrics' state) -> [(fits, …)]``, in the order of ``names``."""
        specs = [self.spec(variable) for variable in self.variables.metrics]

        def results(state: list[Any]) -> Any:
            return over_fits(self._results, state, tf.shape(state[0])[0])

        with self._tracing():
            return tf.function(results, input_signature=[specs], autograph=False).get_concrete_function()

    def _results(self, state: list[Any]) -> list[Any]:
        found = self.fit.results(state)
        self.names = list(found)
        return [tf.cast(one, tf.float32) for one in found.values()]

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Takes the time of tracing the steps for a measure of compiling."""
        began = clock.now()
        yield
        self.compile_seconds += 3 * (clock.now() - began)

    def traced(self, function: Callable[..., Any], variables: Sequence[Any], indices: list[None], *more: Any) -> Any:
        """Traces ``function(state, settings, class weights, indices, table, …)``.

        Args:
            function: of stacks.
            variables: what the state consists of.
            indices: the shape of indices.
            more: specifications of what comes after the table.
        """
        signature = [
            [self.spec(variable) for variable in variables],
            [tf.TensorSpec([None], tf.float64) for _ in self.leaves],
            tf.TensorSpec([None, None], tf.float32),
            tf.TensorSpec(indices, tf.int32),
            self.table.specs,
            *more,
        ]
        with self._tracing():
            return tf.function(function, input_signature=signature, autograph=False).get_concrete_function()

    def spec(self, variable: Any) -> Any:
        """A stack of a variable; those of metrics have the same shape in all models."""
        free = self.free and not any(variable is one for one in self.variables.metrics)
        shape = [None] * len(variable.shape) if free else list(variable.shape)
        return tf.TensorSpec([None, *shape], variable._dtype)  # noqa: SLF001

    @contextmanager
    def _tracing(self) -> Iterator[None]:
        hidden = (self.variables.fit, self.sizes) if self.free else ((), ())
        with spent.on("tracing"), tracing.of(self.model, *hidden) as unlike:
            try:
                yield
            finally:
                self.unlike.update(unlike)

    def _train(self, state: Any, numbers: Any, classes: Any, indices: Any, table: Any, steps: Any) -> Any:
        fits, count = tf.shape(indices)[1], len(state)
        sizes = [] if self.merged is None else tf.stack(self.merged.sizes(state))

        def step(leaves: list[Any]) -> list[Any]:
            return self.fit.step(leaves[:count], leaves[count:-2], leaves[-2], leaves[-1], table, sizes)

        def body(at: Any, state: list[Any]) -> Any:
            new = over_fits(step, [*state, *numbers, classes, indices[at]], fits)
            return at + 1, stack.shaped(new, state)

        found: list[Any] = tf.while_loop(lambda at, _: at < steps, body, (0, state), parallel_iterations=1)[1]
        return found

    def _evaluate(self, state: Any, numbers: Any, classes: Any, indices: Any, table: Any, begin: Any) -> Any:
        steps, fits = tf.shape(indices)[0], tf.shape(indices)[1]
        parts = stack.parted([*state, *numbers, classes], begin, fits)
        given, count = [part[1] for part in parts], len(self.variables.model)
        ends = len(state), len(state) + len(numbers)

        def step(leaves: list[Any]) -> list[Any]:
            return self.fit.test(leaves[: ends[0]], leaves[ends[0] : ends[1]], leaves[-2], leaves[-1], table)

        def body(at: Any, some: list[Any]) -> Any:
            new = over_fits(step, [*given[:count], *some, *given[ends[0] :], indices[at]], fits)
            return at + 1, stack.shaped(new, some)

        some = given[count : ends[0]]
        found = tf.while_loop(lambda at, _: at < steps, body, (0, some), parallel_iterations=1)[1]
        return stack.joined(parts[count:], found)

    def _predict(self, state: Any, numbers: Any, classes: Any, indices: Any, table: Any) -> Any:
        count = len(state)

        def outputs(leaves: list[Any]) -> list[Any]:
            found = self.fit.predict(leaves[:count], leaves[count:-2], leaves[-2], leaves[-1], table)
            self.structure = keras.tree.map_structure(lambda _: 0, found)
            return list(keras.tree.flatten(found))

        return over_fits(outputs, [*state, *numbers, classes, indices], tf.shape(indices)[0])
