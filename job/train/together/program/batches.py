"""Which rows each step of an epoch takes: full batches of all fits at once, then what is left over of some."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from job.data.rows import Array, Indices
from job.train.fits import FitRequest
from job.train.order import epoch_order


@dataclass(frozen=True, eq=False)
class Segment:
    """Steps that some neighbours in a group do together.

    Attributes:
        begin, end: of their places.
        indices: row numbers (steps, end - begin, batch), int32.
        full: whether these are full batches.
    """

    begin: int
    end: int
    indices: Array
    full: bool


class Steps(NamedTuple):
    """An epoch's segments as two arrays.

    Attributes:
        rows: row numbers of all steps, one after the other.
        segments: of each (segments, 6): the first fit's place, fits, batch, steps, where its rows begin, and how many
            steps its fits have made before in this epoch.
    """

    rows: Array
    segments: Array

    @property
    def each(self) -> int:
        """How many steps the first fit makes."""
        return int(self.segments[self.segments[:, 0] == 0, 3].sum())


def steps(parts: Sequence[Segment], fits: int) -> Steps:
    """Packs the segments of an epoch in which all fits make as many steps."""
    made, found = np.zeros(fits, np.int32), np.zeros((len(parts), 6), np.int32)
    begins = accumulate((part.indices.size for part in parts), initial=0)
    for told, part, begin in zip(found, parts, begins, strict=False):
        count, neighbours, batch = part.indices.shape
        told[:] = part.begin, neighbours, batch, count, begin, made[part.begin]
        made[part.begin : part.end] += count
    return Steps(np.concatenate([part.indices.reshape(-1) for part in parts]), found)


def segments(rows: Sequence[Indices], batch: int) -> Iterator[Segment]:
    """Divides an epoch: fits have unequal numbers of rows, and a last batch that is smaller is never filled up.

    Args:
        rows: row numbers of each fit, in the order in which it visits them. Sorted by row count, so that equal last
            batches train in one step.
        batch: rows of a full batch.
    """
    full = np.array([len(one) // batch for one in rows])
    done = 0
    for end in np.unique(full[full > 0]).tolist():
        for first, last in _runs(full >= end):
            if full[first] >= end:
                taken = np.stack([one[done * batch : end * batch] for one in rows[first:last]])
                indices = taken.reshape(last - first, end - done, batch).transpose(1, 0, 2)
                yield Segment(first, last, np.ascontiguousarray(indices, dtype=np.int32), full=True)
        done = end
    left = np.array([len(one) % batch for one in rows])
    for first, last in _runs(left):
        if left[first]:
            taken = np.stack([one[len(one) - left[first] :] for one in rows[first:last]])
            yield Segment(first, last, taken[None].astype(np.int32), full=False)


def _runs(values: Array) -> list[tuple[int, int]]:
    """Where neighbours are equal: from, to."""
    edges = np.flatnonzero(np.diff(values)) + 1
    return list(pairwise([0, *edges.tolist(), len(values)]))


def epoch(request: FitRequest, number: int) -> Indices:
    """A fit's training rows in the order of one epoch."""
    if not request.settings.shuffle:
        return request.train
    return request.train[epoch_order(request.seed, number, len(request.train))]


def chunks(rows: Sequence[Indices], size: int) -> Iterator[Array]:
    """Row numbers (fits, chunk) to predict, fits with fewer rows filled up with their first one.

    Whoever predicts them leaves those of each fit out that are beyond its own.
    """
    longest = max(len(one) for one in rows)
    filled = np.stack([np.concatenate([one, np.full(longest - len(one), one[0] if len(one) else 0)]) for one in rows])
    for begin in range(0, longest, size):
        yield filled[:, begin : begin + size].astype(np.int32)
