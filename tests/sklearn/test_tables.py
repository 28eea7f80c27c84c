"""Rows that fits share stay as long as they are asked for, and no longer than there is room."""

import numpy as np

from job.sklearn import rows
from job.sklearn.tables import Tables


def _read(given):
    return rows.amounts(given.astype(np.float32), given[:, 0], None)


def test_those_asked_for_longest_ago_go():
    """As those of a search within another that is over; the last stay however large they are."""
    small, other, large = (np.ones((n, 10)) for n in (10, 10, 1000))
    tables = Tables(most=3000)
    first = tables.rows((small, "a"), lambda: _read(small))
    tables.rows((other, "a"), lambda: _read(other))
    assert tables.rows((small, "a"), lambda: _read(small)) is first
    more = np.ones((10, 10))
    tables.rows((more, "a"), lambda: _read(more))
    assert tables.known((other, "a")) is None
    assert tables.known((small, "a")) is first
    last = tables.rows((large, "a"), lambda: _read(large))
    assert [tables.known((one, "a")) for one in (small, more, large)] == [None, None, last]
