"""What an epoch's metrics tell, as Keras ``fit`` names it."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def logged(results: Sequence[Any], names: Sequence[str], fits: int) -> list[dict[str, float]]:
    """The metrics of every fit; one of several values has a name for each.

    Args:
        results: of each metric, (fits, …).
        names: of the metrics.
        fits: how many.
    """
    logs: list[dict[str, float]] = [{} for _ in range(fits)]
    for found, name in zip(results, names, strict=True):
        values = np.asarray(found).reshape(fits, -1)
        told = [name] if values.shape[1] == 1 else [f"{name}[{place}]" for place in range(values.shape[1])]
        for log, of_fit in zip(logs, values.tolist(), strict=True):
            log.update(zip(told, of_fit, strict=True))
    return logs
