"""Is the challenger really better? The correlated Bayesian t-test on the folds that both were scored on.

Scores on the folds of one data set are not independent, because training sets overlap: Nadeau and Bengio (Machine
Learning 52, 2003) widen the variance of the mean difference from 1/n to 1/n + test rows / training rows. Corani and
Benavoli (Machine Learning 100, 2015) read the same Student's t as a posterior: how probable it is that one model is
worse, practically equal, or better than another.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

_SURE = 0.001


@dataclass(frozen=True)
class Design:
    """How two models are compared: on how many folds, and how much of the rows each of them tests.

    Attributes:
        folds: splits, over all repetitions.
        ratio: test rows over training rows; 1/(k - 1) for k folds.
    """

    folds: int
    ratio: float

    @classmethod
    def of(cls, sizes: Sequence[tuple[int, int]]) -> "Design":
        """Return the design of folds of these (train, test) rows."""
        return cls(len(sizes), sum(test for _, test in sizes) / sum(train for train, _ in sizes))

    @property
    def widening(self) -> float:
        """The standard deviation of the mean difference, in standard deviations of a fold's difference."""
        return math.sqrt(1 / self.folds + self.ratio)

    def visible(self, confidence: float) -> float:
        """Return the smallest mean gain that is promoted, in standard deviations of a fold's difference.

        Infinite for a single fold, whose spread nobody knows.
        """
        if self.folds < 2:
            return math.inf
        return float(stats.t.ppf(confidence, self.folds - 1)) * self.widening


@dataclass(frozen=True)
class Posterior:
    """What is known of the mean difference: a Student's t.

    Attributes:
        mean: challenger's mean score less the champion's.
        scale: of the t; 0 where all folds agree exactly.
        freedom: its degrees of freedom.
    """

    mean: float
    scale: float
    freedom: int

    def above(self, value: float) -> float:
        """Return the probability that the difference is larger than ``value``."""
        if self.scale == 0.0:
            return 1.0 if self.mean > value else 0.0
        return float(stats.t.sf(value, self.freedom, self.mean, self.scale))

    def density(self, at: Sequence[float]) -> list[float]:
        """Return the density at each of these differences; for pictures, where the scale is not 0."""
        return [float(one) for one in stats.t.pdf(np.asarray(at), self.freedom, self.mean, self.scale)]


@dataclass(frozen=True)
class Probabilities:
    """That the challenger is worse, practically equal (within the margin either way), or better; they sum to 1."""

    worse: float
    equal: float
    better: float


def posterior(differences: Sequence[float], design: Design) -> Posterior:
    """Return the posterior of the mean difference.

    Args:
        differences: on each fold, challenger's score less the champion's; two folds at least.
        design: of the folds.

    Raises:
        ValueError: fewer than two differences, or one that is not finite.
    """
    found = np.asarray(differences, dtype=np.float64)
    if found.size < 2 or not np.isfinite(found).all():
        raise ValueError(f"needed are two finite differences at least, got {differences!r}")
    spread = 0.0 if np.ptp(found) == 0.0 else float(np.std(found, ddof=1))
    return Posterior(float(np.mean(found)), spread * design.widening, found.size - 1)


def probabilities(of: Posterior, margin: float) -> Probabilities:
    """Return how probable worse, practically equal and better are; ``margin`` is the region's half width, 0 or more."""
    better = of.above(margin)
    if of.scale == 0.0:
        worse = 1.0 if of.mean < -margin else 0.0
    else:
        worse = float(stats.t.cdf(-margin, of.freedom, of.mean, of.scale))
        if margin == 0.0:  # exactly: no difference is a single point
            return Probabilities(worse, 0.0, better)
    return Probabilities(worse, max(0.0, 1.0 - worse - better), better)


def percent(share: float, required: float | None = None) -> str:
    """Return a probability as people read it: never as sure, since no test is that sure.

    Args:
        share: the probability.
        required: what it is held against; told are as many digits as tell the two apart.
    """
    least, most = f"{100 * _SURE:g}", 1 - _SURE
    if share < _SURE:
        return f"under {least} %"
    if share > most >= (required or 0.0):
        return f"over {100 * most:g} %"
    for digits in range(3, 16):
        text = f"{100 * share:.{digits}g}"
        if text != "100" and (required in (None, share) or text != f"{100 * (required or 0.0):.{digits}g}"):
            return f"{text} %"
    return f"over {exact(required or most)}" if share > (required or 0.0) else exact(share)


def exact(confidence: float) -> str:
    """Return a probability that somebody asked for, with all its digits."""
    return f"{100 * confidence:.12g} %"
