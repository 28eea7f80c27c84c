"""What a model's loss says about its targets: the form it wants them in, and what its outputs are."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import keras

from job.study.study import Task
from job.train.patches import private

Form = Literal["indices", "one-hot", "zero-one", "amounts", "own"]
"""Targets as class indices; one column per class; zeros and ones per label; floats; as a user's own function wants."""

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
_MARGINS = {"hinge", "squared_hinge", "categorical_hinge"}

ALLOWED: dict[Task, tuple[Form, ...]] = {
    "binary": ("zero-one", "indices", "one-hot"),
    "multiclass": ("indices", "one-hot"),
    "multilabel": ("zero-one",),
    "regression": ("amounts",),
}


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
        inner = _arguments(loss.fn) if isinstance(loss.fn, partial) else {}
        return found | private.loss_arguments(loss) | inner
    return found


def _activation(name: str, form: Form, arguments: dict[str, Any], task: Task) -> str | None:
    if form != "own" and name in _MARGINS:
        return "margin"
    if not arguments.get("from_logits"):
        return None
    if form == "own":
        return "softmax" if task == "multiclass" else "sigmoid"
    return "sigmoid" if form == "zero-one" else "softmax"
