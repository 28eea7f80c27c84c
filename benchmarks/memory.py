"""Resident memory of a worker over 300 fits of one shape, and over 300 of 300 shapes.

``python benchmarks/memory.py``: a table of both, about ten minutes. Each process trains until it asks to be replaced,
as workers do; "growth" is the most that any fit after the 30th had above the memory after the 30th.
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


def work(shapes: str, first: int) -> None:
    """One process: trains fits from ``first`` on and prints its memory after each."""
    from job.study.study import FitSettings
    from job.train import by_fit, memory
    from job.train.fits import FitRequest, Material

    x = np.random.default_rng(0).normal(size=(200, 20)).astype(np.float32)
    material = Material(X=x, encoded=(x[:, 0] > 0).astype(np.int64), sample_weight=None, classes=2)
    for number in range(first, FITS):
        params = {"units": 16 if shapes == "one" else 16 + number, "learning_rate": 1e-4 * (number + 1)}
        request = FitRequest(
            identity=str(number), trial=number, fold=0, params=params, build=params, settings=FitSettings(epochs=2),
            train=np.arange(150), validation=np.arange(0), test=np.arange(150, 200), class_weight=None, seed=number,
        )  # fmt: skip
        trained = by_fit.train(request, build, material)
        if trained.failure is not None:
            raise SystemExit(trained.failure.message)
        print(number, (memory.resident() or 0) / 2**20, flush=True)
        if memory.should_retire():
            return


def measure(shapes: str) -> None:
    """Trains all fits in as many processes as it takes, and prints a line of the table."""
    sizes: list[float] = []
    lives = 0
    while len(sizes) < FITS:
        done = subprocess.run(
            [sys.executable, __file__, shapes, str(len(sizes))], stdout=subprocess.PIPE, text=True, check=True
        )
        sizes += [float(line.split()[1]) for line in done.stdout.splitlines()]
        lives += 1
    growth = max(sizes[30:]) - sizes[29]
    print(f"{shapes:<10} {FITS:>5} {lives:>10} {sizes[29]:>12.0f} {sizes[-1]:>12.0f} {growth:>12.0f}", flush=True)


def main() -> None:
    """Prints the table."""
    print(f"{'shapes':<10} {'fits':>5} {'processes':>10} {'MiB at 30':>12} {'MiB at end':>12} {'growth MiB':>12}")
    for shapes in ("one", "each own"):
        measure(shapes)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(sys.argv[1], int(sys.argv[2]))
    else:
        main()
