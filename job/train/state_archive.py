"""The state of what trains for long, kept every five minutes, so that a lost worker costs no more than that."""

import io
import json
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, Literal

import numpy as np

from job.data.rows import Array
from job.train.groups import Checkpoint

EVERY = 300.0
"""Seconds between two states."""

_FROM_ELSEWHERE = 2  # NumPy's own number for types that others registered

Arrays = Mapping[str, Sequence[Any]]
Kind = Literal["group", "fit"]


class Keeper:
    """Keeps the state of some fits, a fit alone or a group: an NPZ archive of lists of arrays, and JSON.

    Args:
        checkpoint: where it is kept, or nothing.
        kind: of state. A fit alone may be a group of one, and go by Keras ``fit`` after it was tried as such.
        fits: their identities.
    """

    def __init__(self, checkpoint: Checkpoint | None, kind: Kind, fits: Sequence[str]) -> None:
        self._checkpoint, self._of = checkpoint, {"kind": kind, "fits": list(fits)}
        self._last = monotonic()

    def is_due(self) -> bool:
        """Whether the last state kept is old."""
        return self._checkpoint is not None and monotonic() - self._last >= EVERY

    def keep(self, told: Mapping[str, Any], arrays: Arrays) -> None:
        """Keeps a state in place of the one before."""
        if self._checkpoint is not None:
            self._checkpoint.save(_packed({**self._of, **told}, arrays))
            self._last = monotonic()

    def kept(self) -> tuple[dict[str, Any], dict[str, list[Array]]] | None:
        """What a worker before this one kept; None where there is nothing, or it is of other fits or another kind."""
        data = None if self._checkpoint is None else self._checkpoint.load()
        if data is None:
            return None
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            told = json.loads(str(archive["told"]))
            if any(told.get(name) != value for name, value in self._of.items()):  # early versions told no kind
                return None
            return told, {name: _restored(archive, name, dtypes) for name, dtypes in told["arrays"].items()}


def _packed(told: Mapping[str, Any], arrays: Arrays) -> bytes:
    values = {name: [np.asarray(one) for one in part] for name, part in arrays.items()}
    dtypes = {name: [one.dtype.name for one in part] for name, part in values.items()}
    lists = {f"{name}/{place}": _plain(one) for name, part in values.items() for place, one in enumerate(part)}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, told=np.array(json.dumps({**told, "arrays": dtypes}, default=float)), **lists)
    return file.getvalue()


def _plain(value: Array) -> Array:
    """Numbers of a type that NumPy has from elsewhere, such as bfloat16, as whole ones: its files can't name theirs."""
    return value.view(f"u{value.dtype.itemsize}") if value.dtype.isbuiltin == _FROM_ELSEWHERE else value


def _restored(archive: Mapping[str, Array], name: str, dtypes: Sequence[str]) -> list[Array]:
    """A list of arrays, each of the type that it had."""
    found = [archive[f"{name}/{place}"] for place in range(len(dtypes))]
    return [one if one.dtype.name == dtype else one.view(dtype) for one, dtype in zip(found, dtypes, strict=True)]
