"""How often scheduled retuning errs, by simulation with the test that decides; nothing is trained, a few seconds.

    python -m benchmarks.retuning [--retunes 1000] [--seed 0] [--json]

A retune chooses the best of N challengers on the folds of its search, then compares it with the champion. Differences
of two models on the folds of one data set are normal and correlate by 1/k for k folds, which is what the test assumes;
fresh splits are taken as independent of the search's. Printed for each design, out of all retunes:

- on the search's own folds: all challengers are as good as the champion, and the best of them is compared on the folds
  that chose it (30 challengers): promoted wrongly;
- on fresh folds: the same, compared on folds of their own: promoted wrongly;
- seen: the challenger's true gain is once, and twice, the smallest visible one: promoted rightly.
"""

import argparse
import json
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from job.retune.evidence import Design, posterior

CONFIDENCE = 0.95
CHALLENGERS = 30
DESIGNS = ((3, 1), (5, 1), (5, 2), (5, 5), (10, 1), (10, 10))


@dataclass(frozen=True)
class Rates:
    """Shares of all simulated retunes that promoted; ``visible`` in standard deviations of the folds' differences."""

    splits: int
    repeats: int
    visible: float
    reused: float
    fresh: float
    gain: float
    twice: float


def differences(
    rng: np.random.Generator, splits: int, repeats: int, models: int, gain: float = 0.0
) -> NDArray[np.float64]:
    """Each model's difference to the champion on each fold, (models, folds): of deviation 1 within a data set."""
    shared = rng.normal(size=(models, 1)) * np.sqrt(1 / (splits - 1))
    return np.asarray(gain + shared + rng.normal(size=(models, splits * repeats)))


def promoted(found: NDArray[np.float64], design: Design) -> bool:
    """Whether the test promotes."""
    return posterior(found.tolist(), design).above(0.0) >= CONFIDENCE


def rates(splits: int, repeats: int, retunes: int, seed: int) -> Rates:
    """Simulates all retunes of one design."""
    rng = np.random.default_rng([seed, splits, repeats])
    design = Design(splits * repeats, 1 / (splits - 1))
    visible = design.visible(CONFIDENCE)

    def share(models: int, gain: float, *, reused: bool = False) -> float:
        count = 0
        for _ in range(retunes):
            searched = differences(rng, splits, repeats, models)
            best = int(searched.mean(axis=1).argmax())
            fresh = differences(rng, splits, repeats, 1, gain)[0]
            count += promoted(searched[best] if reused else fresh, design)
        return count / retunes

    return Rates(
        splits, repeats, visible, share(CHALLENGERS, 0.0, reused=True), share(CHALLENGERS, 0.0), share(1, visible),
        share(1, 2 * visible),
    )  # fmt: skip


def main() -> None:
    """Prints the table, or JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--retunes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = [rates(splits, repeats, asked.retunes, asked.seed) for splits, repeats in DESIGNS]
    if asked.json:
        print(json.dumps([asdict(one) for one in found]))
        return
    print(f"{asked.retunes:,} simulated retunes each, confidence {CONFIDENCE}, {CHALLENGERS} challengers\n")
    print("| folds | smallest visible gain | search's own folds | fresh folds | gain seen | twice that seen |")
    print("|---|---:|---:|---:|---:|---:|")
    for one in found:
        shares = " | ".join(f"{share:.1%}" for share in (one.reused, one.fresh, one.gain, one.twice))
        print(f"| {one.splits} by {one.repeats} | {one.visible:.2f} sd | {shares} |")


if __name__ == "__main__":
    main()
