"""Which rows each step of an epoch takes: full batches of all fits at once, then what is left over of some."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from job.data.rows import Array, Indices
from job.train.fits import FitRequest
from job.train.order import epoch_order


@dataclass(frozen=True, eq=False)
class Segment:
    """Steps that some fits of a group do together.

    Attributes:
        members: places in the group; None for all.
        indices: row numbers (steps, members, batch), int32.
        whole: whether these are full batches.
    """

    members: Array | None
    indices: Array
    whole: bool


def segments(rows: Sequence[Indices], batch: int) -> Iterator[Segment]:
    """Divides an epoch: fits have unequal numbers of rows, and a last batch that is smaller is never filled up.

    Args:
        rows: row numbers of each fit, in the order in which it visits them.
        batch: rows of a full batch.
    """
    full = np.array([len(one) // batch for one in rows])
    left = np.array([len(one) % batch for one in rows])
    begin = 0
    for end in np.unique(full[full > 0]):
        yield _segment(rows, np.flatnonzero(full >= end), begin * batch, int(end) - begin, batch)
        begin = int(end)
    for size in np.unique(left[left > 0]):
        members = np.flatnonzero(left == size)
        tails = np.stack([rows[f][full[f] * batch :] for f in members.tolist()])[None]
        yield Segment(_all_or(members, len(rows)), tails.astype(np.int32), whole=False)


def _segment(rows: Sequence[Indices], members: Array, start: int, steps: int, batch: int) -> Segment:
    taken = np.stack([rows[f][start : start + steps * batch] for f in members.tolist()])
    indices = taken.reshape(len(members), steps, batch).transpose(1, 0, 2)
    return Segment(_all_or(members, len(rows)), np.ascontiguousarray(indices, dtype=np.int32), whole=True)


def _all_or(members: Array, count: int) -> Array | None:
    return None if len(members) == count else members.astype(np.int32)


def epoch(request: FitRequest, number: int) -> Indices:
    """A fit's training rows in the order of one epoch."""
    if not request.settings.shuffle:
        return request.train
    return request.train[epoch_order(request.seed, number, len(request.train))]


def chunks(rows: Sequence[Indices], size: int) -> Iterator[Array]:
    """Row numbers (fits, chunk) to predict, short fits filled up with their first row; see ``lengths``."""
    longest = max(len(one) for one in rows)
    filled = np.stack([np.concatenate([one, np.full(longest - len(one), one[0] if len(one) else 0)]) for one in rows])
    for begin in range(0, longest, size):
        yield filled[:, begin : begin + size].astype(np.int32)
