"""Who follows a run, as its status tells."""

from datetime import UTC, datetime

import pytest

from job.results import status
from job.store import RunKeys, open_store

KEYS = RunKeys("wine", "wine-1")


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    return open_store(str(tmp_path))


def _running(store, by="process 1 on tunejob-wine-0a1b2c3d4e-x7k2p", **of):
    now = datetime.now(UTC).isoformat()
    store.write(KEYS.status, status.Status(state="running", updated=now, by=by, **of).model_dump_json().encode())


def test_a_controller_of_the_same_job_is_gone(store):
    """A Job has one controller at a time: the one that wrote a moment ago was our predecessor."""
    _running(store, job="1-2")
    assert status.other(store, KEYS, "1-2") is None
    assert status.other(store, KEYS, "3-4") is not None


def test_a_controller_of_no_known_job_may_live(store):
    """As an earlier version wrote it, and as one on a laptop does."""
    text = f'{{"format": 1, "state": "running", "updated": "{datetime.now(UTC).isoformat()}", "by": "process 1 on x"}}'
    store.write(KEYS.status, text.encode())
    assert status.other(store, KEYS, "1-2") is not None
    assert status.other(store, KEYS) is not None


def test_a_run_is_left_by_the_one_that_follows_it(store):
    """What it said of the machines stays; another controller's run goes on."""
    _running(store)
    status.leave(store, KEYS)
    assert status.read(store, KEYS).is_live
    status.write(store, KEYS, "running", remarks=["node-1 lost 3"], job="1-2")
    status.leave(store, KEYS)
    left = status.read(store, KEYS)
    assert (left.is_live, left.remarks) == (False, ("node-1 lost 3",))
