"""How outputs are read as labels: by what the loss says about them, else by what the outputs are."""

from typing import Any

import keras
import numpy as np

from job.data.rows import Part
from job.train import feeding, losses
from job.train.fits import Head, Material
from job.train.heads import ModelMistake, Output
from job.train.losses import Form, LossKind
from job.train.patches import private

_PASSING = {"Identity", "IdentityN", "Reshape", "Squeeze", "ExpandDims", "Cast", "StopGradient", "Transpose"}
"""Operations after the last layer's own that leave values as they are."""
_ENDINGS = {
    "Sigmoid": "sigmoid", "Softmax": "softmax", "Tanh": "tanh", "Softsign": "tanh",
    "BiasAdd": "linear", "MatMul": "linear", "BatchMatMulV2": "linear", "AddV2": "linear", "Conv2D": "linear",
    "Relu": "relu", "Softplus": "relu", "LogSoftmax": "logarithms",
}  # fmt: skip


def of(
    kind: LossKind, form: Form, output: Output, part: Part, material: Material, model: Any, *, numbered: bool
) -> Head:
    """How one output of a model is read.

    Args:
        kind: its loss.
        form: what the loss is given of y.
        output: of the model.
        part: of y.
        material: of the study.
        model: compiled.
        numbered: see ``Head``.
    """
    _check_threshold(part, material)
    if material.free or part.task in ("regression", "own"):
        return Head(output.place)
    activation, threshold = _activation(kind, output), material.threshold
    is_cut = part.task == "multilabel" or len(output.shape) == 1 or output.shape[-1] == 1
    says_nothing = kind.form in ("own", "amounts") and activation is None
    if says_nothing and is_cut and threshold is None:
        end = endings(model, material)[output.place]
        if end == "tanh":
            activation = "margin"
        elif end not in ("sigmoid", "softmax"):
            activation, threshold = _by_loss(kind, form, output, part)
    return Head(output.place, activation, threshold, numbered)


def _check_threshold(part: Part, material: Material) -> None:
    if material.threshold is None or (part.task in ("binary", "multilabel") and not material.free):
        return
    why = "the study's scorers read outputs themselves" if material.free else f"the task is {part.task}"
    raise ModelMistake(f"threshold: is for two classes, or labels that are there or not; {why}: leave it out.")


def _activation(kind: LossKind, output: Output) -> str | None:
    if kind.form == "own" and kind.activation is not None:
        return "sigmoid" if len(output.shape) == 1 or output.shape[-1] == 1 else kind.activation
    return kind.activation


def _by_loss(kind: LossKind, form: Form, output: Output, part: Part) -> tuple[str | None, float | None]:
    """Outputs without an activation, under a loss that does not say what they are: its values do.

    Logits and signed distances are the better for the first class the less they are; amounts are best at its label.

    Returns:
        Activation and threshold.
    """
    low, high = 0.0, 1.0
    if form == "given" and part.given.dtype.kind in "iuf":
        low, high = float(part.given.min()), float(part.given.max())
    width = 1 if len(output.shape) == 1 else int(output.shape[-1] or 1)
    shape = (4,) if len(output.shape) == 1 else (4, width)
    y = np.full(shape, low, np.float32)
    at, below = (losses.value(kind.function, y, np.full(shape, low - by, np.float32)) for by in (0.0, 4.0))
    if at is not None and below is not None and below.mean() < at.mean():
        return "margin", None
    return None, (low + high) / 2


def endings(model: Any, material: Material) -> list[str]:
    """What each output ends in, in the order of ``keras.tree.flatten``: sigmoid, softmax, tanh, linear, relu, other."""
    found: list[str] = []

    def call(inputs: Any) -> Any:
        outputs = model(inputs, training=False) if private.takes_training(model) else model(inputs)
        found[:] = [_ending(one) for one in keras.tree.flatten(outputs)]
        return outputs

    private.compute_output_spec(call, feeding.symbolic(material.X))
    return found


def _ending(tensor: Any) -> str:
    operation = getattr(tensor, "op", None)
    while operation is not None and operation.type in _PASSING and operation.inputs:
        operation = operation.inputs[0].op
    return "other" if operation is None else _ENDINGS.get(operation.type, "other")
