"""1,200 made-up texts of 32 words; the class is whether some words stand together."""

import numpy as np


def load():
    """X, y."""
    draw = np.random.default_rng(0)
    x = draw.integers(1, 2000, size=(1200, 32))
    y = draw.integers(0, 2, size=1200)
    for row, label in zip(x, y, strict=True):
        if label:
            at = draw.integers(0, 29)
            row[at : at + 3] = (3, 5, 7)
    return x, y
