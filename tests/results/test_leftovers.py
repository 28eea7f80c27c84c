"""What killed commands left in a store: old things are found, young ones and runs are not."""

from uuid import uuid4

import pytest

from job.results import leftovers
from job.store import RunKeys, nonces, open_store
from job.store.keys import prepared, searched

YESTERDAY = nonces.DAY + 60


@pytest.fixture
def store():
    """A store of its own."""
    return open_store(f"memory://{uuid4().hex}")


def aged(seconds):
    """A nonce made so long ago."""
    made = int(nonces.fresh()[8:], 16)
    return nonces.of("some controller", made - seconds)


def test_what_is_older_than_a_day_is_left_over(store):
    """Of one study; a young preparation may still be under way, and runs are nobody's leftovers."""
    old, young, unknown = aged(YESTERDAY), nonces.fresh(), "0123456789abcdef0123456789abcdef"
    for nonce in (old, young, unknown):
        store.create(prepared("wine", nonce, "study.yaml"), b"x")
    store.create(prepared("other", old, "study.yaml"), b"x")
    store.create(RunKeys("wine", "wine-0123456789").plan, b"x")
    found = set(leftovers.of_study(store, "wine"))
    assert found == {prepared("wine", nonce, "study.yaml") for nonce in (old, unknown)}


def test_rows_of_searches_stay_while_a_run_may_use_them(store):
    """Rows and folds lie beside a study's runs, for all of them: with the last one they are left over."""
    rows, folds = searched("grid-search", "a" * 64, "rows.npz"), searched("grid-search", "b" * 64, "folds.npz")
    under_way = prepared("grid-search", nonces.fresh(), "study.yaml")
    run = RunKeys("grid-search", "grid-search-0123456789").plan
    for key in (rows, folds, under_way, run, searched("other", "c" * 64, "rows.npz")):
        store.create(key, b"x")
    assert not list(leftovers.of_searches(store, "grid-search"))
    store.delete(under_way)
    assert not list(leftovers.of_searches(store, "grid-search"))
    store.delete(run)
    assert set(leftovers.of_searches(store, "grid-search")) == {rows, folds}


def test_probes_are_left_over_too(store):
    """Trying a store writes an object, which a kill leaves there."""
    store.create(f".tunejob-probe/{aged(YESTERDAY)}", b"x")
    store.create(f".tunejob-probe/{nonces.fresh()}", b"x")
    assert [key.split("/")[0] for key in leftovers.of_probes(store)] == [".tunejob-probe"]


def test_a_controllers_nonce_is_the_same_for_all_that_take_its_place():
    """It comes from the Job's identity and time alone, and differs between Jobs."""
    assert nonces.of("uid-1", 1_800_000_000.0) == nonces.of("uid-1", 1_800_000_000.9)
    assert nonces.of("uid-1", 1_800_000_000.0) != nonces.of("uid-2", 1_800_000_000.0)
    assert nonces.age(nonces.fresh()) < 60
    assert nonces.age("no nonce of ours") == float("inf")
