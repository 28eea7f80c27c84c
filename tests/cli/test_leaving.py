"""What a controller does when it is told to end."""

import os
import signal

import pytest
from launch import made
from launch.stub import Answer, in_turn, serving
from launch.stub import status as refused

from job.cli.leaving import Leaving
from job.results import status
from job.store import RunKeys, open_store

KEYS = RunKeys("wine", "wine-1")


class _Exited(BaseException):
    pass


@pytest.fixture
def leave(tmp_path, monkeypatch):
    """Tells a controller to end, in a cluster that answers so; returns whether its run is live afterwards."""

    def exited(code):
        raise _Exited(code)

    def told(answer):
        store = open_store(str(tmp_path))
        status.write(store, KEYS, "running")
        with serving(in_turn(answer)) as stub, pytest.raises(_Exited, match="143"):
            Leaving(stub.api(patience=0.0), made.job(), store, KEYS).now(signal.SIGTERM, None)
        return status.read(store, KEYS).is_live

    monkeypatch.setattr(os, "_exit", exited)
    before = signal.getsignal(signal.SIGALRM)
    yield told
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=made.job() | {"metadata": made.job()["metadata"] | {"deletionTimestamp": "2026-01-01T00:00:00Z"}}),
        Answer(body=made.job(uid="another")),
        refused(404, "not found"),
    ],
    ids=["going", "another by now", "gone"],
)
def test_a_cancelled_run_is_not_followed_any_more(leave, answer):
    """No controller comes after this one."""
    assert leave(answer) is False


@pytest.mark.parametrize("answer", [Answer(body=made.job()), refused(503, "away")], ids=["evicted", "not known"])
def test_a_run_whose_job_starts_another_controller_stays_live(leave, answer):
    """An evicted pod is replaced, and nobody should take the run for left."""
    assert leave(answer) is True
