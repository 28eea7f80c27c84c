"""The state of a group that trains for long lies in the store, as long as its results do not."""

import pytest

from job.store import open_store
from job.store.keys import RunKeys
from job.work.checkpoints import States

KEYS = RunKeys("small", "small-1")


@pytest.fixture
def store(tmp_path):
    """A store of its own."""
    return open_store(str(tmp_path))


def test_a_state_is_found_by_the_next_worker_and_dropped_in_the_end(store):
    """The last one saved is what counts."""
    first = States(store, KEYS, 3).of("a1b2")
    assert first.load() is None
    first.save(b"one")
    first.save(b"two")
    second = States(store, KEYS, 3).of("a1b2")
    assert second.load() == b"two"
    second.drop()
    assert States(store, KEYS, 3).of("a1b2").load() is None


def test_groups_and_shards_are_apart(store):
    """A group without a state finds none of its neighbours'."""
    States(store, KEYS, 3).of("a1b2").save(b"one")
    assert States(store, KEYS, 3).of("c3d4").load() is None
    assert States(store, KEYS, 4).of("a1b2").load() is None


def test_where_none_was_saved_none_is_dropped(store):
    """Most groups are short, and ask the store for nothing more."""
    store.write(KEYS.state(3, "a1b2"), b"of a worker that came later")
    state = States(store, KEYS, 4).of("a1b2")
    state.drop()
    assert store.read(KEYS.state(3, "a1b2"))
