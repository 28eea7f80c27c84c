"""Rows that many fits share: read once, and those of like fits in one table."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

from job.data.rows import Rows
from job.sklearn import rows as rows_of
from job.sklearn.asks import Ask

_BYTES = 512 * 1024 * 1024
_COPIES = 3  # of the rows that are read: what they were read from is of double precision


@dataclass(eq=False)
class Tables:
    """Rows by the objects that they were read from; those that were asked for longest ago go when they are many.

    Searches within others have rows of their own each, which are done with before the outermost search is. Rows that
    share their inputs, such as one-hot rows and the same as classes, take room once, and go together.

    Attributes:
        most: bytes that are kept, with the objects; the last rows whatever they take.
    """

    most: int = _BYTES
    _read: dict[tuple[Any, ...], tuple[Any, Rows]] = field(default_factory=dict)
    _of_inputs: dict[tuple[int, ...], list[tuple[Any, ...]]] = field(default_factory=dict)
    _held: int = 0

    def rows(self, key: tuple[Any, ...], read: Callable[[], Rows], held: Any = None) -> Rows:
        """Rows of objects that many fits share, read once.

        Args:
            key: the objects themselves, and what else decides how they are read.
            read: reads them.
            held: what a text in the key has numbers of, and so has to stay.
        """
        found = self.known(key)
        if found is None:
            found = read()
            number = _numbers(key)
            self._read[number] = ((key, held), found)  # holding the objects keeps their numbers theirs
            self._use(found).append(number)
            self._drop()
        return found

    def known(self, key: tuple[Any, ...]) -> Rows | None:
        """Rows of these objects, where they were read."""
        number = _numbers(key)
        if number not in self._read:
            return None
        found = self._read[number][1]
        self._use(found)
        return found

    def _use(self, rows: Rows) -> list[tuple[Any, ...]]:
        """The numbers of all rows with these inputs, which were asked for last and so are the last to go."""
        inputs = _inputs(rows)
        if inputs not in self._of_inputs:
            self._held += _COPIES * rows_of.size(rows.X)
        self._of_inputs[inputs] = self._of_inputs.pop(inputs, [])
        return self._of_inputs[inputs]

    def _drop(self) -> None:
        while self._held > self.most and len(self._of_inputs) > 1:
            numbers = self._of_inputs.pop(next(iter(self._of_inputs)))
            self._held -= _COPIES * rows_of.size(self._read[numbers[0]][1].X)
            for number in numbers:
                del self._read[number]


def like(ask: Ask) -> tuple[Any, ...]:
    """What asks agree in whose rows can lie in one table, and whose models one function makes."""
    rows = ask.rows
    classes = None if rows.classes is None else (str(rows.classes.dtype), *rows.classes.tolist())
    shapes = rows_of.signature(rows.X), rows.encoded.shape[1:], str(rows.given.dtype), rows.given.shape[1:]
    return id(ask.recipe.maker), ask.form, ask.threshold, shapes, rows.task, classes, rows.sample_weight is None


def on_one_table(asks: Sequence[Ask]) -> list[Ask]:
    """Asks moved to one table: rows of equal content are there once."""
    tables = {id(ask.rows): ask.rows for ask in asks}
    if len(tables) == 1:
        return list(asks)
    kept: dict[str, tuple[Rows, int]] = {}
    begins: dict[int, int] = {}
    end = 0
    for number, rows in tables.items():
        digest = _digest(rows)
        if digest not in kept:
            kept[digest] = (rows, end)
            end += len(rows)
        begins[number] = kept[digest][1]
    whole = rows_of.together([rows for rows, _ in kept.values()]) if len(kept) > 1 else next(iter(kept.values()))[0]
    return [
        replace(
            ask,
            rows=whole,
            train=ask.train + begins[id(ask.rows)],
            validation=ask.validation + begins[id(ask.rows)],
        )
        for ask in asks
    ]


def _digest(rows: Rows) -> str:
    state = hashlib.blake2b()
    for array in (*keras.tree.flatten(rows.X), rows.encoded, rows.given, rows.sample_weight):
        if array is None:
            continue
        state.update(f"{array.dtype} {array.shape}".encode())
        data = "\0".join(map(str, array.ravel())).encode() if array.dtype.kind == "O" else np.ascontiguousarray(array)
        state.update(data)  # type: ignore[arg-type]
    return state.hexdigest()


def _numbers(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(one if isinstance(one, str) else id(one) for one in key)


def _inputs(rows: Rows) -> tuple[int, ...]:
    return tuple(map(id, keras.tree.flatten(rows.X)))
