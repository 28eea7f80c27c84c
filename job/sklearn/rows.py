"""X and y as scikit-learn hands them over, as rows to train on by number."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array, column_or_1d, validate_data

from job.data import columns, missing, ragged, task
from job.data import inputs as data_inputs
from job.data.rows import Array, Indices, Inputs, Part, Rows
from job.errors import DataError
from job.sklearn import labels as labels_of
from job.sklearn.multi_input import MultiInput, wrapped
from job.study.study import Task

_ROWS = "rows count from 0, of those that this fit was given"
_WHY: dict[Task, str] = {
    "binary": "y has two classes",
    "multiclass": "y has more than two classes",
    "multilabel": "y has several labels a row",
    "regression": "y is of amounts",
}


def inputs(estimator: Any, X: Any, *, reset: bool) -> Inputs:
    """Reads X as Keras takes it; a fit's (``reset``) decides which columns there are.

    Raises:
        ValueError: it is none that a model can take, or has other columns than the fit's.
        TypeError: it holds objects that are neither numbers nor text, or is sparse.
    """
    if issparse(X):
        raise TypeError(f"X is sparse ({type(X).__name__}), and a Keras model takes dense rows: give X.toarray().")
    refuse_masked(X=X)
    X = wrapped(X)
    try:
        if isinstance(X, MultiInput):
            return _floats(data_inputs.checked(X.arrays, type(estimator).__name__))
        if columns.is_frame(X) and not all(_is_number(kind) for kind in X.dtypes):
            validate_data(estimator, X, reset=reset, skip_check_array=True)
            with _in_range("X"):
                return _floats(data_inputs.checked(X, "X"))
        if _is_text(X):
            found = np.asarray(X.to_numpy() if hasattr(X, "to_numpy") else X)
            return data_inputs.text(found, "X", type(estimator).__name__)
    except DataError as error:
        raise ValueError(str(error).replace("rows count from 0", _ROWS)) from error
    found = _numbers(estimator, X, reset=reset)
    if found.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: X has dtype {found.dtype}")
    return _floats(found)


def refuse_masked(**arrays: Any) -> None:
    """Refuses masked arrays, of which scikit-learn would take what lies under the mask.

    Raises:
        ValueError: one is; says how to fill it.
    """
    for name, array in arrays.items():
        if np.ma.isMaskedArray(array):
            raise ValueError(missing.MASKED.format(name=name))


def _numbers(estimator: Any, X: Any, *, reset: bool) -> Array:
    try:
        found: Array = validate_data(estimator, X, reset=reset, allow_nd=True, dtype="numeric", ensure_min_features=1)
    except ValueError as error:
        if columns.is_frame(X) and (holes := [repr(name) for name in X.columns[X.isna().any()]]):
            raise ValueError(
                f"Input X contains NaN, in column {', '.join(holes)}. Fill the values in, by a step before the "
                "estimator: make_pipeline(SimpleImputer(), estimator); or leave these rows out."
            ) from error
        if ragged.is_ragged(X):
            raise ValueError(f"the rows of X are of several lengths; {ragged.remedy(list(X), 'X')}") from error
        raise
    return found


def _is_number(kind: Any) -> bool:
    return bool(getattr(kind, "kind", "O") in "biuf")


def _is_text(X: Any) -> bool:
    if isinstance(X, list | tuple):
        return bool(X) and isinstance(X[0], str)
    if columns.is_series(X):
        return len(X) > 0 and isinstance(X.iloc[0], str)
    if not isinstance(X, np.ndarray) or not X.size:
        return False
    return X.dtype.kind in "US" or (X.dtype.kind == "O" and all(isinstance(one, str) for one in X.ravel()[:100]))


def _floats(X: Inputs) -> Inputs:
    """Floats in single precision: as they reach the model either way, in half the memory."""
    if isinstance(X, Mapping):
        return {name: _single(one) for name, one in X.items()}
    return tuple(_single(one) for one in X) if isinstance(X, tuple) else _single(X)


def _single(array: Array, name: str = "X") -> Array:
    if array.dtype != np.float64:
        return array
    with _in_range(name):
        return array.astype(np.float32)


@contextmanager
def _in_range(name: str) -> Iterator[None]:
    """Refuses what would silently become infinite.

    Raises:
        ValueError: in scikit-learn's words.
    """
    try:
        with np.errstate(over="raise"):
            yield
    except FloatingPointError as error:
        raise ValueError(
            f"Input {name} contains a value too large for dtype('float32'), in which Keras models compute (3.4e38). "
            "Scale it first, such as by StandardScaler or a logarithm."
        ) from error


def count(X: Inputs) -> int:
    """The number of rows."""
    return data_inputs.length(X)


def taken(X: Inputs, rows: Indices) -> Inputs:
    """Some rows."""
    if isinstance(X, Mapping):
        return {name: one[rows] for name, one in X.items()}
    return tuple(one[rows] for one in X) if isinstance(X, tuple) else X[rows]


def joined(several: list[Inputs]) -> Inputs:
    """Rows of several one after the other."""
    first = several[0]
    if isinstance(first, Mapping):
        return {name: np.concatenate([one[name] for one in several]) for name in first}  # type: ignore[call-overload]
    if isinstance(first, tuple):
        return tuple(np.concatenate(list(parts)) for parts in zip(*several, strict=True))
    return np.concatenate(several)  # type: ignore[arg-type]


def signature(X: Inputs) -> tuple[Any, ...]:
    """What arrays have to agree in to be joined."""
    if isinstance(X, Mapping):
        return tuple((name, one.shape[1:], str(one.dtype)) for name, one in X.items())
    arrays = X if isinstance(X, tuple) else (X,)
    return tuple((place, one.shape[1:], str(one.dtype)) for place, one in enumerate(arrays))


def word(X: Inputs) -> Any:
    """One of the texts in X; None where there is none."""
    arrays = X.values() if isinstance(X, Mapping) else X if isinstance(X, tuple) else (X,)
    return next((one.flat[0] for one in arrays if one.dtype.kind in "OUS" and one.size), None)


def size(X: Inputs) -> int:
    """Bytes."""
    arrays = X.values() if isinstance(X, Mapping) else X if isinstance(X, tuple) else (X,)
    return sum(one.nbytes for one in arrays)


def classification(X: Inputs, y: Any, sample_weight: Array | None) -> Rows:
    """Rows of labels: (n,) of any kind, or a matrix of zeros and ones, whose columns are labels of their own.

    Args:
        X: n rows.
        y: the labels.
        sample_weight: (n,), or None.

    Raises:
        ValueError: it is nothing of these, or of a single class.
    """
    values = labels_of.read(y)
    if values.ndim == 2 and values.shape[1] > 1:
        return _marked(X, values, sample_weight)
    labels = labels_of.read(column_or_1d(y, warn=True))
    check_classification_targets(labels)
    classes, encoded = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y has 1 class, {classes.tolist()[0]!r}; a classifier needs at least two classes.")
    kind: Task = "binary" if len(classes) == 2 else "multiclass"
    given = labels.astype(np.int64) if labels.dtype.kind == "f" else labels
    return _rows(X, labels, encoded.astype(np.int64), kind, classes, given, sample_weight)


def _marked(X: Inputs, marks: Array, sample_weight: Array | None) -> Rows:
    """Rows of zeros and ones."""
    if not task.is_indicator(marks):
        more = "; of several labels a row, MultiLabelBinarizer().fit_transform(y) makes zeros and ones"
        raise ValueError(
            f"y is a matrix of shape {marks.shape} that is neither one-hot nor of zeros and ones, which no classifier "
            f"of scikit-learn takes ({type_of_target(marks)}); give labels as (n,)"
            f"{more if marks.dtype.kind in 'US' else ''}."
        )
    classes = np.arange(marks.shape[1])
    return _rows(X, marks.astype(np.int64), marks.astype(np.float32), "multilabel", classes, marks, sample_weight)


def is_one_hot(rows: Rows) -> bool:
    """Whether rows of zeros and ones may be of one class each."""
    return rows.task == "multilabel" and task.is_one_hot(rows.given)


def of_classes(rows: Rows) -> Rows:
    """One-hot rows as rows of one class each."""
    labels = rows.given.argmax(axis=1).astype(np.int64)
    kind: Task = "binary" if rows.given.shape[1] == 2 else "multiclass"
    return _rows(rows.X, labels, labels, kind, rows.classes, rows.given, rows.sample_weight)


def amounts(X: Inputs, y: Any, sample_weight: Array | None) -> Rows:
    """Rows of amounts, (n,) or (n, outputs)."""
    values = check_array(y, ensure_2d=False, dtype="numeric", input_name="y")
    if values.ndim == 2 and values.shape[1] == 1:
        values = column_or_1d(values, warn=True)
    if values.dtype.kind not in "biuf":
        raise ValueError(f"y has dtype {values.dtype}; a regressor needs numbers.")
    given = values if values.dtype.kind == "f" else values.astype(np.float64)
    with _in_range("y"):
        encoded = given.astype(np.float32)
    return _rows(X, values, encoded, "regression", None, given, sample_weight)


def _rows(
    X: Inputs, y: Array, encoded: Array, kind: Task, classes: Array | None, given: Array, weight: Array | None
) -> Rows:
    part = Part(None, given, encoded, kind, classes)
    return Rows(X, y, encoded, None, weight, kind, classes, _WHY[kind], given, (part,))


def together(several: list[Rows]) -> Rows:
    """Rows of several one after the other; they agree in task and classes."""
    first = several[0]
    weights = None
    if any(one.sample_weight is not None for one in several):
        weights = np.concatenate(
            [np.ones(len(one), np.float32) if one.sample_weight is None else one.sample_weight for one in several]
        )
    return _rows(
        joined([one.X for one in several]),
        np.concatenate([one.y for one in several]),
        np.concatenate([one.encoded for one in several]),
        first.task,
        first.classes,
        np.concatenate([one.given for one in several]),
        weights,
    )
