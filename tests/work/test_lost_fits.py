"""What is known against fits whose worker was lost, from marks in the store alone."""

import pytest

from job.results import marks
from job.results.lost_fits import LostFit, story
from job.store import open_store
from job.store.keys import RunKeys
from job.work import attempts
from job.work.attempts import WorkerPlace

KEYS = RunKeys("small", "small-1")


@pytest.fixture
def store(tmp_path):
    """A store of its own."""
    return open_store(str(tmp_path))


def lost_fits(store, done=frozenset()):
    """What is known of shard 0."""
    return attempts.lost_fits(store, KEYS, 0, done)


def test_marks_whose_fits_are_done_tell_nothing(store):
    """A mark stays after its group: what has a result is no loss, whoever died later."""
    nonce = attempts.begin(store, KEYS, 0, ["a", "b"])
    attempts.died(store, KEYS, 0, nonce, "killed by SIGSEGV")
    assert lost_fits(store, {"a", "b"}) == {}
    assert lost_fits(store, {"a"}) == {"b": LostFit(1, alone=False, how="killed by SIGSEGV")}


def test_a_death_that_nobody_saw_is_no_fits_fault(store):
    """A mark without an end and without results: whoever watched died too, of what nobody can tell."""
    for _ in range(5):
        attempts.begin(store, KEYS, 0, ["a"], place=WorkerPlace("pod-1", "gpu-7"))
    found = lost_fits(store)["a"]
    assert (found.deaths, found.unseen, found.hopeless, found.forsaken) == (0, 5, False, False)
    assert found.nodes == ("gpu-7",) * 5


def test_a_worker_told_to_stop_is_nobodys_fault(store):
    """However often it happens."""
    for _ in range(3):
        attempts.released(store, KEYS, 0, attempts.begin(store, KEYS, 0, ["a"]))
    assert lost_fits(store) == {}


def test_two_deaths_one_of_them_alone_are_hopeless(store):
    """Two in company blame no fit for sure; the third, alone, does. The last death's cause is told."""
    for fits, how in (
        (["a", "b"], "killed by SIGABRT"),
        (["a", "b"], "killed by SIGABRT"),
        (["b"], "killed by SIGSEGV"),
    ):
        assert not any(one.hopeless for one in lost_fits(store).values())
        attempts.died(store, KEYS, 0, attempts.begin(store, KEYS, 0, fits), how)
    assert lost_fits(store)["a"] == LostFit(2, alone=False, how="killed by SIGABRT")
    assert lost_fits(store)["b"].deaths == 3
    assert [fit for fit, one in lost_fits(store).items() if one.hopeless] == ["b"]


def test_shards_are_apart(store):
    """What happened on another shard is not counted here."""
    attempts.begin(store, KEYS, 1, ["a"])
    assert lost_fits(store) == {}


def test_a_fit_lost_too_often_is_told_and_forgiven(store):
    """With the fold, the trial and the nodes; a resumed run tries it anew, and what was its own fault stays known."""
    attempts.died(store, KEYS, 0, attempts.begin(store, KEYS, 0, ["a"], [(7, 1)]), "killed by SIGSEGV")
    for node in ["gpu-7"] * 4 + ["gpu-3"] * 2:
        attempts.begin(store, KEYS, 0, ["a"], [(7, 1)], WorkerPlace("pod", node))
    (lost,) = marks.forsaken(store, KEYS, [0])
    said = story([lost])
    assert "fold 1 of trial 7 was lost with its worker 6 times on gpu-7 (4), gpu-3 (2)" in said
    assert "kubectl cordon gpu-7" in said
    assert lost_fits(store) == {"a": LostFit(1, alone=True, how="killed by SIGSEGV")}
    assert marks.forsaken(store, KEYS, [0]) == []
