"""A process that trains many fits, as a worker does, and tells its resident memory after each group of them.

``python growing.py fit|trainer one|many FIRST LAST``: fits number FIRST up to LAST, by Keras ``fit`` or whichever way
the trainer takes, all of one shape or each of its own; it ends early when it should be replaced by a fresh one.
"""

import sys

import numpy as np
import psutil
from train import models
from train.cases import Case

from job.train import by_fit, memory
from job.train.groups import Group


def main(way: str, kind: str, first: int, last: int) -> None:
    """Trains the fits."""
    x = np.random.default_rng(0).normal(size=(24, 6)).astype("float32")
    case = Case(models.dense, x, (x[:, 0] > 0).astype(int), settings={"fit": {"epochs": 1}})
    asked = [
        case.request({"units": 3 if kind == "one" else 3 + number, "learning_rate": 0.001 * (number + 1)}, trial=number)
        for number in range(first, last)
    ]
    groups = case.trainer.groups(asked) if way == "trainer" else (Group((request,)) for request in asked)
    for group in groups:
        if way == "trainer":
            trained = case.trainer.train(group)
        else:
            trained = [by_fit.train(one, case.build, case.material, kept=case.kept) for one in group.requests]
        traced = case.trainer.traced if way == "trainer" else case.kept.built
        for one in trained:
            if one.failure is not None:
                raise SystemExit(one.failure.message)
            size = psutil.Process().memory_info().rss // 2**20
            print(one.request.trial, size, traced, one.way.replace(" ", "-"))  # noqa: T201
        if memory.should_retire(len(group.requests), traced):
            return


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
