"""What a model's losses are given of y: as the data has it, unless a loss of Keras needs another form."""

import weakref
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import keras
import numpy as np

from job.data.rows import Array, Part
from job.data.task import is_one_hot
from job.study.scoring import NAME_ONE
from job.train import heads, losses, own_losses, reading
from job.train.fits import Head, Material, Reading
from job.train.heads import ModelMistake, Output
from job.train.losses import Form, LossKind

__all__ = ["ModelMistake", "of"]

EXPLICIT: dict[str, Form] = {"as_given": "given", "indices": "indices", "one_hot": "one-hot"}


def of(model: Any, outputs: Any, material: Material) -> tuple[Any, Reading]:
    """Finds the targets of all rows for a compiled model.

    Args:
        model: compiled.
        outputs: its symbolic outputs (anything with ``shape``): one, or a tuple, list or dict of them.
        material: of the study.

    Returns:
        Targets of all n rows, structured as the outputs are, and how the outputs are read.

    Raises:
        ModelMistake: loss, outputs and task contradict each other.
    """
    found = heads.of(model, outputs)
    arrays: dict[int, Array] = {}
    read: list[Head] = []
    for output, part in matched(model, found, material):
        kind = losses.of_output(model, output, len(found), part.task)
        form = form_of(kind, output, part, material)
        _check(kind, form, output, part, material)
        arrays[output.place] = shaped(part, form, output, exact=material.form == "as_given")
        numbered = _is_numbered(kind, form, output, part)
        read.append(reading.of(kind, form, output, part, material, model, numbered=numbered))
    without = {one.place: _nothing(len(material.encoded)) for one in found if one.place not in arrays}
    return _packed(outputs, arrays | without), Reading(tuple(read))


def matched(model: Any, outputs: Sequence[Output], material: Material) -> list[tuple[Output, Part]]:
    """Which part of y each output is trained on that has a loss, in the order of y's parts.

    Raises:
        ModelMistake: there is none for an output, or no output for one.
    """
    return heads.matched(losses.with_loss(model, outputs), material)


@lru_cache(maxsize=2)
def _nothing(rows: int) -> Array:
    """Stands for the targets of an output that no loss reads: Keras wants as many as outputs."""
    return np.zeros((rows, 1), np.float32)


def _packed(outputs: Any, arrays: dict[int, Array]) -> Any:
    """Targets in the structure of the outputs; tuples for lists, of which datasets would make one tensor."""
    packed = keras.tree.pack_sequence_as(outputs, [arrays[place] for place in range(len(arrays))])
    return tuple(packed) if isinstance(packed, list) else packed


def form_of(kind: LossKind, output: Output, part: Part, material: Material) -> Form:
    """The form that a loss is given of one part.

    Raises:
        ModelMistake: the study names a form that there is none of, or that the loss can't take.
    """
    if material.form is not None:
        return _explicit(kind, part, EXPLICIT[material.form])
    if kind.form == "own":
        return own_losses.form(kind, output, part, encoded=lambda form: _as(part, form))
    if part.task == "own" or (material.free and kind.form not in losses.ALLOWED[part.task]):
        return "given"
    if part.task in ("regression", "multilabel"):
        return "amounts" if part.task == "regression" else "zero-one"
    if kind.form == "zero-one":
        signed = kind.name in losses.MARGINS and _holds(part.given, (-1, 1))
        return "one-hot" if _is_wide(output) else "given" if signed else "zero-one"
    return "given" if kind.form == "indices" and _is_wide(output) and _fits_as_given(part, output) else kind.form


def _explicit(kind: LossKind, part: Part, form: Form) -> Form:
    if form == "given":
        if part.given.dtype.kind not in "biuf":
            raise ModelMistake(
                f"targets: as_given, and y has text such as {part.given.flat[0]!s}, which no loss takes; leave it out, "
                "or write `targets: indices` or `targets: one_hot`."
            )
        return form
    if part.task not in ("binary", "multiclass"):
        raise ModelMistake(
            f"targets: {form.replace('-', '_')} is of classes, and the task is {_described(part)}; allowed here is "
            "`targets: as_given`, or none."
        )
    if kind.form in ("indices", "one-hot") and kind.form != form:
        raise ModelMistake(
            f"targets: {form.replace('-', '_')}, and loss {kind.name} takes {kind.form.replace('-', '_')}; leave "
            "`targets` out, or change the loss in build."
        )
    return form


def _check(kind: LossKind, form: Form, output: Output, part: Part, material: Material) -> None:
    """Raises ModelMistake for what can't be scored; where the user's own scorers alone read outputs, nothing is."""
    if material.free:
        return
    if material.form is None:
        _check_loss(kind, part)
    if not _is_numbered(kind, form, output, part):
        _check_shape(kind, form, output.shape, part)


