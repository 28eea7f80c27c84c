"""A model's raw outputs, read as the task says: labels, probabilities, distances, amounts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from job.data.rows import Array, Rows
from job.study.study import Task
from job.train.failures import NotFinite
from job.train.fits import Outputs

_SUM = 1e-3  # how far probabilities of one row may sum from one


class WrongShape(Exception):  # the fit's failure is named by it
    """Outputs fit neither the targets nor the task."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of some rows, as scorers ask for it.

    Attributes:
        labels: (n,) of the study's classes; (n, k) zeros and ones for multilabel; amounts (n,) or (n, outputs).
        probabilities: (n, classes), binary too; (n, k) for multilabel; None when outputs are none, and for regression.
        distances: (n,) for binary, (n, classes) or (n, k) otherwise: the greater, the more likely; None for regression.
    """

    labels: Array
    probabilities: Array | None = None
    distances: Array | None = None


def read(outputs: Outputs, activation: str | None, rows: Rows) -> Predictions:
    """Reads raw outputs.

    Args:
        outputs: as ``predict`` gave them, n rows.
        activation: see ``Trained.activation``.
        rows: the study's.

    Raises:
        WrongShape: they fit neither targets nor task.
        NotFinite: one of them is NaN or infinite, though some scorers would accept it.
    """
    raw = _one_array(outputs)
    _check_finite(raw)
    raw = _columns(raw, rows)
    if rows.task == "regression":
        return Predictions(raw[:, 0] if rows.y.ndim == 1 else raw)
    if rows.task == "multilabel":
        return _multilabel(raw, activation)
    classes = np.asarray(rows.classes)
    return _one_column(raw[:, 0], activation, classes) if raw.shape[1] == 1 else _many(raw, activation, classes)


def _one_array(outputs: Outputs) -> Array:
    """Several outputs side by side, in the model's order."""
    if isinstance(outputs, np.ndarray):
        return outputs
    parts = list(outputs.values()) if isinstance(outputs, Mapping) else list(outputs)
    if any(part.ndim > 2 for part in parts):
        raise WrongShape(f"the model's outputs have shapes {', '.join(str(part.shape) for part in parts)}")
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)


def _check_finite(raw: Array) -> None:
    bad = np.flatnonzero(~np.isfinite(raw.reshape(len(raw), -1)).all(axis=1))
    if len(bad):
        raise NotFinite(f"predictions of {len(bad):,} of {len(raw):,} rows are NaN or infinite")


def _columns(raw: Array, rows: Rows) -> Array:
    """Raw outputs as (n, columns), with as many columns as the task may have."""
    found = raw[:, None] if raw.ndim == 1 else raw
    allowed = _allowed(rows)
    if found.ndim != 2 or found.shape[1] not in allowed:
        wanted = " or ".join(f"(rows, {one})" for one in allowed)
        raise WrongShape(
            f"predictions have shape {raw.shape} and y has shape {rows.y.shape}; for the task "
            f"{_named(rows.task, rows)} outputs of shape {wanted} are allowed: change the last layer in build"
        )
    return found


def _allowed(rows: Rows) -> tuple[int, ...]:
    if rows.classes is None or rows.task in ("regression", "multilabel"):
        return (1 if rows.y.ndim == 1 else rows.y.shape[1],)
    return (1, 2) if len(rows.classes) == 2 else (len(rows.classes),)


def _named(task: Task, rows: Rows) -> str:
    return f"{task} of {len(rows.classes)} classes" if task == "multiclass" and rows.classes is not None else task


def _one_column(raw: Array, activation: str | None, classes: Array) -> Predictions:
    """One sigmoid output is two classes."""
    if activation == "margin":
        return Predictions(classes[(raw > 0).astype(int)], None, raw)
    chance = expit(raw) if activation else raw
    labels = classes[(chance > 0.5).astype(int)]
    return Predictions(labels, np.stack([1 - chance, chance], axis=1) if _are_chances(chance) else None, raw)


def _many(raw: Array, activation: str | None, classes: Array) -> Predictions:
    labels = classes[raw.argmax(axis=1)]
    distances = raw[:, 1] - raw[:, 0] if len(classes) == 2 else raw
    if activation == "margin":
        return Predictions(labels, None, distances)
    chances = softmax(raw, axis=1) if activation == "softmax" else expit(raw) if activation == "sigmoid" else raw
    sums = _are_chances(chances) and bool((abs(chances.sum(axis=1) - 1) < _SUM).all())
    return Predictions(labels, chances if sums else None, distances)


def _multilabel(raw: Array, activation: str | None) -> Predictions:
    chances = expit(raw) if activation in ("sigmoid", "softmax") else raw
    if activation == "margin":
        return Predictions((raw > 0).astype(np.int64), None, raw)
    return Predictions((chances > 0.5).astype(np.int64), chances if _are_chances(chances) else None, raw)


def _are_chances(values: Array) -> bool:
    return bool(((values >= 0) & (values <= 1)).all())
