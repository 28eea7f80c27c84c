"""Functions of stacks, traced: of the model, rows and settings of one program."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from job.train import clock, spent
from job.train.patches import hyperparameters, private, recurrent_sizes, tracing
from job.train.together.step.device_rows import DeviceRows
from job.train.together.step.variables import Variables


@dataclass(eq=False)
class Tracer:
    """Traces what a program runs.

    Attributes:
        model: built without values; compiled.
        variables: the model's.
        table: all rows, on the device.
        leaves: the settings that differ per fit.
        free: whether dimensions of weights are left unknown.
        sizes: attributes that decide shapes.
        unlike: random functions met that a graph and XLA compute differently.
        seconds: that tracing the steps took.
    """

    model: Any
    variables: Variables
    table: DeviceRows
    leaves: Sequence[hyperparameters.Leaf]
    free: bool
    sizes: Sequence[tuple[Any, str]]
    unlike: set[str] = field(default_factory=set)
    seconds: float = 0.0

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Takes the time of tracing the steps."""
        began = clock.now()
        yield
        self.seconds += clock.now() - began

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
        return self.concrete(function, signature)

    def concrete(self, function: Callable[..., Any], signature: list[Any]) -> Any:
        """Traces a function of these specifications."""
        with self._tracing():
            return tf.function(function, input_signature=signature, autograph=False).get_concrete_function()

    def spec(self, variable: Any) -> Any:
        """A stack of a variable; those of metrics have the same shape in all models."""
        free = self.free and not any(variable is one for one in self.variables.metrics)
        fixed = recurrent_sizes.fixed(self.model)
        shape = fixed.get(id(variable), [None] * len(variable.shape)) if free else list(variable.shape)
        return tf.TensorSpec([None, *shape], private.dtype(variable))

    @contextmanager
    def _tracing(self) -> Iterator[None]:
        hidden = (self.variables.fit, self.sizes) if self.free else ((), ())
        with spent.on("tracing"), tracing.of(self.model, *hidden) as unlike:
            try:
                yield
            finally:
                self.unlike.update(unlike)