def _check_loss(kind: LossKind, part: Part) -> None:
    if kind.form == "own" or kind.form in losses.ALLOWED[part.task]:
        return
    if kind.name == "kl_divergence" and part.task == "regression":
        return
    fits = [one for one, forms in losses.ALLOWED.items() if kind.form in forms]
    raise ModelMistake(
        f"the model is compiled with loss {kind.name}, which is for {' or '.join(fits)}, and the task is "
        f"{_described(part)}. Allowed are {', '.join(losses.names(losses.ALLOWED[part.task]))}, or a function of "
        f"your own: change the loss in build, or, if the task was taken wrongly, write `task: {fits[0]}` in the study; "
        "`targets: as_given` gives the loss the labels as they are."
    )


def _described(part: Part) -> str:
    if part.task == "multiclass":
        return f"multiclass, of {part.classes_count} classes"
    return part.task if part.encoded.ndim == 1 else f"{part.task}, of {part.encoded.shape[1]} columns"


def _check_shape(kind: LossKind, form: Form, shape: tuple[int | None, ...], part: Part) -> None:
    """Refuses outputs whose shape can't be this task's, whatever the weights."""
    allowed = _widths(form, shape, part)
    width = 1 if len(shape) == 1 else shape[-1]
    if len(shape) > 2 or (width is not None and width not in allowed):
        got = "(rows, " + ", ".join(str(one) for one in shape[1:]) + ")" if len(shape) > 1 else "(rows,)"
        want = " or ".join(f"(rows, {one})" for one in allowed)
        raise ModelMistake(
            f"the model's outputs have shape {got}; the task is {_described(part)}, and with {kind.name} outputs "
            f"of shape {want} are allowed: change the last layer in build. For outputs that mean something else, such "
            f"as mean and variance, or quantiles, {NAME_ONE}."
        )


def _widths(form: Form, shape: tuple[int | None, ...], part: Part) -> tuple[int, ...]:
    if part.task in ("multilabel", "regression"):
        return (1 if part.encoded.ndim == 1 else part.encoded.shape[1],)
    is_single = form == "zero-one" or (form in ("given", "amounts") and (len(shape) == 1 or shape[-1] == 1))
    return (1,) if is_single and part.classes_count == 2 else (part.classes_count,)


def _is_wide(output: Output) -> bool:
    return len(output.shape) > 1 and output.shape[-1] != 1


def _holds(given: Array, values: tuple[int, ...]) -> bool:
    return given.dtype.kind in "iuf" and bool(np.isin(given, values).all())


def _fits_as_given(part: Part, output: Output) -> bool:
    """Whether labels are numbers of an output's columns, as they are: 1, 2, 3 of four columns, say."""
    width, given = output.shape[-1], part.given
    if width is None or given.dtype.kind not in "iu" or given.size != len(given):
        return False
    return int(given.min()) >= 0 and int(given.max()) < width


def _is_numbered(kind: LossKind, form: Form, output: Output, part: Part) -> bool:
    """Whether labels are the numbers of columns, of which there are more than classes."""
    if (
        form not in ("given", "column")
        or part.task not in ("binary", "multiclass")
        or kind.form not in ("own", "indices")
    ):
        return False
    is_dense = part.classes is not None and np.array_equal(part.classes, np.arange(len(part.classes)))
    wider = _is_wide(output) and output.shape[-1] != part.classes_count
    return wider and len(output.shape) == 2 and not is_dense and _fits_as_given(part, output)


def shaped(part: Part, form: Form, output: Output, *, exact: bool = False) -> Array:
    """Targets of all rows in a form, a single column in the rank of the output's unless ``exact``."""
    rank = 0 if exact else len(output.shape) if not _is_wide(output) else 0
    kept, key = _kept.setdefault(part, {}), (form, rank, keras.config.floatx())
    if key not in kept:
        kept[key] = _shaped(part, *key)
    return kept[key]


_kept: weakref.WeakKeyDictionary[Part, dict[tuple[Form, int, str], Array]] = weakref.WeakKeyDictionary()
"""Targets in the forms that were asked for, as every fit asks anew; they go with the part of y they are made of."""


def _shaped(part: Part, form: Form, rank: int, floatx: str) -> Array:
    values = _as(part, form)
    if values.dtype.kind == "f":
        values = values.astype(floatx, copy=False)
    if rank == 2 and values.ndim == 1:
        return values[:, None]
    return values[:, 0] if rank == 1 and values.ndim == 2 and values.shape[1] == 1 else values


def _as(part: Part, form: Form) -> Array:
    given = part.given
    if form == "column":
        return _as(part, "amounts" if part.task == "regression" else "given")[:, None]
    if form == "given":
        return given if given.dtype.kind in "biuf" else part.encoded
    if form == "indices":
        return given if _is_indices(part) else part.encoded.astype(np.int64, copy=False)
    if form == "one-hot":
        is_already = given.ndim == 2 and is_one_hot(given)
        return given.astype(np.float32, copy=False) if is_already else _one_hot(part)
    is_exact = form == "amounts" and given.dtype.kind == "f"  # of the data's own precision, until Keras's is known
    return given if is_exact else part.encoded.astype(np.float32, copy=False)


def _one_hot(part: Part) -> Array:
    return np.eye(part.classes_count, dtype=np.float32)[part.encoded]


def _is_indices(part: Part) -> bool:
    return part.given.dtype.kind in "iu" and part.given.ndim <= 2 and np.array_equal(part.given.ravel(), part.encoded)
