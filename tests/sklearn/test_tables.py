"""Rows that fits share stay as long as they are asked for, and no longer than there is room."""

import keras
import numpy as np

from job import KerasClassifier
from job.sklearn import meeting, rows
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


def test_rows_that_share_inputs_take_room_once_and_go_together():
    """One-hot rows, and the same as classes: none of them go for the others, else each lot of fits would trace anew."""
    given, other, more = (np.ones((10, 10)) for _ in range(3))
    tables = Tables(most=3000)
    read = rows.classification(given.astype(np.float32), np.eye(2)[[0, 1] * 5], None)
    first = tables.rows((given, "a"), lambda: read)
    classes = tables.rows((first,), lambda: rows.of_classes(first))
    assert tables.rows((first, "b"), lambda: classes) is classes
    tables.rows((other, "a"), lambda: _read(other))
    assert [tables.known(key) for key in ((given, "a"), (first,), (first, "b"))] == [first, classes, classes]
    tables.rows((more, "a"), lambda: _read(more))
    assert tables.known((other, "a")) is None
    tables.rows((other, "a"), lambda: _read(other))
    assert [tables.known(key) for key in ((given, "a"), (first,), (first, "b"))] == [None] * 3
    assert tables.known((more, "a")) is not None


def test_one_hot_rows_of_a_single_fit_do_not_stay():
    """Those that a Pipeline's steps made for one fit are asked for by no other."""

    def build():
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, "softmax")])
        model.compile("sgd", "categorical_crossentropy")
        return model

    with meeting.opened() as kept:
        ask = KerasClassifier(build)._asked(np.ones((4, 2)), np.eye(2)[[0, 1] * 2], None)
        assert ask.rows.task == "binary"
        assert not kept.tables._read
