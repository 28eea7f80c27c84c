"""Targets in the form that a model's loss wants, and the study's mistakes that only a built model shows."""

from functools import lru_cache
from typing import Any

import keras
import numpy as np

from job.data.rows import Array
from job.errors import UsageError
from job.study.study import Task
from job.train import losses
from job.train.fits import Material
from job.train.losses import Form, LossKind


class ModelMistake(UsageError):
    """What ``build`` returned can't be trained on these targets for this task."""


def task(material: Material) -> Task:
    """The study's task, as its targets show it."""
    if material.classes is None:
        return "regression"
    if material.encoded.ndim == 2:
        return "multilabel"
    return "binary" if material.classes == 2 else "multiclass"


def of(model: Any, outputs: Any, material: Material) -> tuple[Any, str | None]:
    """Finds the targets of all rows for a compiled model.

    Args:
        model: compiled.
        outputs: its symbolic outputs (anything with ``shape``): one, or a tuple, list or dict of them.
        material: of the study.

    Returns:
        Targets of all n rows, shaped as the outputs are, and the activation that makes probabilities of the outputs:
        "sigmoid", "softmax", "margin" (there are none) or None.

    Raises:
        ModelMistake: loss, outputs and task contradict each other.
    """
    heads = keras.tree.flatten(outputs)
    compiled = keras.tree.flatten(getattr(model, "loss", None))
    kinds = [losses.understood(loss, task(material)) for loss in compiled if loss is not None]
    for kind in kinds:
        _check_loss(kind, material)
    if len(heads) > 1:
        return _per_head(outputs, heads, material), kinds[0].activation if kinds else None
    kind = kinds[0] if kinds else LossKind("no loss", "own")
    shape = tuple(heads[0].shape)
    form = _form(kind, shape, material)
    _check_shape(kind, form, shape, material)
    found = _shaped(material, form, len(shape))
    return keras.tree.map_structure(lambda _: found, outputs), _activation(kind, shape)


def _check_loss(kind: LossKind, material: Material) -> None:
    is_task = task(material)
    if kind.form == "own" or kind.form in losses.ALLOWED[is_task]:
        return
    if kind.name == "kl_divergence" and is_task == "regression":
        return
    fits = [one for one, forms in losses.ALLOWED.items() if kind.form in forms]
    raise ModelMistake(
        f"the model is compiled with loss {kind.name}, which is for {' or '.join(fits)}, and the task is "
        f"{_described(material)}. Allowed are {', '.join(losses.names(losses.ALLOWED[is_task]))}, or a function of "
        f"your own: change the loss in build, or, if the task was taken wrongly, write `task: {fits[0]}` in the study."
    )


def _described(material: Material) -> str:
    is_task, y = task(material), material.encoded
    if is_task == "multiclass":
        return f"multiclass, of {material.classes} classes"
    return is_task if y.ndim == 1 else f"{is_task}, of {y.shape[1]} columns"


def _form(kind: LossKind, shape: tuple[int | None, ...], material: Material) -> Form:
    """The form for a loss, where the width of the outputs has a say."""
    is_task = task(material)
    if is_task == "regression":
        return "amounts"
    if is_task == "multilabel":
        return "zero-one"
    wide = len(shape) > 1 and shape[-1] != 1
    if kind.form == "zero-one":
        return "one-hot" if wide else "zero-one"
    if kind.form != "own":
        return kind.form
    if not wide:
        return "zero-one"
    return "one-hot" if kind.function is not None and _takes_one_hot(kind.function, int(shape[-1] or 2)) else "indices"


def _takes_one_hot(loss: Any, width: int) -> bool:
    """Whether a user's own loss works on one-hot targets: tried on width + 1 rows, lest shapes match by chance."""
    y = np.eye(width, dtype=np.float32)[np.arange(width + 1) % width]
    predicted = np.full((width + 1, width), 1.0 / width, dtype=np.float32)
    try:
        value = np.asarray(loss(y, predicted))
    except Exception:  # noqa: BLE001  # whatever it raises, it does not take them
        return False
    return value.shape in ((), (width + 1,)) and bool(np.isfinite(value).all())


def _check_shape(kind: LossKind, form: Form, shape: tuple[int | None, ...], material: Material) -> None:
    """Refuses outputs whose shape can't be this task's, whatever the weights."""
    allowed = _widths(form, material)
    width = 1 if len(shape) == 1 else shape[-1]
    if len(shape) > 2 or (width is not None and width not in allowed):
        got = "(rows, " + ", ".join(str(one) for one in shape[1:]) + ")" if len(shape) > 1 else "(rows,)"
        want = " or ".join(f"(rows, {one})" for one in allowed)
        raise ModelMistake(
            f"the model's outputs have shape {got}; the task is {_described(material)}, and with {kind.name} outputs "
            f"of shape {want} are allowed: change the last layer in build."
        )


def _widths(form: Form, material: Material) -> tuple[int, ...]:
    y = material.encoded
    if task(material) in ("multilabel", "regression"):
        return (1 if y.ndim == 1 else y.shape[1],)
    return (1,) if form == "zero-one" else (material.classes or 1,)


def _activation(kind: LossKind, shape: tuple[int | None, ...]) -> str | None:
    if kind.form == "own" and kind.activation is not None:
        return "sigmoid" if len(shape) == 1 or shape[-1] == 1 else kind.activation
    return kind.activation


def _per_head(outputs: Any, heads: list[Any], material: Material) -> Any:
    """One column of targets for each of several outputs."""
    y = material.encoded
    columns = y.shape[1] if y.ndim == 2 else 1
    if columns != len(heads) or any(len(head.shape) != 2 or head.shape[-1] != 1 for head in heads):
        shapes = ", ".join(str(tuple(head.shape)) for head in heads)
        raise ModelMistake(
            f"the model has {len(heads)} outputs, of shapes {shapes}; the task is {_described(material)}. Allowed are "
            "one output, or for several columns of targets an output of shape (rows, 1) each: change them in build."
        )
    shape = tuple(outputs) if isinstance(outputs, list) else outputs  # datasets would make one tensor of a list
    return keras.tree.pack_sequence_as(shape, [y[:, [i]] for i in range(columns)])


@lru_cache(maxsize=16)
def _shaped(material: Material, form: Form, rank: int) -> Array:
    """Targets of all rows in a form; kept, as every fit asks anew."""
    y = material.encoded
    if form == "indices":
        return y.astype(np.int64, copy=False)
    if form == "one-hot":
        return np.eye(material.classes or 1, dtype=np.float32)[y]
    values = y.astype(np.float32, copy=False)
    return values[:, None] if values.ndim == 1 and rank == 2 else values
