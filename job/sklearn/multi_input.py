"""X of a model with several inputs, in a form that scikit-learn's tools can take rows from."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.sparse import issparse

from job.data import columns
from job.errors import DataError


class MultiInput:
    """A dict or tuple of arrays, as a Keras model of several inputs takes them, with rows.

    The searches and estimators here make one of a dict or tuple by themselves; scikit-learn's own tools need it:
    ``cross_val_score(KerasClassifier(build), MultiInput({"left": left, "right": right}), y)``.

    Args:
        arrays: n rows each: arrays, lists, or DataFrames of numbers.

    Attributes:
        arrays: as given, DataFrames as matrices.

    Raises:
        ValueError: there are none, or they differ in their number of rows.
    """

    def __init__(self, arrays: Any) -> None:
        if isinstance(arrays, MultiInput):
            arrays = arrays.arrays
        if not isinstance(arrays, Mapping | tuple | list) or not len(arrays):
            raise ValueError(
                f"MultiInput of a {type(arrays).__name__}; needed is a dict or tuple of arrays, with a row each for "
                "each sample: MultiInput({'left': left, 'right': right})."
            )
        if isinstance(arrays, Mapping):
            self.arrays: Any = {name: _array(one, f"X[{name!r}]") for name, one in arrays.items()}
        else:
            self.arrays = tuple(_array(one, f"X[{place}]") for place, one in enumerate(arrays))
        lengths = {f"X[{name!r}]": len(one) for name, one in self._named()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} has {rows:,}" for name, rows in lengths.items())
            raise ValueError(f"inputs differ in their number of rows: {told}; each needs one for each sample.")
        self.shape = (next(iter(lengths.values())), len(lengths))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> "MultiInput":
        rows = key[0] if isinstance(key, tuple) else key
        rows = slice(rows, rows + 1 or None) if isinstance(rows, int | np.integer) else rows
        found = {name: one.iloc[rows] if columns.is_series(one) else one[rows] for name, one in self._named()}
        return MultiInput(found if isinstance(self.arrays, Mapping) else tuple(found.values()))

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(
            f"X is {len(self._named())} inputs ({self!r}), which are no single array: only a Keras estimator takes "
            "them. Put preprocessing into the model, as Keras layers for each input, or give one array or DataFrame."
        )

    def __repr__(self) -> str:
        told = (f"{name!r}: {np.shape(one)}" for name, one in self._named())
        return f"MultiInput({', '.join(told)})"

    def _named(self) -> list[tuple[Any, Any]]:
        return list(self.arrays.items() if isinstance(self.arrays, Mapping) else enumerate(self.arrays))


def wrapped(X: Any, y: Any = None) -> Any:
    """X, wrapped where scikit-learn's tools could take no rows from it.

    Args:
        X: rows of any kind.
        y: theirs, if there are any.

    Raises:
        ValueError: it is a list of arrays that looks like several inputs.
    """
    if issparse(X):
        return X  # of which one kind is a dict
    if isinstance(X, dict) or (isinstance(X, tuple) and X and np.ndim(X[0]) > 0):
        return MultiInput(X)
    refuse_list(X, y)
    return X


def refuse_list(X: Any, y: Any) -> None:
    """Refuses a list of inputs, which scikit-learn takes for a list of rows.

    Raises:
        ValueError: it is one; says what to give.
    """
    if not isinstance(X, list) or y is None or len(X) == len(y):
        return
    if X and all(isinstance(one, np.ndarray) and one.ndim and len(one) == len(y) for one in X):
        raise ValueError(
            f"X is a list of {len(X)} arrays of {len(y)} rows each, and a list is read as rows; several inputs are a "
            "tuple or a dict: tuple(X)."
        )


def _array(value: Any, name: str) -> Any:
    if columns.is_frame(value):
        try:
            found = columns.inputs(value, name)
        except DataError as error:
            raise ValueError(str(error)) from error
        if isinstance(found, Mapping):
            raise ValueError(
                f"{name} is a DataFrame with words; as one of several inputs allowed is one of numbers. Give its "
                f"columns as inputs of their own: {{**{{name: {name}[name].to_numpy() for name in {name}}}, …}}."
            )
        return found
    if columns.is_series(value):
        return value
    if isinstance(value, list):
        return np.asarray(value)
    if not hasattr(value, "__len__"):
        raise ValueError(f"{name} is a {type(value).__name__}; needed is an array with a row for each sample.")
    return value
