"""Feeds: streams are the process's, what flows in them is not."""

import gc
import weakref

import numpy as np

from job.train.feeding import Feed


def test_rows_go_with_their_feed():
    """A stream that another feed of like rows takes over later holds none of the first."""
    X = np.arange(12, dtype=np.float32).reshape(6, 2)
    feed = Feed(X, np.arange(6), 4, purpose="test")
    stream = feed.epochs(2)
    assert [len(one[0]) for one in stream] == [4, 2, 4, 2]
    gone = weakref.ref(X)
    del feed, X
    gc.collect()
    assert gone() is None
    other = Feed(np.ones((3, 2), np.float32), np.arange(3), 4, purpose="test")
    assert other.epochs(1) is stream
    assert [one[0].numpy().sum() for one in stream] == [6.0]
