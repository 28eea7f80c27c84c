"""A process that trains many fits, as a worker does, and tells its resident memory after each.

``python growing.py one|many FIRST LAST``: fits number FIRST up to LAST, all of one shape or each of its own; it ends
early when it should be replaced by a fresh one.
"""

import sys

import numpy as np
import psutil
from train import models
from train.cases import Case

from job.train import by_fit, memory


def main(kind: str, first: int, last: int) -> None:
    """Trains the fits."""
    x = np.random.default_rng(0).normal(size=(24, 6)).astype("float32")
    case = Case(models.dense, x, (x[:, 0] > 0).astype(int), settings={"fit": {"epochs": 1, "validation_split": 0.25}})
    for number in range(first, last):
        units = 3 if kind == "one" else 3 + number
        trained = case.train({"units": units, "learning_rate": 0.001 * (number + 1)})
        if trained.failure is not None:
            raise SystemExit(trained.failure.message)
        print(number, psutil.Process().memory_info().rss // 2**20, by_fit.models_built(), flush=True)  # noqa: T201
        if memory.should_retire():
            return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
