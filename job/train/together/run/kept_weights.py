"""What becomes of a group's fits: their weights as they stopped, and as they were best."""

from collections.abc import Sequence
from typing import Any

from job.data.rows import Array
from job.train.together.run import early_stopping
from job.train.together.step import stack


class KeptWeights:
    """Weights of all fits of a group, stacked: as they began until something better is known.

    Args:
        weights: initial ones.
        fits: how many.

    Attributes:
        final: as fits stopped.
        best: as they were best.
    """

    def __init__(self, weights: list[Any], fits: int) -> None:
        self.final = self.best = weights
        self._fits = fits

    def stop(self, places: Array, weights: Sequence[Any], slots: Array) -> None:
        """Keeps the weights in some slots of a stack as the final ones of fits."""
        self.final = self._placed(self.final, places, weights, slots)

    def improve(self, places: Array, weights: Sequence[Any], slots: Array) -> None:
        """Keeps the weights in some slots of a stack as the best ones of fits."""
        self.best = self._placed(self.best, places, weights, slots)

    def restore(self, fits: Sequence[early_stopping.WatchedFit]) -> None:
        """Makes the best weights the final ones of fits whose callback wants that."""
        for fit in fits:
            if fit.callback is not None:
                fit.callback.on_train_end()
        if len(found := early_stopping.places(fits, "restores")):
            self.final = stack.put(self.final, found, stack.take(self.best, found))

    def _placed(self, whole: list[Any], places: Array, weights: Sequence[Any], slots: Array) -> list[Any]:
        if len(slots) == self._fits:
            return list(weights)
        return stack.put(whole, places, stack.take(weights, slots))
