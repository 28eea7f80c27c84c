"""The compiled program of a group: Keras's own steps as pure functions of one fit, mapped over the fits of a stack.

A program is traced from one model. With unknown dimensions it serves every model of that signature, whatever its
shapes; otherwise those of its own shapes. XLA compiles it per shape either way.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter
from typing import Any

import keras
import tensorflow as tf

from job.train import spent
from job.train.together import clock, extents, settings, stack, stateless, tracing
from job.train.together.mapping import over_fits
from job.train.together.merging import Merged
from job.train.together.scope import Scope, Variables
from job.train.together.table import Table

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
        structure: of the model's outputs, known once ``predict`` is traced.
        names: of the metrics, as in Keras's history, known once ``results`` is traced.
        unlike: random functions met that a graph and XLA compute differently.
        warm: whether it was called.
        refused: why it could not be traced or run, once that is known.
        uncompilable: why XLA refuses it, once that is known.
        ratio: of a compiled step's time to a graph's; a guess until measured.
        trace_seconds: that tracing the training took.
        compile_seconds: that compiling takes for one shape; from the tracing's until measured.
    """

    model: Any
    table: Table
    leaves: Sequence[settings.Leaf]
    free: bool
    sizes: Sequence[tuple[Any, str]]
    heads: Sequence[tuple[int | None, ...]]
    merged: Merged | None = None
    structure: Any = None
    names: list[str] = field(default_factory=list)
    unlike: set[str] = field(default_factory=set)
    warm: bool = False
    refused: str | None = None
    uncompilable: str | None = None
    ratio: float = 0.55
    trace_seconds: float = 0.0
    compile_seconds: float = 2.0
    variables: Variables = field(init=False)

    def __post_init__(self) -> None:
        self.variables = Variables.of(self.model)

    @cached_property
    def train(self) -> Any:
        """``(state, settings, class weights, indices (steps, fits, batch), table, steps) -> state``, traced."""
        began, timed = perf_counter(), clock.now()
        found = self._traced(self._train, self.variables.all, [None, None, None], _STEPS)
        self.trace_seconds = perf_counter() - began
        self.compile_seconds = 3 * (clock.now() - timed)
        return found

    @cached_property
    def train_some(self) -> Any:
        """``train`` of neighbours in a stack: their first one's place comes last; the state is that of all fits."""
        train = self.train

        def train_some(state: Any, numbers: Any, classes: Any, indices: Any, *more: Any) -> Any:
            *table, steps, begin = more
            parts = stack.parted([*state, *numbers, classes], begin, tf.shape(indices)[1])
            some = [part[1] for part in parts]
            new = train(some[: len(state)], some[len(state) : -1], some[-1], indices, *table, steps)
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
        return self._traced(self._evaluate, self.variables.model + self.variables.metrics, [None, None, None], _STEPS)

    @cached_property
    def predict(self) -> Any:
        """``(weights, settings, class weights, indices (fits, rows)) -> outputs (fits, rows, …)``, a flat list."""
        return self._traced(self._predict, self.variables.model, [None, None])

    @cached_property
    def results(self) -> Any:
        """``(metrics' state) -> [(fits, …)]``, in the order of ``names``."""
        specs = [_spec(variable, free=False) for variable in self.variables.metrics]

        def results(state: list[Any]) -> Any:
            return over_fits(self._results, state, tf.shape(state[0])[0])

        with self._tracing():
            return tf.function(results, input_signature=[specs], autograph=False).get_concrete_function()

    def _results(self, state: list[Any]) -> list[Any]:
        with Scope(self.variables.metrics, state):
            found = self.model.get_metrics_result()
        self.names = list(found)
        return [tf.cast(one, tf.float32) for one in found.values()]

    def _traced(self, function: Callable[..., Any], variables: Sequence[Any], indices: list[None], *more: Any) -> Any:
        fixed = {id(variable) for variable in self.variables.metrics}
        signature = [
            [_spec(variable, free=self.free and id(variable) not in fixed) for variable in variables],
            [tf.TensorSpec([None], tf.float64) for _ in self.leaves],
            tf.TensorSpec([None, None], tf.float32),
            tf.TensorSpec(indices, tf.int32),
            self.table.specs,
            *more,
        ]
        with self._tracing():
            return tf.function(function, input_signature=signature, autograph=False).get_concrete_function()

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
            return self._step(leaves[:count], leaves[count:-2], leaves[-2], leaves[-1], table, sizes)

        def body(at: Any, state: list[Any]) -> Any:
            new = over_fits(step, [*state, *numbers, classes, indices[at]], fits)
            return at + 1, _shaped(new, state)

        found: list[Any] = tf.while_loop(lambda at, _: at < steps, body, (0, state), parallel_iterations=1)[1]
        return found

    def _step(
        self, values: list[Any], numbers: list[Any], classes: Any, rows: Any, table: Any, sizes: Any
    ) -> list[Any]:
        """One training step of one fit, as Keras's ``train_step``."""
        model, variables = self.model, self.variables
        x, y, weights = self.table.batch(table, rows, classes)
        with settings.installed(self.leaves, numbers), Scope(variables.all, values) as scope:
            trainable = values[: len(variables.trainable)]
            with tf.GradientTape() as tape:
                tape.watch(trainable)
                with extents.noted(model) as seen:
                    predicted = self._call(x, training=True)
                loss = model._compute_loss(x=x, y=y, y_pred=predicted, sample_weight=weights, training=True)  # noqa: SLF001
                model._loss_tracker.update_state(loss, sample_weight=tf.shape(rows)[0])  # noqa: SLF001
                scaled = model.optimizer.scale_loss(loss)
            with extents.known(extents.of_weights(model, seen, variables.model, values)):
                gradients = tape.gradient(scaled, trainable)
            with stateless.selecting():
                if self.merged is None:
                    model.optimizer.apply(gradients, variables.trainable)
                else:
                    self.merged.apply(model.optimizer, scope, gradients, variables.trainable, sizes)
            model.compute_metrics(x, y, predicted, sample_weight=weights)
            new: list[Any] = scope.values(variables.all)
        return new

    def _call(self, x: Any, *, training: bool) -> Any:
        """The model's outputs, whose shapes are those of all models of this program, whatever their weights'."""
        model = self.model
        found = model(x, training=training) if model._call_has_training_arg else model(x)  # noqa: SLF001
        for one, shape in zip(keras.tree.flatten(found), self.heads, strict=True):
            one.set_shape([None, *shape])
            if one.op.type in ("Sigmoid", "Softmax"):  # losses take what these are of
                one.op.inputs[0].set_shape([None, *shape])
        return found

    def _evaluate(self, state: Any, numbers: Any, classes: Any, indices: Any, table: Any, begin: Any) -> Any:
        steps, fits = tf.shape(indices)[0], tf.shape(indices)[1]
        parts = stack.parted([*state, *numbers, classes], begin, fits)
        given, count = [part[1] for part in parts], len(self.variables.model)
        ends = len(state), len(state) + len(numbers)

        def step(leaves: list[Any]) -> list[Any]:
            return self._test(leaves[: ends[0]], leaves[ends[0] : ends[1]], leaves[-2], leaves[-1], table)

        def body(at: Any, some: list[Any]) -> Any:
            new = over_fits(step, [*given[:count], *some, *given[ends[0] :], indices[at]], fits)
            return at + 1, _shaped(new, some)

        some = given[count : ends[0]]
        found = tf.while_loop(lambda at, _: at < steps, body, (0, some), parallel_iterations=1)[1]
        return stack.joined(parts[count:], found)

    def _test(self, values: list[Any], numbers: list[Any], classes: Any, rows: Any, table: Any) -> list[Any]:
        """One evaluation step of one fit, as Keras's ``test_step``."""
        model, variables = self.model, self.variables
        x, y, weights = self.table.batch(table, rows, classes)
        with settings.installed(self.leaves, numbers), Scope(variables.model + variables.metrics, values) as scope:
            predicted = self._call(x, training=False)
            loss = model._compute_loss(x=x, y=y, y_pred=predicted, sample_weight=weights, training=False)  # noqa: SLF001
            model._loss_tracker.update_state(loss, sample_weight=tf.shape(rows)[0])  # noqa: SLF001
            model.compute_metrics(x, y, predicted, sample_weight=weights)
            new: list[Any] = scope.values(variables.metrics)
        return new

    def _predict(self, state: Any, numbers: Any, classes: Any, indices: Any, table: Any) -> Any:
        count = len(state)

        def outputs(leaves: list[Any]) -> list[Any]:
            x, _, _ = self.table.batch(table, leaves[-1], leaves[-2])
            with settings.installed(self.leaves, leaves[count:-2]), Scope(self.variables.model, leaves[:count]):
                found = self._call(x, training=False)
            self.structure = keras.tree.map_structure(lambda _: 0, found)
            return list(keras.tree.flatten(found))

        return over_fits(outputs, [*state, *numbers, classes, indices], tf.shape(indices)[0])


def _spec(variable: Any, *, free: bool) -> Any:
    shape = [None] * len(variable.shape) if free else list(variable.shape)
    return tf.TensorSpec([None, *shape], variable._dtype)  # noqa: SLF001


def _shaped(new: Sequence[Any], old: Sequence[Any]) -> list[Any]:
    """A loop's state keeps its static shapes."""
    for after, before in zip(new, old, strict=True):
        after.set_shape(before.shape)
    return list(new)
