"""Pods at once that somebody asked for while a run goes on, and the Jobs that come after."""

from types import SimpleNamespace

import pytest
from launch import made, room
from launch.room import Room

from job.launch.cluster import names, queues
from job.plan import launches
from job.store import RunKeys

KEYS = RunKeys("wine", "wine-0123456789")
PLAN = SimpleNamespace(costs=[1.0] * 9)


def lost(to=None, **labels):
    """Somebody changes the Job, or its queue does; then only a pod on a lost node is left of it."""

    def end(following):
        job = following.view.job
        job["metadata"]["labels"] |= labels
        job["spec"]["parallelism"] = job["spec"]["parallelism"] if to is None else to
        pod = made.pod(deletionTimestamp="2026-01-01T00:00:00Z", uid=job["metadata"]["uid"])
        following.view.see_pod(pod)
        following.lost = [pod]

    return end


def complete(following):
    """All its shards are done."""
    job = following.view.job
    job["status"] = {"completedIndexes": f"0-{job['spec']['completions'] - 1}", **made.ended("Complete")}


def launched(monkeypatch, *ends, running=None):
    """The parallelism that each Job of nine shards was created with; one that is ``running`` has this one."""
    here, created = Room(), []
    create = here.create

    def noting(kind, body):
        made = create(kind, body)
        created.append(made["spec"]["parallelism"])
        return made

    monkeypatch.setattr(here, "create", noting)
    launcher, _ = room.launching(here, monkeypatch, *ends)
    if running is not None:
        launches.create(launcher.store, KEYS, 1, range(9))
        job = here.put("jobs", made.job(names.shards_job(KEYS.run, 1, 9)))
        job["metadata"]["labels"] = names.labels(KEYS.study, KEYS.run, "shards")
        job["spec"] |= {"completions": 9, "parallelism": running}
    list(launcher.shards(KEYS, PLAN, range(9)))
    launcher.refit(KEYS)
    return created


@pytest.mark.parametrize(
    ("ends", "created"),
    [
        ([lost(2), lost(), complete], [4, 2, 2]),
        ([lost(0), complete], [4, 0]),
        ([lost(2), lost(6), complete], [4, 2, 6]),
        ([lost(2), lost(4), lost(), complete], [4, 2, 4, 4]),
        ([lost(2, **{queues.QUEUE: "gpus"}), complete], [4, 4]),
    ],
    ids=["throttled", "paused", "twice", "and back", "a queue admits fewer"],
)
def test_the_next_job_has_what_the_last_one_was_changed_to(monkeypatch, ends, created):
    """A paused run does not start again by itself because a node was lost; the refit is one pod, and never paused."""
    assert launched(monkeypatch, *ends, complete) == [*created, 1]


def test_what_an_adopted_job_was_changed_to_holds_for_the_next(monkeypatch):
    """It was throttled while an earlier controller followed it."""
    assert launched(monkeypatch, lost(), complete, complete, running=3) == [3, 1]
