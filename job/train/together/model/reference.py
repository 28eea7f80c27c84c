"""What a trial's own model computes: built by ``build`` for one of its fits, and stepped as Keras steps it, eagerly.

A program is held against this before any of its results is kept, see ``proof``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import keras
import numpy as np
import tensorflow as tf
from keras import optimizers

from job.data.rows import Array, Indices
from job.train import building, feeding, fit_rows
from job.train.fits import Build, FitRequest, Material
from job.train.order import epoch_order
from job.train.patches import keras_state, private, runtime
from job.train.patches.patch import replaced
from job.train.refusals import Alone, ByFit
from job.train.together.model import after_step
from job.train.together.model.blueprint import Blueprint

_FIRST_MOMENT = (optimizers.Adam, optimizers.AdamW, optimizers.Nadam)
"""Optimizers whose first moment tells the gradient after one step, so that none need be made."""


@dataclass(frozen=True, eq=False)
class Reference:
    """What one fit's model computes of one batch.

    Attributes:
        request: the fit.
        rows: of the batch, the fit's first.
        initial: the model's variables as ``build`` left them, in the order of a program's state.
        outputs: in inference, before the step.
        loss: of the step.
        evaluated: the loss in inference, before the step, without class weights; None where no rows are held out.
        gradients: of the trainable variables, in their order.
        after: what the step makes of variables, by their places in a program's state.
        is_whole: whether ``after`` has all of them.
        metrics: what they tell after the step, by Keras's names; nothing where not ``is_whole``.
        drawn: what each batch in inference adds to variables, by their places: to the states of seeds, where a layer
            draws masks that it has no use for there.
    """

    request: FitRequest
    rows: Indices
    initial: list[Array]
    outputs: list[Array]
    loss: float
    evaluated: float | None
    gradients: list[Array]
    after: Mapping[int, Array]
    is_whole: bool
    metrics: Mapping[str, Array]
    drawn: Mapping[int, Array]

    @property
    def bytes(self) -> int:
        """Its size."""
        parts = (self.initial, self.outputs, self.gradients, list(self.after.values()))
        return sum(one.nbytes for part in parts for one in part)


def of(blueprint: Blueprint, request: FitRequest, build: Build, material: Material, *, whole: bool) -> Reference:
    """Builds the model of one fit, and makes one step of it.

    Args:
        blueprint: of the trial.
        request: the fit.
        build: the user's.
        material: of the study.
        whole: whether the optimizer and the metrics are stepped too. What is not all of Keras's own always is.

    Raises:
        Alone: its build draws random numbers, or what it gives can't be compared.
        ByFit: inference changes it.
        Exception: whatever its build or its step raises.
    """
    with keras_state.kept(), runtime.kernels(), runtime.objects():
        found = _Model.built(blueprint, request, build, material)
        return found.reference(blueprint, whole=whole or blueprint.signature.is_own or not _tells_gradient(found.model))


def _tells_gradient(model: Any) -> bool:
    """Whether one step's gradients can be read off the optimizer's first moments."""
    optimizer = model.optimizer
    more = ("clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor", "gradient_accumulation_steps")
    return type(optimizer) in _FIRST_MOMENT and not any(getattr(optimizer, name) for name in more)


@dataclass(frozen=True, eq=False)
class _Model:
    """A real model and its fit's first batch."""

    request: FitRequest
    model: Any
    rows: Indices
    x: Any
    y: Any
    weights: Any
    of_rows: Any  # weights without those of classes

    @classmethod
    def built(cls, blueprint: Blueprint, request: FitRequest, build: Build, material: Material) -> "_Model":
        model, drawn = building.watched(build, request.build, request.seed)
        if drawn:
            raise Alone(f"its build draws from {drawn[0]}")
        building.ready(model, material, request)
        places = _first(request)
        rows, weights = request.train[places], fit_rows.weights(request, material)
        return cls(
            request,
            model,
            rows,
            feeding.tensors(material.X, rows),
            keras.tree.map_structure(lambda one: tf.convert_to_tensor(one[rows]), blueprint.targets),
            None if weights is None else tf.constant(weights[places]),
            None if material.sample_weight is None else tf.constant(material.sample_weight[rows]),
        )

    def reference(self, blueprint: Blueprint, *, whole: bool) -> Reference:
        model = self.model
        initial = self._values()
        found, evaluated = self._inferred()
        drawn = self._drawn(initial, [*keras.tree.flatten(found), evaluated])
        gradients, loss = self._whole_step() if whole else self._step()
        after = after_step.whole(blueprint, model) if whole else after_step.partly(blueprint, model, gradients)
        return Reference(
            request=self.request,
            rows=self.rows,
            initial=initial,
            outputs=[np.asarray(one) for one in keras.tree.flatten(found)],
            loss=loss,
            evaluated=evaluated,
            gradients=gradients,
            after=after,
            is_whole=whole,
            metrics=_told(model) if whole else {},
            drawn=drawn,
        )

    def _inferred(self) -> tuple[Any, float | None]:
        """The outputs in inference, and their loss where rows are held out."""
        found = self._called(training=False)
        return found, self._evaluated(found) if len(self.request.validation) else None

    def _values(self) -> list[Array]:
        return [one.numpy() for one in after_step.variables(self.model)]

    def _drawn(self, initial: Sequence[Array], found: Sequence[Any]) -> dict[int, Array]:
        """What inference added to the model's variables, which are put back.

        In a group all batches are evaluated, and predicted, from what the last training step left: this is added for
        each of them afterwards.

        Raises:
            ByFit: it did not only count, or what was found in inference depends on it.
        """
        once = self._values()
        places = [at for at, pair in enumerate(zip(initial, once, strict=True)) if _differ(*pair)]
        if not places:
            return {}
        outputs, loss = self._inferred()
        for at, value in enumerate(self._values()):
            is_count = value.dtype.kind in "iu" and not _differ(value - once[at], once[at] - initial[at])
            if not is_count and (at in places or _differ(value, once[at])):
                self._refuse(at)
        if any(_differ(*pair) for pair in zip(found, [*keras.tree.flatten(outputs), loss], strict=True)):
            self._refuse(places[0])
        for variable, value in zip(after_step.variables(self.model), initial, strict=True):
            variable.assign(value)
        return {at: once[at] - initial[at] for at in places}

    def _refuse(self, at: int) -> NoReturn:
        told = "so each batch that is evaluated or predicted depends on those before it"
        raise ByFit(f"its variable {after_step.variables(self.model)[at].path} changes in inference too, {told}")

    def _called(self, *, training: bool) -> Any:
        model = self.model
        return model(self.x, training=training) if private.takes_training(model) else model(self.x)

    def _evaluated(self, predicted: Any) -> float:
        """The loss as in Keras's ``test_step``."""
        given = {"x": self.x, "y": self.y, "y_pred": predicted, "sample_weight": self.of_rows}
        return float(private.loss(self.model, **given, training=False))

    def _step(self) -> tuple[list[Array], float]:
        """Gradients and loss, as in Keras's ``train_step``."""
        model = self.model
        with tf.GradientTape() as tape:
            predicted = self._called(training=True)
            given = {"x": self.x, "y": self.y, "y_pred": predicted, "sample_weight": self.weights}
            loss = private.loss(model, **given, training=True)
        trainable = model.trainable_variables
        return _whole(tape.gradient(loss, trainable), trainable), float(loss)

    def _whole_step(self) -> tuple[list[Array], float]:
        """Keras's own ``train_step``; the gradients are noted on their way into the optimizer."""
        model, seen = self.model, list[Any]()
        apply = model.optimizer.apply

        def noting(gradients: Sequence[Any], variables: Sequence[Any] | None = None) -> Any:
            seen.extend(gradients)
            return apply(gradients, variables)

        data = (self.x, self.y) if self.weights is None else (self.x, self.y, self.weights)
        with replaced([(model.optimizer, "apply", noting)]):
            model.train_step(data)
        return _whole(seen, model.trainable_variables), float(private.loss_tracker(model).result())


def _differ(one: Any, other: Any) -> bool:
    """Whether two values differ in any bit."""
    return np.asarray(one).tobytes() != np.asarray(other).tobytes()


def _told(model: Any) -> dict[str, Array]:
    return {name: np.asarray(value) for name, value in model.get_metrics_result().items()}


def _whole(gradients: Sequence[Any], variables: Sequence[Any]) -> list[Array]:
    """Gradients as arrays: those of looked-up rows filled up, missing ones nothing."""
    pairs = zip(gradients, variables, strict=True)
    return [
        np.zeros(tuple(v.shape), np.float32) if g is None else np.asarray(tf.convert_to_tensor(g)) for g, v in pairs
    ]


def _first(request: FitRequest) -> Indices:
    """Places of the first batch among a fit's training rows."""
    count, most = len(request.train), request.settings.batch_size
    return (epoch_order(request.seed, 0, count) if request.settings.shuffle else np.arange(count))[:most]
