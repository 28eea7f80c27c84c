"""A long fit by Keras ``fit``, as a state that another worker goes on from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras

from job.train.fits import FitRequest
from job.train.groups import Checkpoint
from job.train.state_archive import Keeper

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
    found = Keeper(checkpoint, "fit", [request.identity]).kept()
    if found is None:
        return None
    told, arrays = found
    return State(told["epoch"], arrays["variables"], told["history"], told["stopping"], arrays["best"] or None)


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
        self._keeper, self._state = Keeper(checkpoint, "fit", [request.identity]), state
        self._stopping, self._history = stopping, history

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
        if self._keeper.is_due() and not self.model.stop_training:
            self._keep(epoch + 1)

    def _variables(self) -> list[Any]:
        return [*self.model.variables, *self.model.optimizer.variables]

    def _keep(self, epoch: int) -> None:
        best = (self._stopping.best_weights if self._stopping is not None else None) or []
        stopping = {} if self._stopping is None else {name: getattr(self._stopping, name) for name in STOPPING}
        told = {"epoch": epoch, "history": self._history, "stopping": stopping}
        self._keeper.keep(told, {"variables": self._variables(), "best": best})
