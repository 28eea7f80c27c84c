"""The order of rows in every epoch, and which rows are held out: public, so that plain Keras can be fed the same.

A fit's seed comes from (study seed, canonical params, fold's rows); from it alone come its initial weights and masks
(``keras.utils.set_random_seed(keras_seed(seed))`` before ``build``) and the order of its rows (``epoch_order``).
"""

import math

import numpy as np
from numpy.typing import NDArray

from job.data.rows import Indices


def epoch_order(seed: int, epoch: int, n: int) -> Indices:
    """Returns the order in which an epoch visits its n training rows.

    The rank of n raw 64-bit draws of Philox4x64 (Salmon et al., SC 2011), a counter-based generator, under the key
    (seed, epoch): NumPy keeps raw draws the same for ever, which it does not promise for ``permutation``.

    Args:
        seed: the fit's seed, 63 bits.
        epoch: from 0.
        n: the number of training rows, validation rows already taken off.

    Returns:
        A permutation of 0 … n-1 to index the training rows with.
    """
    draws = np.random.Philox(key=np.array([seed, epoch], dtype=np.uint64)).random_raw(n)
    return ranked(draws)


def ranked(draws: NDArray[np.uint64]) -> Indices:
    """Returns the places of draws from the least to the largest, those of equal ones as they come.

    That is a stable sort. Other sorts are several times faster, and the same where no draws are equal.
    """
    found = np.argsort(draws)
    ordered = draws[found]
    if (ordered[1:] == ordered[:-1]).any():
        found = np.argsort(draws, kind="stable")
    return found.astype(np.int64, copy=False)


def held_out(train: Indices, validation_split: float) -> tuple[Indices, Indices]:
    """Splits a fold's training rows as Keras's ``validation_split`` does: the last of them are held out.

    Returns:
        The rows to train on, the first floor(n * (1 - validation_split)), and the rows to validate on.
    """
    if not validation_split:
        return train, train[:0]
    at = math.floor(len(train) * (1.0 - validation_split))
    return train[:at], train[at:]


def keras_seed(seed: int) -> int:
    """Returns the 32 bits of a fit's seed that ``keras.utils.set_random_seed`` takes."""
    return seed & 0xFFFFFFFF
