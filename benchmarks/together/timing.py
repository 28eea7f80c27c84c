"""What was measured, as it is stored."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Timing:
    """One way of doing one search.

    Attributes:
        peer: who.
        fits: that were timed.
        of: all fits of the search; where fewer were timed, the seconds are scaled.
        search: seconds from when all workers have imported TensorFlow to the last score.
        whole: seconds of the whole process or command.
        scores: (trial, fold, score).
        more: what else was seen.
    """

    peer: str
    fits: int
    of: int
    search: float
    whole: float
    scores: list[tuple[int, int, float]] = field(default_factory=list, repr=False)
    more: dict[str, Any] = field(default_factory=dict)
