"""Runs of different studies in one store know of each other."""

from datetime import UTC, datetime, timedelta

import pytest

from job.results import live, status
from job.store import RunKeys, open_store

HERE = RunKeys("wine", "wine-1")
OTHER = RunKeys("cars", "cars-1")


@pytest.fixture
def store(tmp_path):
    """A store with one run of another study, by a process of another machine."""
    found = open_store(str(tmp_path))
    _running(found, OTHER, "process 7 on another")
    return found


def _running(store, keys, by, ago=0.0):
    updated = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
    told = status.Status(state="running", updated=updated, by=by)
    store.write(keys.status, told.model_dump_json().encode())
    live.begin(store, keys)


def test_a_run_of_another_study_is_told_while_it_is_live(store):
    """Where it is, by its controller's name; of one's own study nothing, as that is told elsewhere."""
    live.begin(store, HERE)
    [(keys, found)] = live.others(store, "wine")
    assert live.told(keys, found) == "cars/cars-1 is running in this store too (process 7 on another)"
    assert list(live.others(store, "cars")) == []
    live.end(store, OTHER)
    assert list(live.others(store, "wine")) == []


def test_on_one_machine_they_take_their_time_from_each_other(store):
    """That is what a person wants to know."""
    _running(store, OTHER, status.own())
    [(keys, found)] = live.others(store, "wine")
    assert live.told(keys, found).endswith("on this machine too (" + status.own() + "); they slow each other down")


def test_marks_of_controllers_that_died_are_taken_away(store):
    """Silent for long: nobody is told, and the mark is gone."""
    _running(store, OTHER, "process 7 on another", ago=900.0)
    assert list(live.others(store, "wine")) == []
    assert store.list("_live") == []


def test_what_somebody_else_left_there_is_let_be(store):
    """No mark of ours: passed over."""
    store.write("_live/NOTES", b"mine")
    assert len(list(live.others(store, "wine"))) == 1
    assert any(entry.key == "_live/NOTES" for entry in store.list("_live"))
