"""Resident memory of a worker over 300 fits of one shape, and over 300 of 300 shapes.

``python benchmarks/memory.py``: a table of both, by Keras ``fit`` alone and by whichever way workers choose; about
fifteen minutes. Each process trains until it asks to be replaced, as workers do; "growth" is the most that any fit
after the 30th had above the memory after the 30th.
"""

import subprocess
import sys
from typing import Any

import numpy as np

FITS = 300


def build(units: int, learning_rate: float) -> Any:
    """A small network with dropout."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((20,)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy", metrics=["accuracy"])
    return model


def work(way: str, shapes: str, first: int) -> None:
    """One process: trains fits from ``first`` on and prints its memory after each group of them."""
    from job.study.study import FitSettings
    from job.train import by_fit, memory
    from job.train.fits import FitRequest, Material
    from job.train.groups import Group
    from job.train.programs import Programs
    from job.train.trainer import Trainer

    x = np.random.default_rng(0).normal(size=(200, 20)).astype(np.float32)
    material = Material(X=x, encoded=(x[:, 0] > 0).astype(np.int64), sample_weight=None, classes=2)

    def request(number: int) -> FitRequest:
        params = {"units": 16 if shapes == "one" else 16 + number, "learning_rate": 1e-4 * (number + 1)}
        return FitRequest(
            identity=str(number), trial=number, fold=0, params=params, build=params, settings=FitSettings(epochs=2),
            train=np.arange(150), validation=np.arange(0), test=np.arange(150, 200), class_weight=None, seed=number,
        )  # fmt: skip

    asked = [request(number) for number in range(first, FITS)]
    trainer, kept = Trainer(build, material), Programs()
    groups = trainer.groups(asked) if way == "chosen" else (Group((request,)) for request in asked)
    for group in groups:
        if way == "chosen":
            trained = trainer.train(group)
        else:
            trained = [by_fit.train(one, build, material, kept=kept) for one in group.requests]
        if failure := next((one.failure for one in trained if one.failure is not None), None):
            raise SystemExit(failure.message)
        for one in trained:
            print(one.request.identity, (memory.resident() or 0) / 2**20, flush=True)
        if memory.should_retire(len(group.requests), trainer.traced + kept.built):
            return


def measure(way: str, shapes: str) -> None:
    """Trains all fits in as many processes as it takes, and prints a line of the table."""
    sizes: list[float] = []
    lives = 0
    while len(sizes) < FITS:
        command = [sys.executable, __file__, way, shapes, str(len(sizes))]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        sizes += [float(line.split()[1]) for line in done.stdout.splitlines()]
        lives += 1
    growth = max(sizes[30:]) - sizes[29]
    numbers = f"{FITS:>5} {lives:>10} {sizes[29]:>12.0f} {sizes[-1]:>12.0f} {growth:>12.0f}"
    print(f"{way:<8} {shapes:<10} {numbers}", flush=True)


def main() -> None:
    """Prints the table."""
    names = f"{'fits':>5} {'processes':>10} {'MiB at 30':>12} {'MiB at end':>12} {'growth MiB':>12}"
    print(f"{'way':<8} {'shapes':<10} {names}")
    for way in ("fit", "chosen"):
        for shapes in ("one", "each own"):
            measure(way, shapes)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main()
