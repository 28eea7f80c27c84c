"""The steps of an epoch, for fits of unequal numbers of rows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from job.train.together.program import batches


@given(st.lists(st.integers(1, 40), min_size=1, max_size=7), st.integers(1, 12))
def test_every_fit_visits_its_rows_in_order_in_full_batches_and_one_smaller(lengths: list[int], batch: int) -> None:
    """As ``fit`` does: whoever its neighbours are, and however many rows they have."""
    rows = [100 * fit + np.arange(length) for fit, length in enumerate(lengths)]
    steps: list[list[np.ndarray]] = [[] for _ in rows]
    for segment in batches.segments(rows, batch):
        for step in segment.indices:
            assert len(step) == segment.end - segment.begin
            for fit, taken in zip(range(segment.begin, segment.end), step, strict=True):
                assert segment.full == (len(taken) == batch)
                steps[fit].append(taken)
    for own, taken in zip(rows, steps, strict=True):
        assert np.concatenate(taken).tolist() == own.tolist()
        assert [len(one) for one in taken[:-1]] == [batch] * (len(taken) - 1)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=7), st.integers(0, 3), st.integers(1, 12))
def test_packed_steps_are_those_of_the_segments(last: list[int], full: int, batch: int) -> None:
    """Every fit's rows, in order, and how many steps went before."""
    rows = [100 * fit + np.arange(full * batch + min(left, batch)) for fit, left in enumerate(last)]
    packed = batches.steps(list(batches.segments(rows, batch)), len(rows))
    taken: list[list[np.ndarray]] = [[] for _ in rows]
    for begin, fits, size, count, at, before in packed.segments:
        found = packed.rows[at : at + count * fits * size].reshape(count, fits, size)
        for fit, own in zip(range(begin, begin + fits), found.transpose(1, 0, 2), strict=True):
            assert len(taken[fit]) == before
            taken[fit] += list(own)
    assert [np.concatenate(one).tolist() for one in taken] == [one.tolist() for one in rows]
    assert packed.each == len(taken[0])


def test_neighbours_of_like_length_step_together() -> None:
    """Three folds of 10, 10 and 11 rows in batches of 4: full batches of all, then two remainders."""
    found = list(batches.segments([np.arange(length) for length in (10, 10, 11)], 4))
    assert [(one.begin, one.end, one.indices.shape) for one in found] == [
        (0, 3, (2, 3, 4)),
        (0, 2, (1, 2, 2)),
        (2, 3, (1, 1, 3)),
    ]
