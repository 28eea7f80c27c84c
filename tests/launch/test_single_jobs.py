"""Jobs of one index, which prepare or train the best trial, where their pods don't end by themselves."""

from types import SimpleNamespace

import pytest
from launch import made, room
from launch.room import Room

from job.errors import DataError, Incomplete, NotPermittedError
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
    pod["metadata"]["labels"][names.JOB_UID] = following.owner.uid
    following.view.see_pod(pod)
    following.lost = [pod]


def beside(code, name="one", **meta):
    """Its worker ended with a code, and something beside it goes on."""

    def end(following):
        pod = made.died(code, "no such rows", name=name)
        pod["status"]["phase"] = "Running"
        pod["status"]["containerStatuses"].append({"name": "proxy", "state": {"running": {}}})
        pod["metadata"] |= meta
        pod["metadata"]["labels"][names.JOB_UID] = following.owner.uid
        following.view.see_pod(pod)
        following.lost = [pod]

    return end


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


def test_a_worker_that_succeeded_beside_what_goes_on_is_done(monkeypatch):
    """What is beside it goes with the Job."""
    here = Room()
    launcher, _ = room.launching(here, monkeypatch, beside(0))
    launcher.refit(KEYS)
    assert here.done[1:] == [f"delete {names.refit_job(KEYS.run, 1)} Foreground"]


@pytest.mark.parametrize("meta", [{}, {"deletionTimestamp": "2026-01-01T00:00:00Z"}])
def test_a_worker_that_was_stopped_beside_what_goes_on_is_tried_again(monkeypatch, meta):
    """Ended by SIGTERM, it left no model: another Job does it, and that one's end is the run's."""
    here = Room()
    launcher, _ = room.launching(here, monkeypatch, beside(143, **meta), complete)
    launcher.refit(KEYS)
    assert [one for one in here.done if one.startswith("create")] == [
        f"create {names.refit_job(KEYS.run, number)}" for number in (1, 2)
    ]


def test_a_worker_that_fails_beside_what_goes_on_raises_its_error(monkeypatch):
    """Its code is the run's, and nothing of the Job is left."""
    here = Room()
    launcher, _ = room.launching(here, monkeypatch, beside(65))
    with pytest.raises(DataError, match="no such rows"):
        launcher.refit(KEYS)
    assert here.done[-1].startswith("delete")


@pytest.mark.parametrize(("ran", "goes"), [(True, 0), (False, 1)])
def test_a_right_that_we_lack_ends_no_worker_that_runs(monkeypatch, ran, goes):
    """The right may come back, and the next controller adopts the Job; one that never ran would start unwatched."""
    here = Room()

    def refused(following):
        following.view.ran = ran
        raise NotPermittedError("we may not list pods.")

    launcher, _ = room.launching(here, monkeypatch, refused)
    with pytest.raises(NotPermittedError):
        launcher.refit(KEYS)
    assert here.done[1:] == [f"delete {names.refit_job(KEYS.run, 1)} Foreground"] * goes


def test_a_worker_that_is_stopped_again_and_again_is_given_up(monkeypatch):
    """A probe that fails each time is told after six of them, though each was in a Job of its own."""
    here = Room()
    launcher, _ = room.launching(here, monkeypatch, *(beside(143, f"pod-{number}") for number in range(9)))
    with pytest.raises(Incomplete, match="6 workers, the last of them pod-5, ended because something sent SIGTERM"):
        launcher.refit(KEYS)
