"""A worker's process that dies amid its fits: replaced, with only what is missing done again."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest
from work import run as runs

from job.results import marks
from job.results.lost_fits import Sighting
from job.work import attempts

pytestmark = pytest.mark.usefixtures("forked")

KILL = "os.kill(os.getpid(), signal.{})"
AMID = "tell(); signal.pause()"
"""Tells its process and waits: to be killed, or told to stop, in the middle of a fit."""
ONCE = "os.path.exists('been') or (open('been', 'w').close(), tell(), signal.pause())"


def test_a_shard_is_done_and_not_done_again(tmp_path):
    """Every fit has its line, the shard is told once; a second worker finds nothing to do."""
    run = runs.planned(tmp_path)
    first = run.work(**runs.AS_IN_A_POD)
    assert (first.code, first.done) == (0, run.shards), run.log
    before = run.lines()
    assert [(line.trial, line.fold, line.error) for line in before] == [(0, 0, None), (1, 0, None), (2, 0, None)]
    again = run.work()
    assert (again.code, again.done) == (0, run.shards)
    assert run.lines() == before


def test_a_process_killed_amid_a_fit_is_replaced(tmp_path):
    """SIGKILL from outside: the fits before are kept as they are, the one in flight is done again, none has failed."""
    run = runs.harmful(tmp_path, ONCE)
    worker = run.start(TOLD=str(runs.pipe(tmp_path, "told")), **runs.AS_IN_A_POD)
    os.kill(int(runs.read(tmp_path / "told")), signal.SIGKILL)
    before = run.lines()
    ended = worker.end()
    assert (ended.code, ended.done) == (0, run.shards), run.log
    assert [line.trial for line in before] == [0]
    assert run.lines()[0] == before[0]
    assert [line.error for line in run.lines()] == [None] * 3


def test_a_worker_killed_whole_is_started_again(tmp_path):
    """SIGKILL of the worker of a `tunejob run`: another goes on, and what was stored before is kept as it was."""
    run = runs.harmful(tmp_path, ONCE)
    command = [sys.executable, "-m", "job", "run", "study.yaml", "--workers", "1"]
    environment = os.environ | {"TOLD": str(runs.pipe(tmp_path, "told"))}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        runs.read(tmp_path / "told")
        started = psutil.Process(process.pid).children()
        next(one for one in started if "--shards-from-input" in one.cmdline()).kill()
        before = run.lines()
        _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert "a worker was killed by signal 9; started again" in said
    assert [line.error for line in run.lines()] == [None] * 3
    assert all(line in run.lines() for line in before)
    assert (tmp_path / "runs/small/runs" / run.plan.run / "model.keras").exists()


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL"])
def test_a_fit_that_kills_its_process_twice_is_a_failed_fit(tmp_path, name):
    """The failure names the signal and how often; the fits before and after it have their scores."""
    run = runs.harmful(tmp_path, KILL.format(name))
    ended = run.work()
    assert (ended.code, ended.done) == (0, run.shards), run.log
    assert [line.error is None for line in run.lines()] == [True, False, True]
    failure = run.lines()[1].error
    assert failure.kind == "killed"
    assert failure.message.startswith(
        f"ended its worker 2 times, one of them while it trained alone: killed by {name} (exit code "
    )
    assert run.lines()[1].scores == {}


def test_a_worker_lost_whole_is_no_fits_fault(tmp_path):
    """Twice amid one fit, as when a node loses its power: nobody saw an end of the fit's own, and it is trained."""
    run = runs.harmful(tmp_path, "os.path.exists('quiet') or (tell(), signal.pause())")
    told = str(runs.pipe(tmp_path, "told"))
    for _ in range(2):
        worker = run.start("--pod", "uid", "--node", "gpu-7", TOLD=told)
        runs.read(tmp_path / "told")
        worker.process.kill()  # who watches dies first
        worker.end()
    (loss,) = run.lost_fits()
    assert (loss.deaths, loss.unseen, loss.nodes) == (0, 2, ("gpu-7", "gpu-7"))
    (tmp_path / "quiet").touch()
    ended = run.work()
    assert (ended.code, ended.done) == (0, run.shards), run.log
    assert [line.error for line in run.lines()] == [None] * 3


def test_a_container_that_ran_out_of_memory_twice_is_its_fits_fault(tmp_path):
    """What the controller saw of two pods, which no process in them could tell, counts as one that watches saw it."""
    run = runs.harmful(tmp_path, AMID)
    told = str(runs.pipe(tmp_path, "told"))
    for uid in ("one", "two"):
        worker = run.start("--pod", uid, "--node", "gpu-7", TOLD=told)
        runs.read(tmp_path / "told")
        worker.process.kill()
        worker.end()
        marks.sight(run.store, run.keys, run.shards[1], Sighting(uid, "gpu-7", "OOMKilled", disrupted=False))
    ended = run.work(TOLD=told)
    assert (ended.code, ended.done) == (0, run.shards), run.log
    assert "OOMKilled" in run.lines()[1].error.message
    assert [line.error is None for line in run.lines()] == [True, False, True]


