"""Jobs of one index, which prepare or train the best trial, where their pods don't end by themselves."""

from types import SimpleNamespace

import pytest
from launch import made, room
from launch.room import Room

from job.errors import Incomplete
from job.launch.cluster import jobs, names
from job.store import RunKeys

KEYS = RunKeys("wine", "wine-0123456789")
STUDY = SimpleNamespace(name="wine")
PREPARE = "wine-prepare-0a1b2c3d"


def complete(following):
    """The Job is complete."""
    following.view.job = {**following.view.job, "status": made.ended("Complete")}


def lost(following):
    """Its only pod is on a lost node."""
    pod = made.pod(deletionTimestamp="2026-01-01T00:00:00Z")
    following.view.see_pod(pod)
    following.lost = [pod]


def refit(number, **meta):
    """A Job that trains the best trial."""
    found = made.job(names.refit_job(KEYS.run, number), uid=f"r{number}")
    found["metadata"] |= {"labels": names.labels(KEYS.study, KEYS.run, "refit"), **meta}
    return found


def test_a_refit_on_a_lost_node_is_launched_again(monkeypatch):
    """Its Job goes, without waiting for the pod, and the next number takes its place: nobody has to submit again."""
    here = Room()
    launcher, said = room.launching(here, monkeypatch, lost, complete)
    launcher.refit(KEYS)
    first, second = (names.refit_job(KEYS.run, number) for number in (1, 2))
    assert here.done == [f"create {first}", f"delete {first} Background", f"create {second}"]
    assert said == [f"launching another Job to refit, in the place of {first}"]


def test_a_stuck_refit_that_is_adopted_is_launched_again(monkeypatch):
    """One that another controller left on a lost node does not end this one too."""
    here = Room()
    here.put("jobs", refit(1, deletionTimestamp="2026-01-01T00:00:00Z"))
    here.put("jobs", refit(2))
    launcher, _ = room.launching(here, monkeypatch, lost, complete)
    launcher.refit(KEYS)
    second, third = (names.refit_job(KEYS.run, number) for number in (2, 3))
    assert here.done == [f"patch {second}", f"delete {second} Background", f"create {third}"]


def test_a_preparation_on_a_lost_node_is_launched_again_under_its_name(monkeypatch):
    """Once the old Job is gone."""
    here = Room()
    launcher, said = room.launching(here, monkeypatch, lost, complete)
    launcher.prepare(STUDY, "0a1b2c3d4e5f", measure=False)
    assert here.done == [f"create {PREPARE}", f"delete {PREPARE} Background", f"create {PREPARE}"]
    assert said == [f"launching another Job to prepare, in the place of {PREPARE}"]


def test_a_preparation_whose_old_job_does_not_go_says_what_holds_it(monkeypatch):
    """It would be adopted again and again."""
    monkeypatch.setattr(jobs, "GOING", 0.0)
    here = Room(held=True)
    launcher, _ = room.launching(here, monkeypatch, lost, complete)
    with pytest.raises(Incomplete, match=rf"the Job {PREPARE} is being deleted; look at it: .* Then submit again"):
        launcher.prepare(STUDY, "0a1b2c3d4e5f", measure=False)
