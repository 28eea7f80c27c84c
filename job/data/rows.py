"""The rows of a study: what a fit trains on, what folds index, what scorers compare with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from job.study.study import Task

Array = NDArray[Any]
Indices = NDArray[np.int64]
Inputs = Array | Mapping[str, Array] | tuple[Array, ...]
"""X: one array of n rows, or several of equal length by name or by position."""


@dataclass(frozen=True, eq=False)
class Part:
    """One array of targets: all of y, or what y holds under one name.

    Attributes:
        name: of a table's column, or of a dict's entry; None where y has no names.
        given: n rows as the data gave them, of any shape, text as Python or NumPy strings.
        encoded: as ``Rows.encoded``, for this part alone.
        task: how it is read.
        classes: its sorted labels for classification; None otherwise.
    """

    name: str | None
    given: Array
    encoded: Array
    task: Task
    classes: Array | None

    @property
    def classes_count(self) -> int:
        """How many classes there are; 1 where there are none."""
        return 1 if self.classes is None else len(self.classes)


@dataclass(frozen=True, eq=False)
class Rows:
    """All rows of a study, decoded once.

    Attributes:
        X: n rows of inputs; arrays may be memory-mapped.
        y: what scorers and splitters see, as scikit-learn would: labels (n,) for classification (one-hot is decoded),
            an indicator matrix (n, k) for multilabel, floats (n,) or (n, outputs) for regression; for the task "own" as
            it was given, or None where that are several arrays.
        encoded: what Keras trains on before the loss's own form is known: class indices (n,) int64 in the order
            of ``classes`` for classification, float32 otherwise; for the task "own" as it was given.
        groups: (n,) labels for group splitters, or None.
        sample_weight: (n,) float32, or None.
        task: how y is read.
        classes: the sorted labels of the whole y for classification; None for regression.
        why: one sentence: why this task was taken.
        given: y as it came: an array, a table, or a dict or tuple of arrays.
        parts: y's arrays one by one: columns of a table, entries of a dict; all of y where it has no names.
        frame: X as the DataFrame that it came as, for a scikit-learn estimator; None for all else.
    """

    X: Inputs
    y: Any
    encoded: Array
    groups: Array | None
    sample_weight: Array | None
    task: Task
    classes: Array | None
    why: str
    given: Any
    parts: tuple[Part, ...]
    frame: Any = None

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.encoded)


@dataclass(frozen=True, eq=False)
class Fold:
    """One train/test split, as row numbers in the splitter's own order."""

    train: Indices
    test: Indices
