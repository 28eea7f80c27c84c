"""A long fit by Keras ``fit``, kept every five minutes, so that a lost worker costs no more than that."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import keras
import numpy as np

from job.train.fits import Checkpoint, FitRequest

EVERY = 300.0
"""Seconds between two states."""

STOPPING = ("wait", "stopped_epoch", "best", "best_epoch")
"""What Keras's early stopping remembers, beside the best weights."""


@dataclass(frozen=True, eq=False)
class State:
    """A fit between two epochs.

    Attributes:
        epoch: the next one.
        variables: of model and optimizer.
        history: until now.
        stopping: what early stopping remembers; empty without.
        best: the weights it remembers, if any.
    """

    epoch: int
    variables: list[Any]
    history: dict[str, list[float]]
    stopping: Mapping[str, Any]
    best: list[Any] | None


def load(checkpoint: Checkpoint | None, request: FitRequest) -> State | None:
    """A state that a worker before this one stored; None when there is none, or it is of something else."""
    data = None if checkpoint is None else checkpoint.load()
    if data is None:
        return None
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        told = json.loads(str(archive["told"]))
        if told.get("fit") != request.identity:
            return None
        arrays = {name: [archive[f"{name}/{place}"] for place in range(told[name])] for name in ("variables", "best")}
    best = arrays["best"] or None
    return State(told["epoch"], arrays["variables"], told["history"], told["stopping"], best)


class Resuming(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Puts a stored state in place when training begins, and stores one now and then; the last of a fit's callbacks."""

    def __init__(
        self,
        request: FitRequest,
        checkpoint: Checkpoint,
        state: State | None,
        stopping: Any | None,
        history: dict[str, list[float]],
    ) -> None:
        super().__init__()
        self._request, self._checkpoint, self._state = request, checkpoint, state
        self._stopping, self._history = stopping, history
        self._last = monotonic()

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002  # Keras's own
        """After early stopping has begun anew."""
        if self._state is None:
            return
        for variable, value in zip(self._variables(), self._state.variables, strict=True):
            variable.assign(value)
        self._history.update(self._state.history)
        if self._stopping is not None:
            vars(self._stopping).update(self._state.stopping)
            self._stopping.best_weights = self._state.best

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002  # Keras's own
        """Stores the state, when the last one stored is old and there are epochs to come."""
        if monotonic() - self._last >= EVERY and not self.model.stop_training:
            self._checkpoint.save(self._packed(epoch + 1))
            self._last = monotonic()

    def _variables(self) -> list[Any]:
        return [*self.model.variables, *self.model.optimizer.variables]

    def _packed(self, epoch: int) -> bytes:
        variables = [np.asarray(one) for one in self._variables()]
        best = (self._stopping.best_weights if self._stopping is not None else None) or []
        told = {
            "fit": self._request.identity,
            "epoch": epoch,
            "variables": len(variables),
            "best": len(best),
            "history": self._history,
            "stopping": {} if self._stopping is None else {name: getattr(self._stopping, name) for name in STOPPING},
        }
        arrays = {f"variables/{place}": one for place, one in enumerate(variables)}
        arrays |= {f"best/{place}": np.asarray(one) for place, one in enumerate(best)}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, told=np.array(json.dumps(told, default=float)), **arrays)
        return file.getvalue()
