"""One model as built for some params, without values: what it is, and where its values come from."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from job.data.rows import Array
from job.train import building, feeding, targets
from job.train.fits import Build, FitRequest, Material, Reading
from job.train.patches import keras_state, optimizers, private, randomness, recording, runtime
from job.train.patches.keras_state import KerasState
from job.train.refusals import Alone, ByFit
from job.train.together.model import adam_kernel, initial_values, normalization, signature
from job.train.together.model.initial_values import Source
from job.train.together.model.normalization import Learned, Learning
from job.train.together.step import small_weights
from job.train.together.step.variables import Variables

_HALF = ("float16", "bfloat16")
_KERAS_OWN = (
    *("train_step", "test_step", "predict_step", "fit", "evaluate", "predict", "reset_metrics"),
    *("make_train_function", "make_test_function", "make_predict_function"),
)
"""What Keras's ``fit`` and ``predict`` call of a model, and groups do not, or only by the step."""


@dataclass(frozen=True, eq=False)
class Blueprint:
    """A model built without values.

    Attributes:
        model: its variables have no values; its optimizer works on those of a scope.
        signature: what was compared.
        targets: all rows' targets, as its loss wants them.
        reading: see ``Trained.reading``.
        variables: in the order of a program's state.
        sources: where the initial value of each comes from.
        learning: layers that learn from the fit's training rows.
        merged: weights that the optimizer steps as one.
        by_kernel: whether the optimizer steps as TensorFlow's kernel for it.
        seed: of the fit that it was built for.
    """

    model: Any
    signature: signature.Signature
    targets: Any
    reading: Reading
    variables: Variables
    sources: list[Source]
    learning: list[Learning]
    merged: small_weights.Merged | None
    by_kernel: bool
    seed: int

    @cached_property
    def state_bytes(self) -> int:
        """Size of all variables of one fit."""
        return sum(int(np.prod(source.shape)) * np.dtype(source.dtype).itemsize for source in self.sources)

    @cached_property
    def activation_bytes(self) -> int:
        """Size of all layers' outputs for one row, as far as they are known."""
        return sum(4 * _size(tensor.shape[1:]) for layer in _layers(self.model) for tensor in _outputs(layer))

    @cached_property
    def is_half(self) -> bool:
        """Whether a layer computes in half precision."""
        return any(one.compute_dtype in _HALF for one in private.layers(self.model))

    @cached_property
    def products(self) -> int:
        """Multiplications of one row's way through the model, roughly: each weight at each place it is used."""
        return sum(
            _places(layer) * _size(one.shape) for layer in _layers(self.model) for one in layer.trainable_weights
        )

    @cached_property
    def _draws(self) -> int:
        return 1 + max((source.draw for source in self.sources if source.draw is not None), default=0)

    def initial(self, request: FitRequest, learned: Learned) -> list[Array]:
        """Initial values of all variables for a fit: of its seed, and of what layers learn from its training rows."""
        draws = initial_values.draws(request.seed, self._draws)
        return learned.put([source.initial(draws) for source in self.sources], self.learning, request.train)


def draw(request: FitRequest, build: Build, material: Material) -> Blueprint:
    """Builds the model of one request without values.

    Raises:
        ByFit: such models can't be trained together.
        Exception: whatever ``build`` raises.
    """
    origins: dict[int, Any] = {}
    with (
        runtime.kernels(),
        runtime.objects(),
        keras_state.kept() as before,
        recording.recording(origins),
    ):
        model, drawn = building.watched(build, request.build, request.seed)
        _refuse(model, drawn, KerasState.now().changed(before), before.caps())
        normalization.refuse_others(model)
        with randomness.watch(build) as drawn:
            outputs = building.ready(model, material, request)
            y, reading = targets.of(model, outputs, material)
            found = signature.of(model, outputs)
            merged, by_kernel = small_weights.of(model), adam_kernel.suits(model)
            optimizers.make(model.optimizer)
            if merged is not None:
                merged.built(model.optimizer, model.trainable_variables)
            _build_rest(model, outputs, material, y)
            variables = Variables.of(model)
            learning = normalization.of(model, variables.all, material.X)
            sources = initial_values.Recording(model, origins, request.seed).sources(variables.all)
        _refuse_drawn(drawn)
    return Blueprint(model, found, y, reading, variables, sources, learning, merged, by_kernel, request.seed)


def _build_rest(model: Any, outputs: Any, material: Material, y: Any) -> None:
    """Creates the variables of metrics, losses and optimizer, as ``fit`` would before its first step."""
    rows = min(2, len(material.encoded))

    def sample(structure: Any) -> Any:
        return keras.tree.map_structure(
            lambda one: keras.KerasTensor((rows, *one.shape[1:]), keras.backend.standardize_dtype(one.dtype)), structure
        )

    weight = None if material.sample_weight is None else keras.KerasTensor((rows,), "float32")
    batch = sample(feeding.symbolic(material.X)), sample(y), sample(outputs), weight
    for function in (model.compute_metrics, functools.partial(private.loss, model, training=False)):
        private.compute_output_spec(function, *batch)
    private.build_optimizer(model, (batch[0], batch[1], weight))


def _refuse(model: Any, drawn: Sequence[str], changed: Sequence[str], caps: Sequence[str]) -> None:
    """Raises ByFit for what Keras's own steps, mapped over fits, would not do."""
    _refuse_drawn(drawn)
    if changed:
        raise Alone(f"build sets Keras's {changed[0]} for everything after it")
    if caps:
        raise ByFit(f"Keras's {caps[0]} is set, which its own fit minds")
    for name in _KERAS_OWN:
        if _owner(model, name) != "keras":
            raise ByFit(f"the model has a {name} of its own")
    if model.run_eagerly:
        raise ByFit("the model runs eagerly")
    if not isinstance(model.optimizer, keras.optimizers.Optimizer):
        raise ByFit("the model has no optimizer of keras.optimizers")
    if optimizers.ends_otherwise(model.optimizer):
        raise ByFit("the model's optimizer has a finalize_variable_values of its own")


def _refuse_drawn(drawn: Sequence[str]) -> None:
    if drawn:
        raise Alone(f"build draws random numbers from {drawn[0]}, which cannot be drawn again for other fits")


def _owner(model: Any, method: str) -> str:
    if method in vars(model):
        return "instance"
    owner = next(base for base in type(model).__mro__ if method in vars(base))
    return owner.__module__.partition(".")[0]


def _layers(model: Any) -> list[Any]:
    """The layers that hold weights of their own, innermost."""
    return [layer for layer in private.layers(model, include_self=False) if not isinstance(layer, keras.Model)]


def _outputs(layer: Any) -> list[Any]:
    return [tensor for node in private.nodes(layer) for tensor in node.output_tensors]


def _places(layer: Any) -> int:
    """At how many places of one row a layer uses its weights: pixels, time steps."""
    nodes = private.nodes(layer)
    shapes = [tensor.shape[1:-1] for node in nodes for tensor in (*node.input_tensors, *node.output_tensors)]
    return max((_size(shape) for shape in shapes), default=1)


def _size(shape: Any) -> int:
    return int(np.prod([one or 1 for one in shape]))
