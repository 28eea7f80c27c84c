"""Early stopping of each fit by itself: the callback of any fit decides; a stopped fit's weights stay as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from job.data.rows import Array
from job.study.study import EarlyStopping
from job.train import failures, resuming, watching
from job.train.failures import NotFinite
from job.train.heads import ModelMistake

_REMEMBERED = (*resuming.STOPPING, "best_weights")


@dataclass
class WatchedFit:
    """One fit, as its callback sees a model.

    Attributes:
        metrics: of the real model; the callback looks up which way is better.
        stop_training: set by the callback.
        is_best: whether this epoch's weights are to be remembered.
        restores: whether the remembered weights are the result.
        failure: why the fit has failed, if it has.
    """

    metrics: list[Any]
    stop_training: bool = False
    is_best: bool = False
    restores: bool = False
    failure: NotFinite | ModelMistake | None = None
    history: dict[str, list[float]] = field(default_factory=dict)
    callback: Any = None

    def get_weights(self) -> bool:
        """The callback remembers these."""
        self.is_best = True
        return True

    def set_weights(self, weights: bool) -> None:  # noqa: FBT001  # Keras's signature
        """The callback restores what it remembered."""
        self.restores = weights

    def ended(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Takes down one epoch and lets the callback decide; a fit that fails stops."""
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
        self.is_best = False
        try:
            if self.callback is not None:
                self.callback.on_epoch_end(epoch, dict(logs))
            failures.check_loss(logs["loss"], epoch)
        except (NotFinite, ModelMistake) as error:
            self.failure, self.stop_training = error, True

    def kept(self) -> dict[str, Any]:
        """What a state between two epochs has to hold of it."""
        callback = None
        if self.callback is not None:
            callback = {name: getattr(self.callback, name) for name in _REMEMBERED}
        return {"history": self.history, "callback": callback}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Goes on from what ``kept`` told."""
        self.history = kept["history"]
        if self.callback is not None:
            vars(self.callback).update(kept["callback"])


def watched_fits(count: int, early: EarlyStopping | None, metrics: list[Any]) -> list[WatchedFit]:
    """Each fit, watched, of a group."""
    return [_watched(early, metrics) for _ in range(count)]


def _watched(early: EarlyStopping | None, metrics: list[Any]) -> WatchedFit:
    fit = WatchedFit(metrics)
    if early is not None:
        fit.callback = watching.Stopping(early)
        fit.callback.set_model(fit)
        fit.callback.on_train_begin()
    return fit


def places(fits: Sequence[WatchedFit], attribute: str) -> Array:
    """Places of the fits of which something is true."""
    return np.flatnonzero([getattr(fit, attribute) for fit in fits])
