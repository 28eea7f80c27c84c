"""The compiled program of a group: the steps of one fit mapped over the fits of a stack.

A program is traced from one model. With unknown dimensions it serves every model of that signature, whatever its
shapes; otherwise those of its own shapes. XLA compiles it per shape either way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import keras
import tensorflow as tf

from job.train import spent
from job.train.patches import hyperparameters
from job.train.patches.vectorize import over_fits
from job.train.together.program.adam_program import AdamProgram
from job.train.together.program.metric_results import MetricResults
from job.train.together.program.tracer import Tracer
from job.train.together.step import stack
from job.train.together.step.device_rows import DeviceRows
from job.train.together.step.small_weights import Merged
from job.train.together.step.step import OneFit
from job.train.together.step.variables import Variables

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
        warm: which of its kinds of steps were called, see ``Stepper``.
        refused: why it could not be traced or run, once that is known.
        uncompilable: why what XLA makes of it is not used, in a sentence, once that is known.
        ratio: of a compiled step's time to a graph's; a guess until measured.
        measured_compile: seconds that compiling took for one shape, once that is known.
        results: what the metrics tell, see ``MetricResults``.
    """

    model: Any
    table: DeviceRows
    leaves: Sequence[hyperparameters.Leaf]
    free: bool
    sizes: Sequence[tuple[Any, str]]
    heads: Sequence[tuple[int | None, ...]]
    merged: Merged | None = None
    by_kernel: bool = False
    structure: Any = None
    warm: set[Any] = field(default_factory=set)
    refused: str | None = None
    uncompilable: str | None = None
    ratio: float = field(init=False)
    measured_compile: float | None = None
    variables: Variables = field(init=False)
    fit: OneFit = field(init=False)
    tracer: Tracer = field(init=False)
    results: MetricResults = field(init=False)

    def __post_init__(self) -> None:
        self.variables = Variables.of(self.model)
        self.fit = OneFit(self.model, self.variables, self.table, self.leaves, self.heads, self.merged)
        self.tracer = Tracer(self.model, self.variables, self.table, self.leaves, self.free, self.sizes)
        self.results = MetricResults(self.tracer, self.fit)
        if any(leaf.owner is self.model.optimizer for leaf in self.leaves):
            self.by_kernel = False
        self.ratio = 0.85 if self.by_kernel else 0.55

    @cached_property
    def kernel(self) -> AdamProgram:
        """How the optimizer steps by TensorFlow's kernel for it."""
        return AdamProgram(self.tracer, self.fit, self.results, allowed=self.by_kernel)

    @property
    def unlike(self) -> set[str]:
        """Random functions met that a graph and XLA compute differently."""
        return self.tracer.unlike

    @property
    def compile_seconds(self) -> float:
        """That compiling takes for one shape; three times the tracing's until measured."""
        return 3 * self.tracer.seconds if self.measured_compile is None else self.measured_compile

    @cached_property
    def train(self) -> Any:
        """``(state, settings, class weights, indices (steps, fits, batch), table, steps) -> state``, traced."""
        with self.tracer.timing():
            return self.tracer.traced(self._train, self.variables.all, [None, None, None], _STEPS)

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
        with spent.on("tracing"):
            return tf.function(train_some, input_signature=signature, autograph=False).get_concrete_function()

    @cached_property
    def train_compiled(self) -> Any:
        """``train`` compiled by XLA for each shape it is called with."""
        return tf.function(self.train, jit_compile=True, autograph=False)

    @cached_property
    def evaluate(self) -> Any:
        """``(state, settings, class weights, indices (steps, fits, batch), table, first place) -> metrics' state``."""
        return self.tracer.traced(
            self._evaluate, self.variables.model + self.variables.metrics, [None, None, None], _STEPS
        )

    @cached_property
    def predict(self) -> Any:
        """``(weights, settings, class weights, indices (fits, rows)) -> outputs (fits, rows, …)``, a flat list."""
        return self.tracer.traced(self._predict, self.variables.model, [None, None])

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
