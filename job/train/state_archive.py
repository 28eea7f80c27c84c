"""The state of what trains for long, kept every five minutes, so that a lost worker costs no more than that."""

import io
import json
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

import numpy as np

from job.data.rows import Array
from job.train.groups import Checkpoint

EVERY = 300.0
"""Seconds between two states."""

Arrays = Mapping[str, Sequence[Any]]


class Keeper:
    """Keeps the state of some fits, a fit alone or a group: an NPZ archive of lists of arrays, and JSON.

    Args:
        checkpoint: where it is kept, or nothing.
        fits: their identities.
    """

    def __init__(self, checkpoint: Checkpoint | None, fits: Sequence[str]) -> None:
        self._checkpoint, self._fits = checkpoint, list(fits)
        self._last = monotonic()

    def is_due(self) -> bool:
        """Whether the last state kept is old."""
        return self._checkpoint is not None and monotonic() - self._last >= EVERY

    def keep(self, told: Mapping[str, Any], arrays: Arrays) -> None:
        """Keeps a state in place of the one before."""
        if self._checkpoint is not None:
            self._checkpoint.save(_packed({"fits": self._fits, **told}, arrays))
            self._last = monotonic()

    def kept(self) -> tuple[dict[str, Any], dict[str, list[Array]]] | None:
        """What a worker before this one kept; None where there is nothing, or it is of other fits."""
        data = None if self._checkpoint is None else self._checkpoint.load()
        if data is None:
            return None
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            told = json.loads(str(archive["told"]))
            if told.get("fits") != self._fits:
                return None
            counts = told["arrays"].items()
            return told, {name: [archive[f"{name}/{place}"] for place in range(count)] for name, count in counts}


def _packed(told: Mapping[str, Any], arrays: Arrays) -> bytes:
    counts = {name: len(values) for name, values in arrays.items()}
    text = json.dumps({**told, "arrays": counts}, default=float)
    lists = {f"{name}/{place}": np.asarray(one) for name, part in arrays.items() for place, one in enumerate(part)}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, told=np.array(text), **lists)
    return file.getvalue()
