"""A search's rows and folds in a store: put there once, by the digest of what they are."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from job.data import folds as fold_numbers
from job.data.columns import is_frame, is_series
from job.data.rows import Array, Fold, Indices
from job.sklearn.multi_input import MultiInput
from job.sklearn.remote import tables
from job.sklearn.remote.arrived import ESTIMATOR, INPUT, MODULE, NAMES
from job.store import Store, has, place
from job.store.keys import searched


@dataclass(frozen=True)
class Stored:
    """Something in a store.

    Attributes:
        key: where it lies.
        content: what lies there.
        data: what a study says of it, where it is rows.
    """

    key: str
    content: bytes = field(repr=False)
    data: str = ""

    def put(self, store: Store) -> str:
        """Put it there, unless it is; return where, as ``STORE#KEY``."""
        if not has(store, self.key):
            store.create(self.key, self.content)
        return f"{store.url}#{self.key}"


def of_estimator(content: bytes, study: str) -> Stored:
    """Return an estimator's archive as it is to lie in a store."""
    return Stored(_key(study, content, ESTIMATOR), content)


def of_folds(folds: Sequence[tuple[Any, Any]], rows: int, study: str) -> Stored:
    """Return folds as they are to lie in a store: training and test rows of each, by number or as masks."""
    content = fold_numbers.save([Fold(numbers(train, rows), numbers(test, rows)) for train, test in folds])
    return Stored(_key(study, content, "folds.npz"), content)


def of(X: Any, y: Any, weight: Any, store: Store, study: str) -> Stored:
    """Return rows as they are to lie in a store, as an ``.npz``.

    One array is what a study reads by itself; several, and a table (as Parquet within), are read by ``arrived.rows``.

    Args:
        X: n rows: an array of numbers or texts, a list of texts, a DataFrame, or several arrays.
        y: (n,) or (n, k).
        weight: (n,) or None.
        store: where to.
        study: whose they are.

    Raises:
        ValueError: they are something else; says what to do.
    """
    found = {**_inputs(X), "y": _plain(y, "y")}
    if weight is not None:
        found["sample_weight"] = _plain(weight, "sample_weight")
    out = io.BytesIO()
    np.savez(out, **found)  # type: ignore[arg-type]  # none of them is called allow_pickle
    key = _key(study, out.getvalue(), "rows.npz")
    return Stored(key, out.getvalue(), place(store, key) if "X" in found else f"{MODULE}:load")


def _key(study: str, content: bytes, name: str) -> str:
    return searched(study, hashlib.sha256(content).hexdigest(), name)


def numbers(rows: Any, count: int) -> Indices:
    """Return row numbers from 0, of numbers or of a mask, as NumPy takes rows by them."""
    found: Indices = np.arange(count)[np.asarray(rows)]
    return found


def _inputs(X: Any) -> dict[str, Array]:
    if is_frame(X):
        return tables.sent(X)
    if not isinstance(X, MultiInput):
        return {"X": _plain(X, "X")}
    is_named = isinstance(X.arrays, Mapping)
    several = X.arrays if is_named else dict(enumerate(X.arrays))
    found = {f"{INPUT}{at}": _plain(one, f"X[{name!r}]") for at, (name, one) in enumerate(several.items())}
    return found | ({NAMES: np.array(list(several), dtype=str)} if is_named else {})


def _plain(values: Any, name: str) -> Array:
    if is_series(values) or is_frame(values):
        values = values.to_numpy()
    if not isinstance(values, np.ndarray | list):
        raise ValueError(  # noqa: TRY004  # as scikit-learn refuses arguments
            f"{name} is a {type(values).__name__}; only arrays, DataFrames and lists of texts can be sent to workers. "
            "Without backend=…, the search trains in this process and takes it."
        )
    array = np.asarray(values)
    if array.dtype.kind == "O":
        if not all(isinstance(one, str) for one in array.ravel().tolist()):
            raise ValueError(f"{name} holds Python objects; to workers travel numbers and texts, or a DataFrame.")
        array = array.astype(str)
    return array
