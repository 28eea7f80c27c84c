"""Keras's own steps as pure functions of one fit: traced to be mapped over the fits of a stack."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from job.train.patches import broadcasting, hyperparameters, optimizers, private, scaled_weights
from job.train.refusals import Refusal
from job.train.together.step.device_rows import DeviceRows
from job.train.together.step.small_weights import Merged
from job.train.together.step.variables import Scope, Variables, held


class SparseGradient(Refusal):
    """A gradient is of some rows of a weight, perhaps of one row several times."""


@dataclass(frozen=True, eq=False)
class OneFit:
    """One fit of a program.

    Attributes:
        model: built without values; compiled.
        variables: the model's.
        table: all rows, on the device.
        leaves: the settings that differ per fit.
        heads: shapes of the outputs of one row.
        merged: weights that the optimizer steps as one.
    """

    model: Any
    variables: Variables
    table: DeviceRows
    leaves: Sequence[hyperparameters.Leaf]
    heads: Sequence[tuple[int | None, ...]]
    merged: Merged | None

    def step(self, values: list[Any], numbers: list[Any], classes: Any, rows: Any, table: Any, sizes: Any) -> list[Any]:
        """The state after one training step, as Keras's ``train_step``."""
        model, variables = self.model, self.variables
        batch = self.table.batch(table, rows, classes)
        with hyperparameters.installed(self.leaves, numbers), Scope(variables.all, values) as scope:
            gradients, predicted = self._gradients(values, batch, rows)
            with optimizers.selecting():
                if self.merged is None:
                    model.optimizer.apply(gradients, variables.trainable)
                else:
                    self.merged.apply(model.optimizer, scope, gradients, variables.trainable, sizes)
            model.compute_metrics(batch[0], batch[1], predicted, sample_weight=batch[2])
            new: list[Any] = scope.values(variables.all)
        return new

    def slopes(
        self, values: list[Any], numbers: list[Any], classes: Any, share: Any, rows: Any, table: Any
    ) -> list[Any]:
        """A step but for the optimizer's part: gradients of the weights, then what else of the model it changes.

        Args:
            values: of the model and of metrics; weights that were not merged are divided by their share.
            numbers: settings.
            classes: class weights.
            share: of the largest learning rate, (1, 1).
            rows: their numbers.
            table: of all rows.

        Raises:
            SparseGradient: see there.
        """
        model, variables = self.model, self.variables
        batch = self.table.batch(table, rows, classes)
        divided = range(len(variables.trainable)) if self.merged is None else self.merged.rest
        with (
            scaled_weights.restored(model, values, divided, share) as whole,
            hyperparameters.installed(self.leaves, numbers),
            Scope(variables.model + variables.metrics, whole) as scope,
        ):
            gradients, predicted = self._gradients(whole, batch, rows)
            model.compute_metrics(batch[0], batch[1], predicted, sample_weight=batch[2])
            new = scope.values(variables.other + variables.metrics)
        if any(isinstance(one, tf.IndexedSlices) for one in gradients):
            raise SparseGradient
        pairs = zip(gradients, values, strict=False)
        return [*(tf.zeros_like(value) if one is None else one for one, value in pairs), *new]

    def _gradients(self, values: list[Any], batch: tuple[Any, Any, Any], rows: Any) -> tuple[list[Any], Any]:
        """Of all weights, whose values come first; and the outputs."""
        model, trainable, (x, y, weights) = self.model, values[: len(self.variables.trainable)], batch
        with tf.GradientTape() as tape:
            tape.watch(trainable)
            with broadcasting.noted(model) as seen:
                predicted = self._call(x, training=True)
            loss = private.loss(model, x=x, y=y, y_pred=predicted, sample_weight=weights, training=True)
            private.loss_tracker(model).update_state(loss, sample_weight=tf.shape(rows)[0])
            scaled = model.optimizer.scale_loss(loss)
        with broadcasting.known(broadcasting.of_weights(model, seen, self.variables.model, values)):
            return tape.gradient(scaled, trainable), predicted

    def _call(self, x: Any, *, training: bool) -> Any:
        """The model's outputs, whose shapes are those of all models of this program, whatever their weights'."""
        model = self.model
        found = model(x, training=training) if private.takes_training(model) else model(x)
        for one, shape in zip(keras.tree.flatten(found), self.heads, strict=True):
            one.set_shape([None, *shape])
            if one.op.type in ("Sigmoid", "Softmax"):  # losses take what these are of
                one.op.inputs[0].set_shape([None, *shape])
        return found

    def test(self, values: list[Any], numbers: list[Any], classes: Any, rows: Any, table: Any) -> list[Any]:
        """The metrics' state after one evaluation step, as Keras's ``test_step``."""
        model, variables = self.model, self.variables
        x, y, weights = self.table.batch(table, rows, classes)
        with (
            hyperparameters.installed(self.leaves, numbers),
            Scope(variables.model + variables.metrics, values) as scope,
        ):
            predicted = self._call(x, training=False)
            loss = private.loss(model, x=x, y=y, y_pred=predicted, sample_weight=weights, training=False)
            private.loss_tracker(model).update_state(loss, sample_weight=tf.shape(rows)[0])
            model.compute_metrics(x, y, predicted, sample_weight=weights)
            new: list[Any] = scope.values(variables.metrics)
        return new

    def predict(self, values: list[Any], numbers: list[Any], classes: Any, rows: Any, table: Any) -> Any:
        """The outputs for some rows."""
        x, _, _ = self.table.batch(table, rows, classes)
        with hyperparameters.installed(self.leaves, numbers), Scope(self.variables.model, values):
            return keras.tree.map_structure(held, self._call(x, training=False))

    def results(self, values: list[Any]) -> dict[str, Any]:
        """What the metrics tell, by Keras's names."""
        with Scope(self.variables.metrics, values):
            return {name: held(one) for name, one in self.model.get_metrics_result().items()}
