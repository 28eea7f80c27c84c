"""3,000 made-up rows: eight numbers, and codes of four kinds."""

import numpy as np


def load():
    """X, y."""
    draw = np.random.default_rng(0)
    numbers = draw.normal(size=(3000, 8))
    codes = draw.integers(0, 20, size=(3000, 4))
    means = draw.normal(size=(4, 20))
    told = numbers[:, 0] + sum(means[kind, codes[:, kind]] for kind in range(4))
    y = (told + draw.normal(size=3000) > 0).astype(int)
    return np.hstack([numbers, codes]).astype("float32"), y
