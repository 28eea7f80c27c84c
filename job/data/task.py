"""Which task one array of targets sets, and the array as scorers and Keras want it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from job.data import ragged, values
from job.data.rows import Array
from job.errors import DataError
from job.study.scorer_names import task_of
from job.study.scoring import NAME_ONE
from job.study.study import Task

CLASSES = 20
"""Integers of more distinct values than this are taken for amounts, not for labels."""


@dataclass(frozen=True, eq=False)
class Target:
    """y, read: see ``Rows`` for the attributes."""

    task: Task
    why: str
    y: Array
    encoded: Array
    classes: Array | None
    given: Array


def infer(
    y: Any, scoring: Sequence[str] = (), declared: Task | None = None, where: str = "data", *, own: bool = False
) -> Target:
    """Reads y, by the study's ``task``, else by the scorers named, else by what y holds.

    One-hot rows are decoded to class numbers. Whole floats are decoded to integers when a classification is asked for.

    Args:
        y: (n,) or (n, k): labels, one-hot rows, an indicator matrix, or amounts.
        scoring: the names of scorers in the study, its default left out.
        declared: the study's ``task``.
        where: names the data in messages.
        own: whether the user's own scorers alone read y, so that it may be anything.

    Raises:
        DataError: y has holes, or fits no task, or not the declared one.
    """
    given = values.read(y, where)
    if (own or declared == "own") and (why := _anything(given, declared)):
        return _own(given, why)
    plain = _plain(given, where)
    task, why = (declared, f"the study says task: {declared}") if declared else _inferred(plain, scoring, where)
    return replace(_read(plain, task, why, where), given=given)


def _read(values: Array, task: Task, why: str, where: str) -> Target:
    if task == "regression":
        return _regression(values, why, where)
    if task == "multilabel":
        return _multilabel(values, why, where)
    return _classes(values, task, why, where)


def is_one_hot(y: Array) -> bool:
    """Says whether each row has a single one among zeros."""
    return is_indicator(y) and y.shape[1] > 1 and bool((y.sum(axis=1) == 1).all())


def is_indicator(y: Array) -> bool:
    """Says whether y is a matrix of zeros and ones."""
    return y.ndim == 2 and y.dtype.kind in "biuf" and bool(np.isin(y, (0, 1)).all())


def _anything(y: Array, declared: Task | None) -> str:
    """Why only the user's own scorers can read y; empty where its labels or amounts are plain."""
    if declared == "own":
        return "the study says task: own"
    if declared is None and (y.ndim > 2 or (y.ndim == 2 and y.shape[1] > 1)):
        return f"y has shape {y.shape}"
    if declared is None and y.dtype.kind != "f" and len(np.unique(y)) < 2:
        return "y has a single value"
    return ""


def _own(y: Array, why: str) -> Target:
    """Leaves y as it is; text by the numbers of its words, which are sorted."""
    if y.dtype.kind != "U":
        return Target("own", f"{why}, and scorers of outputs alone read it", y, y, None, y)
    words, numbers = np.unique(y, return_inverse=True)
    return Target("own", f"{why}, and scorers of outputs alone read it", y, numbers.reshape(y.shape), words, y)


def _plain(array: Array, where: str) -> Array:
    """Returns y as (n,) or (n, k)."""
    if array.ndim > 2:
        raise DataError(
            f"{where}: y has shape {array.shape}; allowed are (n,) and (n, k), with at least one row. For targets of "
            f"another form, such as one for each pixel or step, {NAME_ONE}."
        )
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _inferred(y: Array, scoring: Sequence[str], where: str) -> tuple[Task, str]:
    named = task_of(scoring)
    scorers = ", ".join(scoring)
    if named == "regression":
        return "regression", f"{scorers} is for regression"
    if y.ndim == 2:
        return _of_matrix(y, where)
    count = len(np.unique(y))
    if y.dtype.kind in "bU":
        return _by_count(count), f"y has {count} different {'strings' if y.dtype.kind == 'U' else 'booleans'}"
    return _of_numbers(y, count, scorers if named == "classification" else "")


def _of_numbers(y: Array, count: int, scorers: str) -> tuple[Task, str]:
    if scorers:
        return _by_count(count), f"{scorers} is for classification, and y has {count} different values"
    if y.dtype.kind == "f":
        return "regression", "y is of floats, and no classification scorer is named"
    if count > CLASSES:
        return "regression", f"y has {count} different integers, over {CLASSES}, and no classification scorer is named"
    return _by_count(count), f"y has {count} different integers"


def _of_matrix(y: Array, where: str) -> tuple[Task, str]:
    if is_one_hot(y):
        return _by_count(y.shape[1]), f"y is one-hot of {y.shape[1]} classes"
    if is_indicator(y):
        return "multilabel", f"y is a matrix of zeros and ones, not one of them in each row, of {y.shape[1]} labels"
    if y.dtype.kind == "f":
        return "regression", f"y is of floats, {y.shape[1]} in each row"
    more = f" And {ragged.BINARIZED}." if y.dtype.kind == "U" else ""
    raise DataError(
        f"{where}: y is a matrix {y.shape} of {y.dtype} that is neither one-hot nor of zeros and ones; for amounts "
        "write `task: regression` in the study, for one class in each row give y as (n,); for anything else, such as a "
        f"class for each step, {NAME_ONE}.{more}"
    )


def _by_count(count: int) -> Task:
    return "binary" if count <= 2 else "multiclass"


def _regression(y: Array, why: str, where: str) -> Target:
    if y.dtype.kind not in "biuf":
        raise DataError(f"{where}: regression ({why}) needs numbers; y has text such as {y.flat[0]!s}.")
    values = y if y.dtype.kind == "f" else y.astype(np.float64)
    return Target("regression", why, values, values.astype(np.float32), None, y)


def _multilabel(y: Array, why: str, where: str) -> Target:
    if not is_indicator(y):
        raise DataError(f"{where}: multilabel ({why}) needs a matrix of zeros and ones, y is {y.dtype} {y.shape}.")
    return Target("multilabel", why, y.astype(np.int64), y.astype(np.float32), np.arange(y.shape[1]), y)


def _classes(y: Array, task: Task, why: str, where: str) -> Target:
    if y.ndim == 2:
        if not is_one_hot(y):
            raise DataError(f"{where}: {task} ({why}) needs labels (n,) or one-hot rows; y has shape {y.shape}.")
        labels, classes = y.argmax(axis=1).astype(np.int64), np.arange(y.shape[1])
        _check_count(len(classes), task, where)
        return Target(task, why, labels, labels, classes, y)
    if y.dtype.kind == "f":
        if (y != np.floor(y)).any():
            example = y[y != np.floor(y)][0]
            raise DataError(
                f"{where}: {task} ({why}) needs labels; y has {example}. For amounts, name a scorer such as r2."
            )
        y = y.astype(np.int64)
    classes, encoded = np.unique(y, return_inverse=True)
    _check_count(len(classes), task, where)
    return Target(task, why, y, encoded.astype(np.int64), classes, y)


def _check_count(count: int, task: Task, where: str) -> None:
    if count < 2:
        raise DataError(f"{where}: y has a single class; needed are at least two.")
    if task == "binary" and count > 2:
        raise DataError(f"{where}: task: binary needs two classes; y has {count}. Write `task: multiclass`.")
