"""Every trial's params, kept as columns, because a million dictionaries would not fit in memory."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.ma import MaskedArray

from job.data.rows import Array
from job.plan.plan import Shard

_POOL = 10_000  # distinct values that are shared between trials; a grid has few, random floats have no twins


class Trials:
    """The params of all trials of a run, in the order of their numbers.

    Attributes:
        twin: (n,) int64: the number of the trial that a duplicate repeats, -1 for one that trains.
        shard: (n,) int32: the shard that holds the trial.
    """

    def __init__(self, count: int) -> None:
        self.twin = np.full(count, -1, np.int64)
        self.shard = np.full(count, -1, np.int32)
        self._columns: dict[str, list[Any]] = {}
        self._shape = np.full(count, -1, np.int32)
        self._shapes: dict[tuple[str, ...], int] = {}
        self._pool: dict[tuple[type, Any], Any] = {}

    @classmethod
    def of(cls, count: int, shards: Iterable[Shard]) -> "Trials":
        """Collect the trials of all shards, which may come in any order."""
        trials = cls(count)
        for shard in shards:
            for trial in shard.trials:
                trials._put(trial.number, trial.params)
                trials.twin[trial.number] = -1 if trial.twin is None else trial.twin
                trials.shard[trial.number] = shard.index
        return trials

    def __len__(self) -> int:
        return len(self._shape)

    def __getitem__(self, number: int) -> dict[str, Any]:
        """Return one trial's params, in the order the search gave them."""
        names = self._names[self._shape[number]] if self._shape[number] >= 0 else ()
        return {name: self._columns[name][number] for name in names}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[number] for number in range(len(self)))

    def shards_of(self, numbers: Array) -> list[int]:
        """Return the shards that hold some of these trials, sorted."""
        return [int(shard) for shard in np.unique(self.shard[numbers])]

    @property
    def names(self) -> tuple[str, ...]:
        """Every param's name, in the order in which they appear from the first trial on."""
        _, first = np.unique(self._shape, return_index=True)
        return tuple(dict.fromkeys(name for number in sorted(first) for name in self[int(number)]))

    def has(self, name: str) -> Array:
        """Return (n,) bool: which trials have this param; with a list of spaces not all do."""
        return np.isin(self._shape, [code for names, code in self._shapes.items() if name in names])

    def column(self, name: str) -> "MaskedArray[Any, Any]":
        """Return a param's values (n,), masked where a trial lacks it, in the dtype scikit-learn gives them."""
        present = self.has(name)
        values = self._columns[name]
        if not present.all():
            values = [values[number] for number in np.flatnonzero(present)]
        dtype = _dtype(values)
        if dtype.hasobject:
            data = np.full(len(self), None, dtype)
            for number, value in zip(np.flatnonzero(present), values, strict=True):
                data[number] = value  # one by one, or NumPy would unfold values that are lists
        else:
            data = np.zeros(len(self), dtype)
            data[present] = values
        return MaskedArray(data, mask=~present)

    @property
    def _names(self) -> list[tuple[str, ...]]:
        return list(self._shapes)  # in the order of their codes

    def _put(self, number: int, params: Any) -> None:
        self._shape[number] = self._shapes.setdefault(tuple(params), len(self._shapes))
        for name, value in params.items():
            column = self._columns.get(name)
            if column is None:
                column = self._columns[name] = [None] * len(self)
            column[number] = self._shared(value)

    def _shared(self, value: Any) -> Any:
        if isinstance(value, list | dict) or (len(self._pool) >= _POOL and (type(value), value) not in self._pool):
            return value
        return self._pool.setdefault((type(value), value), value)


def _dtype(values: list[Any]) -> np.dtype[Any]:
    """Return the dtype scikit-learn gives a column: NumPy's own, but objects for strings and for sequences."""
    if any(isinstance(value, str) for value in values):
        return np.dtype(object)
    try:
        found = np.array(values)
    except ValueError:  # lists of several lengths
        return np.dtype(object)
    return found.dtype if found.ndim == 1 else np.dtype(object)
