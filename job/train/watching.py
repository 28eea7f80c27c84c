"""What is watched while Keras trains a fit: its history, its loss, and which epoch it is."""

from collections.abc import Collection, Mapping
from typing import Any

import keras
import numpy as np

from job.study.mistakes import nearest
from job.study.study import EarlyStopping
from job.train import failures, feeding
from job.train.heads import ModelMistake


def check_monitor(monitor: str, measured: Collection[str]) -> None:
    """Raises ModelMistake for early stopping by what is not measured: Keras may only warn, and never stop."""
    if monitor not in measured:
        raise ModelMistake(f"fit.early_stopping.monitor: {not_measured(monitor, sorted(measured))}")


def not_measured(monitor: str, measured: Collection[str]) -> str:
    """The sentence for what watches something that no fit of this model measures."""
    longer = [one for one in measured if one.startswith(monitor)]  # `val_acc` is short for `val_accuracy`
    near = f" Did you mean `{longer[0]}`?" if longer else nearest(monitor, measured)
    return f"`{monitor}` is not measured; a fit of this model measures {', '.join(measured)}.{near}"


class Stopping(keras.callbacks.EarlyStopping):  # type: ignore[misc]  # Keras ships no types
    """Keras's early stopping, which refuses to watch what is not measured."""

    def __init__(self, settings: EarlyStopping) -> None:
        super().__init__(**settings.model_dump())

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Stops, or not."""
        check_monitor(self.monitor, logs or {})
        super().on_epoch_end(epoch, logs)


class Watch(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Tells the feed which epoch it is, takes down the history, and ends a fit whose loss is not finite."""

    def __init__(self, history: dict[str, list[float]], feed: feeding.Feed) -> None:
        super().__init__()
        self._history, self._feed = history, feed

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002  # Keras's own
        """Sets the feed's epoch."""
        self._feed.epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Takes down one epoch's metrics; one of several values has a name for each."""
        for name, value in (logs or {}).items():
            values = np.ravel(value)
            for i, one in enumerate(values):
                self._history.setdefault(name if len(values) == 1 else f"{name}[{i}]", []).append(float(one))
        if "loss" in self._history:  # a model's own train_step may return anything
            failures.check_loss(self._history["loss"][-1], epoch)
