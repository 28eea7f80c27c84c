"""X as Keras takes it: one array, or several by name or by position."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from job.data import columns, missing, ragged, words
from job.data.given import dataset_remedy, is_dataset, kind
from job.data.rows import Array, Inputs
from job.errors import DataError
from job.study.mistakes import shown

_REMEDIES = {
    "list": "X = np.asarray(X), or a tuple of arrays for several inputs",
    "tensorflow EagerTensor": "X = X.numpy()",
    "tensorflow RaggedTensor": "X = X.to_tensor().numpy()",
    "tensorflow SparseTensor": "X = tf.sparse.to_dense(X).numpy()",
    "torch Tensor": "X = X.numpy()",
    "jaxlib ArrayImpl": "X = np.asarray(X)",
    "scipy csr_matrix": "X = X.toarray()",
    "polars DataFrame": "X = X.to_pandas()",
    "pyarrow Table": "X = X.to_pandas()",
}


def checked(X: Any, where: str) -> Inputs:
    """Returns X as arrays of equal length.

    Arrays stay as they are, memory-mapped ones too. Text becomes arrays of Python strings, one text a row as (n,): the
    one form of text in NumPy that Keras itself takes. A DataFrame becomes one matrix, or with any text column a dict of
    columns, each of its own kind.

    Raises:
        DataError: X is something else, has holes, or its arrays differ in length.
    """
    if columns.is_frame(X):
        return columns.inputs(X, where)
    if isinstance(X, np.ndarray):
        return _array(X, "X", where)
    if isinstance(X, Mapping) and X:
        named = {str(name): _input(one, f"X[{name!r}]", where) for name, one in X.items()}
        _check_lengths({f"X[{name!r}]": len(one) for name, one in named.items()}, where)
        return named
    if isinstance(X, tuple) and X:
        several = tuple(_input(one, f"X[{place}]", where) for place, one in enumerate(X))
        _check_lengths({f"X[{place}]": len(one) for place, one in enumerate(several)}, where)
        return several
    raise DataError(refusal(X, "X", where))


def refusal(value: Any, name: str, where: str) -> str:
    """Why a value is no array, and the lines that convert it."""
    got = kind(value)
    said = f"{where}: {name} is a {got}; allowed are a NumPy array, a DataFrame, or a dict or tuple of arrays."
    if is_dataset(value):
        return f"{said} {dataset_remedy(value)}"
    if ragged.is_ragged(value):
        return f"{said} Its rows are of several lengths; {ragged.remedy(list(value), name)}"
    module = got.split(" ")[0]
    general = "X = np.stack(list(X))" if hasattr(value, "__next__") else "X = np.asarray(X)"
    by_module = {"scipy": "X = X.toarray()", "tensorflow": "X = X.numpy()"}.get(module, general)
    return f"{said} This line converts it:\n    {_REMEDIES.get(got, by_module)}"


def length(X: Inputs) -> int:
    """The number of rows."""
    if isinstance(X, np.ndarray):
        return len(X)
    return len(next(iter(X.values() if isinstance(X, Mapping) else X)))


def width(X: Inputs) -> int:
    """The number of values in a row, over all inputs."""
    arrays = [X] if isinstance(X, np.ndarray) else list(X.values() if isinstance(X, Mapping) else X)
    return sum(int(np.prod(one.shape[1:], dtype=np.int64)) for one in arrays)


def described(X: Inputs) -> str:
    """X in a sentence, so that a column read as text by mistake is seen."""
    if isinstance(X, np.ndarray):
        return f"X is {_form(X)}"
    several = X.items() if isinstance(X, Mapping) else enumerate(X)
    return f"X is {len(X)} inputs: " + ", ".join(f"{name} {_form(one)}" for name, one in several)


def _form(array: Array) -> str:
    if array.dtype.kind == "O":
        return f"text ({len(array)},)"
    return f"{array.dtype} {array.shape}"


def _input(value: Any, name: str, where: str) -> Array:
    if columns.is_series(value):
        if not isinstance(value.dtype, np.dtype):  # pandas' own kinds: nullable numbers, categories
            columns.refuse_holes(value.to_frame(name), where)
            return columns.column(value, name, where)
        value = value.to_numpy()
    if not isinstance(value, np.ndarray):
        raise DataError(refusal(value, name, where))
    return _array(value, name, where)


def _array(array: Array, name: str, where: str) -> Array:
    if array.ndim == 0:
        raise DataError(f"{where}: {name} is a single value, {array!r}; needed is an array with a row for each sample.")
    missing.refuse_masked(array, name, where)
    if array.dtype.kind in "OUST":
        return text(array, name, where)
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"{where}: {name} has dtype {array.dtype}; allowed are booleans, integers, floats and text. "
            "Turn dates and complex numbers into floats."
        )
    missing.refuse_holes(array, name, where)
    return array


def text(array: Array, name: str, where: str) -> Array:
    """Returns text as an array of Python strings: (n,) for a single text in each row."""
    found = array.astype(object).reshape(len(array) if array.size == len(array) else array.shape)
    for at, value in np.ndenumerate(found):
        if isinstance(value, bytes):
            found[at] = words.decoded(value, at[0], name, where, whole=array.dtype.kind == "S")
        elif isinstance(value, ragged.COLLECTIONS):
            raise DataError(
                f"{where}: {name} is an array of objects with {ragged.of(value)} in row {at[0]}, such as "
                f"{shown(value)}; {ragged.remedy(array.ravel(), name)}"
            )
        elif not isinstance(value, str):
            raise DataError(
                f"{where}: {name} is an array of objects with {shown(value)} in row {at[0]}; allowed are numbers "
                "(convert them: X = X.astype('float32')) or text alone, without holes."
            )
    return found


def _check_lengths(lengths: Mapping[str, int], where: str) -> None:
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {rows:,}" for name, rows in lengths.items())
        raise DataError(f"{where}: inputs differ in their number of rows: {told}")
