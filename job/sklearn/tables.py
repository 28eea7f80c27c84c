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

    Searches within others have rows of their own each, which are done with before the outermost search is.

    Attributes:
        most: bytes that are kept, with the objects; the last rows whatever they take.
    """

    most: int = _BYTES
    _read: dict[tuple[Any, ...], tuple[Any, Rows]] = field(default_factory=dict)

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
            self._read[_numbers(key)] = ((key, held), found)  # holding the objects keeps their numbers theirs
            self._drop()
        return found

    def known(self, key: tuple[Any, ...]) -> Rows | None:
        """Rows of these objects, where they were read."""
        number = _numbers(key)
        if number not in self._read:
            return None
        self._read[number] = self._read.pop(number)  # the last asked for is the last to go
        return self._read[number][1]

    def _drop(self) -> None:
        held = {number: _COPIES * rows_of.size(rows.X) for number, (_, rows) in self._read.items()}
        for number in list(held)[:-1]:
            if sum(held.values()) > self.most:
                del held[number], self._read[number]


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