def test_a_fit_lost_too_often_is_left_out(tmp_path):
    """After six losses that nobody saw it has no result, good or bad; all others have theirs."""
    run = runs.harmful(tmp_path, KILL.format("SIGSEGV"))
    fit = runs.identity(run, 1)
    for _ in range(6):
        attempts.begin(run.store, run.keys, run.shards[1], [fit])
    ended = run.work()
    assert (ended.code, ended.done) == (0, run.shards), run.log
    assert [line.trial for line in run.lines()] == [0, 2]


DEVICE = "CUDA_ERROR_ECC_UNCORRECTABLE: uncorrectable ECC error encountered"


@pytest.mark.parametrize(
    "harm",
    [
        f"import tensorflow as tf; raise tf.errors.InternalError(None, None, '{DEVICE}')",
        f"os.write(2, b'F0000 gpu_timer.cc:82] Check failed: {DEVICE}\\n'); os.abort()",
    ],
    ids=["raised", "aborted"],
)
def test_a_device_that_fails_ends_the_worker_and_blames_no_fit(tmp_path, harm):
    """Exit 75 without a result, whether TensorFlow raises or aborts; a worker with a better device trains the fit."""
    run = runs.harmful(tmp_path, harm)
    ended = run.work("--pod", "uid", "--node", "gpu-7")
    assert ended.code == 75, run.log
    assert "the device failed, not the fit" in ended.error
    assert DEVICE in ended.error
    assert [line.trial for line in run.lines()] == [0]
    (loss,) = run.lost_fits()
    assert (loss.deaths, loss.unseen, loss.nodes) == (0, 1, ("gpu-7",))
    assert DEVICE in loss.last
    (tmp_path / "harm.py").write_text(runs.CALLBACK.replace("HARM", "pass"))
    assert run.work().code == 0, run.log
    assert [line.error for line in run.lines()] == [None] * 3


def test_a_fit_out_of_a_devices_memory_is_a_failed_fit(tmp_path):
    """Memory is what the fit itself took."""
    run = runs.harmful(tmp_path, "raise RuntimeError('CUDA_ERROR_OUT_OF_MEMORY: out of memory')")
    assert run.work().code == 0, run.log
    assert [line.error is None for line in run.lines()] == [True, False, True]


def test_user_code_that_ends_the_process_is_told_with_its_exit_code(tmp_path):
    """``os._exit`` in a callback: even with exit code 0 no shard is taken for done."""
    run = runs.harmful(tmp_path, "os._exit(0)")
    ended = run.work()
    assert (ended.code, ended.done) == (0, run.shards), run.log
    assert "ended its process with exit code 0" in run.lines()[1].error.message
    assert [line.error is None for line in run.lines()] == [True, False, True]


def test_a_build_that_kills_its_process_fails_only_its_fits(tmp_path):
    """Before any group has begun: the fit whose model was being built is blamed, and the others train."""
    crash = "def build(units):\n    import os, signal\n    units == 3 and os.kill(os.getpid(), signal.SIGSEGV)\n"
    run = runs.planned(tmp_path, model=runs.MODEL.replace("def build(units):\n", crash))
    ended = run.work()
    assert (ended.code, ended.done) == (0, run.shards), run.log
    assert [line.error is None for line in run.lines()] == [True, False, True]
    assert "killed by SIGSEGV" in run.lines()[1].error.message


def test_two_workers_on_one_shard_do_no_harm(tmp_path):
    """Both end well, and every fit is there once."""
    run = runs.planned(tmp_path)
    both = [run.start(), run.start()]
    assert [worker.end().code for worker in both] == [0, 0], run.log
    assert [(line.trial, line.error) for line in run.lines()] == [(0, None), (1, None), (2, None)]


def test_what_a_newer_version_wrote_is_refused(tmp_path):
    """Exit 64 and how to update, as for every other file of a run, and no traceback."""
    run = runs.planned(tmp_path)
    facts = json.loads(run.store.read(run.keys.prepare))
    run.store.write(run.keys.prepare, json.dumps({**facts, "format": 2, "more": 1}).encode())
    ended = run.work()
    assert ended.code == 64
    assert f"{run.keys.prepare} has format 2" in ended.error
    assert "pip install --upgrade tunejob" in ended.error


def test_a_process_that_dies_before_any_fit_ends_the_worker(tmp_path):
    """Data that kills whoever loads it: after three tries exit 65, with the signal; no fit is blamed."""
    run = runs.planned(tmp_path)
    (tmp_path / "data.py").write_text("import os, signal\n\ndef load():\n    os.kill(os.getpid(), signal.SIGSEGV)\n")
    ended = run.work()
    assert ended.code == 65
    assert "killed by SIGSEGV" in ended.error
    assert "before it began a fit, 3 times" in ended.error
    assert run.lines() == []
