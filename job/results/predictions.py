"""What models predicted for the rows that they were scored on, kept beside results: other scorers may ask for it later.

One object for each group of fits that trained as one, written before its result lines, which say of which fits it is
kept. Arrays without objects: ``told`` is JSON, and ``values`` all arrays' bytes one after the other.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from job.data.rows import Array
from job.errors import WrongStore
from job.results import told_arrays

PER_FIT = 128 * 1024
"""Most bytes that are kept of one fit."""
PER_RUN = 1024**3
"""Most bytes that are kept of a run's fits in all."""
SAID = (
    f"predictions are kept up to {PER_FIT // 1024} KiB a fit and {PER_RUN // 1024**3} GiB a run, and not of "
    "scikit-learn's estimators"
)

Outputs = Array | Mapping[str, Array] | tuple[Array, ...]
"""What ``model.predict`` gives: one array, or several."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """What one fit's model predicted.

    Attributes:
        trial: number of the fit's trial.
        fold: number of its fold.
        reading: how the outputs are read, as JSON has it.
        test: for the fold's test rows, in their order.
        train: for its training rows, validation rows last; None where these were not scored.
    """

    trial: int
    fold: int
    reading: Any
    test: Outputs
    train: Outputs | None

    @property
    def is_sound(self) -> bool:
        """Whether all of it is finite numbers of NumPy's own types."""
        return all(
            one.dtype.kind in "biu" or (one.dtype.kind == "f" and bool(np.isfinite(one).all())) for one in self.arrays
        )

    @property
    def arrays(self) -> list[Array]:
        """All arrays, those for test rows first."""
        return [*_arrays(self.test), *([] if self.train is None else _arrays(self.train))]

    @property
    def kind(self) -> str:
        """All but the rows, as JSON: equal for most fits of a group."""
        of_outputs = _arrays(self.test)
        names = list(self.test) if isinstance(self.test, Mapping) else isinstance(self.test, tuple)
        return json.dumps([names, [[one.dtype.str, one.shape[1:]] for one in of_outputs], self.reading])


def most(fits: int) -> int:
    """Return how many bytes are kept of each fit at most, in a run of so many."""
    return min(PER_FIT, PER_RUN // max(1, fits))


def is_kept(one: Predicted, limit: int) -> bool:
    """Return whether a fit's predictions are kept: whether they are small enough and sound."""
    return sum(array.nbytes for array in one.arrays) <= limit and one.is_sound


def dump(found: Sequence[Predicted]) -> bytes:
    """Return what is kept of a group as an object."""
    kinds = {kind: place for place, kind in enumerate(dict.fromkeys(one.kind for one in found))}
    fits = [
        [one.trial, one.fold, kinds[one.kind], _rows(one.test), None if one.train is None else _rows(one.train)]
        for one in found
    ]
    values = b"".join(array.tobytes() for one in found for array in one.arrays)
    told = {"kinds": [json.loads(kind) for kind in kinds], "fits": fits}
    return told_arrays.dump(told, {"values": np.frombuffer(values, np.uint8)})


def load(data: bytes, where: str) -> list[Predicted]:
    """Return what ``dump`` wrote.

    Raises:
        UsageError: a newer tunejob wrote it.
        WrongStore: it is no such object.
    """
    try:
        told, arrays = told_arrays.load(data, where)
        return _loaded(told, arrays["values"].tobytes())
    except told_arrays.FAULTS as error:
        raise WrongStore(f"{where} can't be read: {error!r}. Delete it: its fits are trained anew then.") from error


def _loaded(told: Mapping[str, Any], values: bytes) -> list[Predicted]:
    found, at = [], 0
    for trial, fold, kind, test_rows, train_rows in told["fits"]:
        names, shapes, reading = told["kinds"][kind]
        parts: list[Outputs | None] = []
        for rows in (test_rows, train_rows):
            some = []
            for dtype, shape in shapes if rows is not None else ():
                count = rows * int(np.prod(shape, dtype=np.int64))
                some.append(np.frombuffer(values, dtype, count, at).reshape(rows, *shape).copy())
                at += some[-1].nbytes
            parts.append(_packed(names, some) if rows is not None else None)
        test, train = parts
        if test is not None:
            found.append(Predicted(trial, fold, reading, test, train))
    return found


def _packed(names: Any, arrays: list[Array]) -> Outputs:
    """Arrays as the model gave them: by name, several, or one."""
    if isinstance(names, list):
        return dict(zip(names, arrays, strict=True))
    return tuple(arrays) if names else arrays[0]


def _arrays(outputs: Outputs) -> list[Array]:
    if isinstance(outputs, Mapping):
        return list(outputs.values())
    return list(outputs) if isinstance(outputs, tuple) else [outputs]


def _rows(outputs: Outputs) -> int:
    return len(_arrays(outputs)[0])
