"""What a model's loss says about its targets: the form it wants them in, and what its outputs are."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import keras
import numpy as np

from job.study.study import Task
from job.train import device_faults
from job.train.heads import Output
from job.train.patches import private

Form = Literal["indices", "one-hot", "zero-one", "amounts", "given", "column", "own"]
"""Targets as class indices; a column per class; zeros and ones per label; floats; as given; a number for each row as a
column of one; as the user's own wants."""

_FORMS: dict[str, Form] = {
    "sparse_categorical_crossentropy": "indices",
    "categorical_generalized_cross_entropy": "indices",
    "categorical_crossentropy": "one-hot",
    "categorical_focal_crossentropy": "one-hot",
    "kl_divergence": "one-hot",
    "categorical_hinge": "one-hot",
    "binary_crossentropy": "zero-one",
    "binary_focal_crossentropy": "zero-one",
    "hinge": "zero-one",
    "squared_hinge": "zero-one",
    "dice": "zero-one",
    "tversky": "zero-one",
    "mean_squared_error": "amounts",
    "mean_absolute_error": "amounts",
    "mean_absolute_percentage_error": "amounts",
    "mean_squared_logarithmic_error": "amounts",
    "huber": "amounts",
    "log_cosh": "amounts",
    "poisson": "amounts",
    "cosine_similarity": "amounts",
}
MARGINS = {"hinge", "squared_hinge", "categorical_hinge"}
"""Losses of signed distances."""
CHANCES = {name for name, form in _FORMS.items() if form in ("indices", "one-hot", "zero-one")} - MARGINS
"""Losses of probabilities, or of logits where they are told so."""

ALLOWED: dict[Task, tuple[Form, ...]] = {
    "binary": ("zero-one", "indices", "one-hot"),
    "multiclass": ("indices", "one-hot"),
    "multilabel": ("zero-one",),
    "regression": ("amounts",),
    "own": ("indices", "one-hot", "zero-one", "amounts"),
}

_NO_LOSS = "no loss"


@dataclass(frozen=True)
class LossKind:
    """One loss, understood.

    Attributes:
        name: as users know it.
        form: of its targets.
        activation: what makes probabilities of the outputs: "sigmoid" or "softmax" when it takes logits; "margin" when
            outputs are signed distances and there are no probabilities; None when they are what they seem.
        function: the user's own, for ``form`` "own"; None otherwise.
    """

    name: str
    form: Form
    activation: str | None = None
    function: Callable[..., Any] | None = None


def understood(loss: Any, task: Task) -> LossKind:
    """Finds out what a compiled loss is: a name, a function, a ``Loss``, a partial of one, or the user's own."""
    if isinstance(loss, str) and loss.lower() in ("crossentropy", "ce"):  # Keras chooses by the shapes
        loss = "sparse_categorical_crossentropy" if task == "multiclass" else "binary_crossentropy"
    found = keras.losses.get(loss)
    arguments = _arguments(found)
    function = _function(found)
    name = getattr(function, "__name__", type(function).__name__)
    form = _FORMS.get(name, "own") if str(getattr(function, "__module__", "")).startswith("keras.") else "own"
    return LossKind(name, form, _activation(name, form, arguments, task), found if form == "own" else None)


def of_output(model: Any, output: Output, outputs: int, task: Task) -> LossKind:
    """The loss of one of a model's outputs; "no loss" where it has none."""
    compiled = getattr(model, "loss", None)
    for key in output.path if outputs > 1 or isinstance(compiled, Mapping) else ():
        if isinstance(compiled, Mapping):
            compiled = compiled.get(key, compiled.get(output.name))
        elif isinstance(compiled, list | tuple) and isinstance(key, int) and key < len(compiled):
            compiled = compiled[key]
    if isinstance(compiled, Mapping):  # of an output that has no key
        compiled = compiled.get(output.name)
    if isinstance(compiled, list | tuple):
        compiled = compiled[output.place] if len(compiled) == outputs else None
    return LossKind(_NO_LOSS, "own") if compiled is None else understood(compiled, task)


def with_loss(model: Any, outputs: Sequence[Output]) -> list[Output]:
    """The outputs that a loss is computed of; all where the model names none, as one that trains in its own way does.

    Keras trains a model whose other outputs have no targets: they are for whoever reads what it predicts.
    """
    found = [one for one in outputs if of_output(model, one, len(outputs), "own").name != _NO_LOSS]
    return found or list(outputs)


def value(loss: Any, y: Any, predicted: Any) -> Any:
    """What a loss says of some rows, as an array, before Keras takes their mean; None where it can't."""
    try:
        wrapped = loss if isinstance(loss, keras.losses.Loss) else private.wrapped_loss(loss)
        call = wrapped if type(wrapped).call is keras.losses.Loss.call else wrapped.call
        return np.asarray(call(*(keras.ops.convert_to_tensor(one, dtype=wrapped.dtype) for one in (y, predicted))))
    except Exception as error:  # noqa: BLE001  # whatever it raises, it does not take them
        device_faults.check(error)
        return None


def names(forms: tuple[Form, ...]) -> list[str]:
    """Keras's losses that take these forms."""
    return [name for form in forms for name, its in _FORMS.items() if its == form]


def _function(loss: Any) -> Any:
    """The function at the bottom of wrappers and partials."""
    while True:
        if isinstance(loss, partial):
            loss = loss.func
        elif callable(getattr(loss, "fn", None)):
            loss = loss.fn
        else:
            return loss


def _arguments(loss: Any) -> dict[str, Any]:
    found = {"from_logits": getattr(loss, "from_logits", False)}
    if isinstance(loss, partial):
        return found | _arguments(loss.func) | loss.keywords
    if callable(getattr(loss, "fn", None)):
        inner = _arguments(loss.fn) if isinstance(loss.fn, partial) else _defaults(loss.fn)
        return found | inner | private.loss_arguments(loss)
    return found | _defaults(loss)


def _defaults(loss: Any) -> dict[str, Any]:
    """What a function says of logits by a default, or by a variable of the function that made it."""
    if not inspect.isfunction(loss):
        return {}
    within = inspect.getclosurevars(loss).nonlocals.get("from_logits", inspect.Parameter.empty)
    parameter = inspect.signature(loss).parameters.get("from_logits")
    said = within if parameter is None else parameter.default
    return {} if said is inspect.Parameter.empty else {"from_logits": said}


def _activation(name: str, form: Form, arguments: dict[str, Any], task: Task) -> str | None:
    if form != "own" and name in MARGINS:
        return "margin"
    if not arguments.get("from_logits"):
        return None
    if form == "own":
        return "softmax" if task == "multiclass" else "sigmoid"
    return "sigmoid" if form == "zero-one" else "softmax"
