"""A model's raw outputs, read as the task says: labels, probabilities, distances, amounts."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from scipy.special import expit, softmax

from job.data.rows import Array, Rows
from job.study.study import Task
from job.train.failures import NotFinite
from job.train.fits import Head, Outputs, Reading

_NEVER = 1e-50  # in place of a probability of zero: less than any in single precision
_SUM = 1e-3  # how far probabilities of one row may sum from one


class WrongShape(Exception):  # the fit's failure is named by it
    """Outputs fit neither the targets nor the task."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of some rows, as scorers ask for it.

    Attributes:
        labels: (n,) of the study's classes; (n, k) zeros and ones for multilabel; amounts (n,) or (n, outputs).
        probabilities: (n, classes), binary too; (n, k) for multilabel; None when outputs are none, and for regression.
        distances: (n,) for binary, above zero where the second class is predicted; (n, classes) or (n, k) otherwise;
            the greater, the more likely; None for regression.
    """

    labels: Array
    probabilities: Array | None = None
    distances: Array | None = None


def read(outputs: Outputs, reading: Reading, rows: Rows) -> Predictions:
    """Reads raw outputs.

    Args:
        outputs: as ``predict`` gave them, n rows.
        reading: see ``Trained.reading``.
        rows: the study's.

    Raises:
        WrongShape: they fit neither targets nor task.
        NotFinite: one of them is NaN or infinite, though some scorers would accept it.
    """
    flat = keras.tree.flatten(outputs)
    check_finite(outputs)
    raw = _columns([flat[head.place] for head in reading.heads], rows, reading)
    if rows.task == "regression":
        return Predictions(raw[:, 0] if rows.y.ndim == 1 else raw)
    if rows.task == "multilabel":
        return _multilabel(raw, _of_columns(flat, reading))
    classes, head = np.asarray(rows.classes), reading.heads[0]
    return _one_column(raw[:, 0], head, classes) if raw.shape[1] == 1 else _many(raw, head, classes)


def check_finite(outputs: Outputs) -> None:
    """Raises NotFinite for outputs that are NaN or infinite."""
    for raw in keras.tree.flatten(outputs):
        _check_finite(raw)


def _of_columns(flat: Sequence[Array], reading: Reading) -> list[Head]:
    """The head of each column, where they stand side by side."""
    widths = [1 if flat[one.place].ndim == 1 else flat[one.place].shape[1] for one in reading.heads]
    return [one for one, width in zip(reading.heads, widths, strict=True) for _ in range(width)]


def _check_finite(raw: Array) -> None:
    bad = np.flatnonzero(~np.isfinite(raw.reshape(len(raw), -1)).all(axis=1))
    if len(bad):
        raise NotFinite(f"predictions of {len(bad):,} of {len(raw):,} rows are NaN or infinite")


def _columns(parts: Sequence[Array], rows: Rows, reading: Reading) -> Array:
    """Raw outputs side by side in the order of y's columns, (n, columns), as many as the task may have."""
    is_flat = all(part.ndim <= 2 for part in parts)
    if not is_flat and len(parts) > 1:
        raise WrongShape(f"the model's outputs have shapes {', '.join(str(part.shape) for part in parts)}")
    found = np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)
    allowed = _allowed(rows)
    if not is_flat or (found.shape[1] not in allowed and not reading.heads[0].numbered):
        wanted = " or ".join(f"(rows, {one})" for one in allowed)
        shape = parts[0].shape if len(parts) == 1 else found.shape
        raise WrongShape(
            f"predictions have shape {shape} and y has shape {rows.y.shape}; for the task "
            f"{_named(rows.task, rows)} outputs of shape {wanted} are allowed: change the last layer in build"
        )
    return found


def _allowed(rows: Rows) -> tuple[int, ...]:
    if rows.classes is None or rows.task in ("regression", "multilabel"):
        return (1 if rows.y.ndim == 1 else rows.y.shape[1],)
    return (1, 2) if len(rows.classes) == 2 else (len(rows.classes),)


def _named(task: Task, rows: Rows) -> str:
    return f"{task} of {len(rows.classes)} classes" if task == "multiclass" and rows.classes is not None else task


def _one_column(raw: Array, head: Head, classes: Array) -> Predictions:
    """One sigmoid output is two classes."""
    chance = expit(raw) if head.activation in ("sigmoid", "softmax") else raw
    labels = classes[(chance > head.cut).astype(int)]
    are_chances = head.activation != "margin" and _are_chances(chance)
    return Predictions(labels, np.stack([1 - chance, chance], axis=1) if are_chances else None, _beyond(raw, head))


def _many(raw: Array, head: Head, classes: Array) -> Predictions:
    """A column for each class, or where they are numbered, for each number."""
    labels = _labels(raw.argmax(axis=1), head, classes)
    chances = softmax(raw, axis=1) if head.activation == "softmax" else raw
    chances = expit(raw) if head.activation == "sigmoid" else chances
    sums = _are_chances(chances) and bool((abs(chances.sum(axis=1) - 1) < _SUM).all())
    columns = classes.astype(np.int64) if head.numbered else slice(None)  # labels may be such floats: 1., 2., 3.
    known = raw[:, columns], chances[:, columns]
    distances = known[0][:, 1] - known[0][:, 0] if len(classes) == 2 else known[0]
    probabilities = known[1] if sums and head.activation != "margin" else None
    if head.threshold is not None and len(classes) == 2 and not head.numbered:
        second = distances if probabilities is None else probabilities[:, 1]
        labels = classes[(second > head.threshold).astype(int)]
        distances = _beyond(second, Head(threshold=head.threshold))
    return Predictions(labels, probabilities, distances)


def _labels(columns: Array, head: Head, classes: Array) -> Array:
    """The labels that columns stand for; where they are numbered, the numbers, as floats where y has floats."""
    if not head.numbered:
        return classes[columns]
    return columns.astype(classes.dtype) if classes.dtype.kind == "f" else columns


def _multilabel(raw: Array, heads: Sequence[Head]) -> Predictions:
    logits = np.array([head.activation in ("sigmoid", "softmax") for head in heads])
    chances = np.where(logits, expit(raw), raw)
    labels = (chances > np.array([head.cut for head in heads], raw.dtype)).astype(np.int64)
    are_chances = not any(head.activation == "margin" for head in heads) and _are_chances(chances)
    return Predictions(labels, chances if are_chances else None, raw)


def _beyond(raw: Array, head: Head) -> Array:
    """How far one output is beyond its cut: in the order of the outputs, and finite, each for itself."""
    cut: Array = np.asarray(head.cut, raw.dtype)  # as labels are told
    value: Array = raw.astype(np.float64)
    if head.activation in ("sigmoid", "softmax"):
        return value - _logits(cut)
    if head.activation == "margin" or not 0 < cut < 1:
        return value - cut
    return _logits(raw) - _logits(cut)


def _logits(values: Array) -> Array:
    """Logits of probabilities in double precision; of what is less than zero or more than one, on from there."""
    value = np.asarray(values, np.float64)
    p = np.clip(value, 0, 1)
    return np.log(np.maximum(p, _NEVER)) - np.log(np.maximum(1 - p, _NEVER)) + (value - p)


def _are_chances(values: Array) -> bool:
    return bool(((values >= 0) & (values <= 1)).all())
