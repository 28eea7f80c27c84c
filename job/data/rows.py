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
class Rows:
    """All rows of a study, decoded once.

    Attributes:
        X: n rows of inputs; arrays may be memory-mapped.
        y: what scorers and splitters see, as scikit-learn would: labels (n,) for classification (one-hot is decoded),
            an indicator matrix (n, k) for multilabel, floats (n,) or (n, outputs) for regression.
        encoded: what Keras trains on before the loss's own form is known: class indices (n,) int64 in the order
            of ``classes`` for classification, float32 otherwise.
        groups: (n,) labels for group splitters, or None.
        sample_weight: (n,) float32, or None.
        task: how y is read.
        classes: the sorted labels of the whole y for classification; None for regression.
        why: one sentence: why this task was taken.
    """

    X: Inputs
    y: Array
    encoded: Array
    groups: Array | None
    sample_weight: Array | None
    task: Task
    classes: Array | None
    why: str

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.y)


@dataclass(frozen=True, eq=False)
class Fold:
    """One train/test split, as row numbers in the splitter's own order."""

    train: Indices
    test: Indices
