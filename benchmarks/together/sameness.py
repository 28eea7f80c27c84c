"""Whether tunejob's scores are plain Keras's, as far as plain Keras's are its own when it rounds otherwise.

It does under another thread count where a step is large enough to be shared, without oneDNN's kernels where these are
used, and always from initial weights whose last bit is another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

TOLERANCE = 1e-4
_EARLY = 3  # epochs over which rounding is not yet amplified
_FACTOR = 3.0  # of the mean of a few differences with a heavy tail

Fits = Mapping[tuple[int, int], Any]


@dataclass(frozen=True)
class Difference:
    """Mean absolute differences over the fits compared: of ours from plain Keras, and of that from itself.

    Attributes:
        what: is compared.
        ours: from plain Keras on one thread.
        theirs: of plain Keras from itself where it rounds otherwise; of each fit the farther of several.
    """

    what: str
    ours: float
    theirs: float

    @property
    def is_within(self) -> bool:
        """Whether ours is no farther than rounding takes Keras."""
        return self.ours <= TOLERANCE + _FACTOR * self.theirs


def compared(ours: Mapping[str, Any], one: Mapping[str, Any], *others: Mapping[str, Any]) -> list[Difference]:
    """Compares losses of the first and last epochs, and each trial's score.

    Each is ``scores`` and ``losses``: of tunejob, of plain Keras, and of plain Keras that rounds otherwise.
    """
    losses = [_by_fit(found["losses"]) for found in (ours, one, *others)]
    epochs = min(len(value) for value in losses[1].values())
    found = [
        _difference(
            f"loss in epoch {epoch + 1}", *({fit: values[epoch] for fit, values in of.items()} for of in losses)
        )
        for epoch in sorted({min(_EARLY, epochs) - 1, epochs - 1})
    ]
    return [
        *found,
        _difference("score of a trial", *(_by_trial(of["scores"], losses[1]) for of in (ours, one, *others))),
    ]


def _difference(
    what: str, ours: Mapping[Any, float], one: Mapping[Any, float], *others: Mapping[Any, float]
) -> Difference:
    return Difference(
        what,
        float(np.mean([abs(ours[key] - one[key]) for key in one])),
        float(np.mean([max(abs(other[key] - one[key]) for other in others) for key in one])),
    )


def _by_fit(found: Any) -> Fits:
    return {(trial, fold): value for trial, fold, value in found}


def _by_trial(scores: Any, wanted: Fits) -> dict[int, float]:
    of_fit = _by_fit(scores)
    trials = {trial for trial, _ in wanted}
    return {trial: float(np.mean([of_fit[fit] for fit in wanted if fit[0] == trial])) for trial in trials}
