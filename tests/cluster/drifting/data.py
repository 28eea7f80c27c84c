"""Points whose kind one column tells; which, and whether it is readable, is the day's."""

from pathlib import Path

import numpy as np

DAY = Path("/gate/day")


def load():
    """Return X, y of the day: 1; 2 with some more rows; 3 with another column that tells; 4 not readable."""
    day = int(DAY.read_text()) if DAY.exists() else 1
    random = np.random.default_rng(day)
    X = random.normal(size=(120 if day == 1 else 140, 2)).astype("float32")
    y = (X[:, 1 if day == 3 else 0] > 0).astype(int)
    if day == 4:
        X[7, 1] = np.nan
    return X, y
