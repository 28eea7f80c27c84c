"""What a loss of the user's own is given of y: the first form that it can work on, labels as they are before others.

It is tried on a few rows: labels as they are, as a column, class indices, one-hot rows.
"""

from collections.abc import Callable, Sequence

import numpy as np

from job.data.rows import Array, Part
from job.train import losses
from job.train.heads import Output
from job.train.losses import Form, LossKind

_NEAR = 1e-4


def form(kind: LossKind, output: Output, part: Part, encoded: Callable[[Form], Array]) -> Form:
    """The form of one part of y.

    Args:
        kind: the loss.
        output: that it is of.
        part: of y.
        encoded: all rows of y in a form.
    """
    first = _first(output, part)
    is_wide = len(output.shape) == 2 and output.shape[-1] != 1
    if not is_wide or kind.function is None:
        return first
    width = int(output.shape[-1] or part.classes_count)
    of_columns = _is_of_columns(kind.function, encoded(first), width)
    if part.task not in ("binary", "multiclass"):
        return "column" if of_columns else first
    if of_columns and _prefers_truth(kind.function, part, encoded("column"), width):
        return "column"
    others: list[Form] = ["indices", "one-hot"]
    forms = [first, *(one for one in others if one != first)]
    return next((one for one in forms if _works(kind.function, part, encoded(one), width)), first)


def _first(output: Output, part: Part) -> Form:
    """Labels as they are, where they are numbers."""
    if part.task == "own":
        return "given"
    if part.task in ("regression", "multilabel"):
        return "amounts" if part.task == "regression" else "zero-one"
    is_words = part.given.dtype.kind not in "iuf"
    if len(output.shape) > 1 and output.shape[-1] != 1:
        return "indices" if is_words else "given"
    return "zero-one" if is_words or (part.given.ndim == 2 and part.given.shape[1] > 1) else "given"


def _works(loss: object, part: Part, y: Array, width: int) -> bool:
    """Whether a loss works on a form: tried on some rows of every class, so many that no shapes match by chance."""
    _, firsts = np.unique(part.encoded, return_index=True)
    count = max(len(firsts), width) + 1
    value = losses.value(loss, y[np.resize(firsts, count)], np.full((count, width), 1.0 / width, np.float32))
    return value is not None and (not value.shape or value.shape[0] == count) and bool(np.isfinite(value).all())


def _is_of_columns(loss: object, y: Array, width: int) -> bool:
    """Whether a loss takes a number for each row as a column, (rows, 1), and not as (rows,).

    What subtracts a column of outputs from (rows,) compares each row with every other one, and raises nothing. So the
    right one of the two is that where a batch's loss is made of its rows' losses; where neither is, y stays as it is.
    """
    if y.ndim != 1:
        return False
    rows, outputs = _few(y, width)
    places = range(len(rows))
    each = [losses.value(loss, rows[at : at + 1, None], outputs[at : at + 1]) for at in places]
    flat, column = (losses.value(loss, one, outputs) for one in (rows, rows[:, None]))
    return _made_of(column, each) and not _made_of(flat, each)


def _prefers_truth(loss: object, part: Part, y: Array, width: int) -> bool:
    """Whether a loss is less, for each class, where the class is the likeliest: it sees the class in this form of y."""
    if width != part.classes_count:
        return False
    _, firsts = np.unique(part.encoded, return_index=True)
    right = np.full((width, width), 0.1 / (width - 1), np.float32)
    np.fill_diagonal(right, 0.9)
    found = [
        [
            losses.value(loss, y[first : first + 1], one[number : number + 1])
            for one in (right, np.roll(right, 1, axis=1))
        ]
        for number, first in enumerate(firsts)
    ]
    return all(a is not None and b is not None and np.mean(a) < np.mean(b) for a, b in found)


def _few(y: Array, width: int) -> tuple[Array, Array]:
    """Some rows of y that differ, where some do, and outputs for them that differ: shares of one."""
    _, firsts = np.unique(y[:1000], return_index=True)
    count = max(min(len(firsts), 4), 2)
    count += count == width
    outputs = np.random.default_rng(0).uniform(0.1, 1.0, (count, width))
    return y[np.resize(firsts, count)], (outputs / outputs.sum(axis=1, keepdims=True)).astype(np.float32)


def _made_of(value: Array | None, each: Sequence[Array | None]) -> bool:
    """Whether the loss of some rows is the mean of theirs, or the sum; not where one could not be computed."""
    if value is None or any(one is None for one in each):
        return False
    found, mean = float(np.mean(value)), float(np.mean([np.mean(one) for one in each]))  # type: ignore[arg-type]
    return any(abs(found - one) <= _NEAR * max(1e-3, abs(one)) for one in (mean, mean * len(each)))
