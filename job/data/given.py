"""What a loader or a file gives, before it is checked: X, y, and perhaps groups and sample weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from job.errors import DataError
from job.study.mistakes import listed, nearest
from job.study.sklearn_private import INPUTS

NAMES = ("X", "y", "groups", "sample_weight")


@dataclass(frozen=True, eq=False)
class Given:
    """As it came; ``where`` names the loader or file in messages."""

    X: Any
    y: Any
    groups: Any = None
    sample_weight: Any = None
    where: str = "data"


def returned(value: Any, where: str) -> Given:
    """Reads what a user's loader returned: ``X, y``, or ``X, y, groups``, or a dict with these names.

    Raises:
        DataError: it is anything else; says how to turn that into arrays.
    """
    if isinstance(value, Mapping):
        return _named(value, where)
    if _is_parts(value):
        raise DataError(
            f"{where} returned train and test pairs; return one X and y: `(X, y), _ = ...load_data()`, then "
            "`return X, y`. Folds are made here, and rows to test on at last are best left out."
        )
    if isinstance(value, tuple | list) and len(value) in (2, 3):
        X, y, *groups = value
        return Given(X=X, y=y, groups=groups[0] if groups else None, where=where)
    if is_dataset(value):
        raise DataError(f"{where} returned a {kind(value)}. {dataset_remedy(value)}")
    got = f"{len(value)} values" if isinstance(value, tuple | list) else f"a {kind(value)}"
    raise DataError(
        f"{where} returned {got}; allowed are `X, y`, or `X, y, groups`, or a dict with X, y, groups, sample_weight. "
        "End it with: return X, y"
    )


def _named(value: Mapping[Any, Any], where: str) -> Given:
    wrong = [key for key in value if key not in NAMES]
    missing = [name for name in ("X", "y") if name not in value]
    if wrong or missing:
        got = listed(map(str, value)) or "nothing"
        hint = nearest(wrong[0], NAMES) if wrong else ""
        raise DataError(f"{where} returned a dict with {got}; needed are X and y, allowed groups, sample_weight.{hint}")
    return Given(**value, where=where)


def _is_parts(value: Any) -> bool:
    """Whether a loader returned (X, y) of training, of tests, perhaps of validation, as ``load_data()`` gives them.

    Pairs of one length all may be several inputs and several outputs; those of several are nothing else.
    """
    if not isinstance(value, tuple | list) or len(value) not in (2, 3):
        return False
    if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in value):
        return False
    lengths = [{_rows(one) for one in pair} for pair in value]
    return all(len(one) == 1 and None not in one for one in lengths) and len(set.union(*lengths)) > 1


def _rows(value: Any) -> int | None:
    """The number of rows of an array or a table; None of all else."""
    return int(value.shape[0]) if getattr(value, "shape", ()) else None


def kind(value: Any) -> str:
    """The name of a value's class, as one would import it."""
    module = type(value).__module__.split(".")[0]
    return type(value).__name__ if module == "builtins" else f"{module} {type(value).__name__}"


def is_dataset(value: Any) -> bool:
    """Says whether a value is a ``tf.data.Dataset`` or a Keras ``PyDataset``, without importing either."""
    return _is_tf_dataset(value) or (hasattr(value, "num_batches") and hasattr(value, "__getitem__"))


def dataset_remedy(value: Any) -> str:
    """The lines that turn a dataset of ``(x, y)`` into arrays."""
    lines = [
        "batches = [dataset[i] for i in range(len(dataset))]",
        "X = np.concatenate([x for x, y in batches])",
        "y = np.concatenate([y for x, y in batches])",
    ]
    if _is_tf_dataset(value):
        lines = [
            f"rows = list(dataset{'.unbatch()' if _is_batched(value) else ''}.as_numpy_iterator())",
            "X = np.stack([x for x, y in rows])",
            "y = np.array([y for x, y in rows])",
        ]
    said = "Folds need rows by number, so arrays are needed. These lines convert it"
    if _is_shuffled(value):
        said += ", and put its rows, which it shuffles, into one order, so that each load gives the same"
        lines = ["import hashlib", *lines, *_IN_ORDER]
    told = "\n".join(f"    {line}" for line in ["import numpy as np", *lines, "return X, y"])
    return f"{said}:\n{told}"


_IN_ORDER = (
    "order = sorted(range(len(X)), key=lambda i: hashlib.sha256(X[i].tobytes() + y[i].tobytes()).digest())",
    "X, y = X[order], y[order]",
)
"""By a digest, so that neighbours have nothing in common and unshuffled folds are as good as any."""


def _is_shuffled(value: Any) -> bool:
    """Whether a ``tf.data.Dataset`` shuffles anywhere on its way; one that does not tell is taken not to."""
    waiting, seen = [value], 0
    while waiting and seen < 1000:
        one = waiting.pop()
        seen += 1
        if "Shuffle" in type(one).__name__:
            return True
        inputs = getattr(one, INPUTS, None)
        waiting += inputs() if callable(inputs) else []
    return False


def _is_tf_dataset(value: Any) -> bool:
    return hasattr(value, "as_numpy_iterator") and hasattr(value, "element_spec")


def _is_batched(value: Any) -> bool:
    """The first dimension of a batched dataset's y is the batch; a single row's y is a scalar, or one-hot."""
    spec = value.element_spec
    shape = getattr(spec[-1] if isinstance(spec, tuple) else spec, "shape", None)
    return shape is not None and len(shape) > 0 and (shape[0] is None or len(shape) > 1)
