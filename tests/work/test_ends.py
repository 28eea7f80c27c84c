"""How a worker ends: told to stop, stuck, without what it needs; each with its exit code and a sentence."""

import os
import signal

import psutil
import pytest
from work import run as runs
from work.test_worker import AMID

from job.plan import launches

pytestmark = pytest.mark.usefixtures("forked")


def test_sigterm_keeps_what_is_finished_and_blames_nobody(tmp_path):
    """Exit 143; the fits before are stored, the one in flight is no failure later; no process is left."""
    run = runs.harmful(tmp_path, AMID)
    worker = run.start(TOLD=str(runs.pipe(tmp_path, "told")), **runs.AS_IN_A_POD)
    child = int(runs.read(tmp_path / "told"))
    worker.process.terminate()
    ended = worker.end()
    assert ended.code == 143
    assert "SIGTERM" in ended.error
    assert [line.trial for line in run.lines()] == [0]
    assert run.lost_fits() == []
    assert not psutil.pid_exists(child)


def test_a_fit_that_has_trained_is_stored_though_told_to_stop(tmp_path):
    """SIGTERM while scoring: the result is stored all the same."""
    # preparing calls it too, where nobody listens
    scorer = (
        "\ndef score(estimator, X, y):\n    if 'TOLD' in os.environ:\n        tell()\n        hear()\n    return 1.0\n"
    )
    one = {"units: [2, 3, 4]": "units: [2]", "cv:": "scoring: ['harm:score']\ncv:"}
    run = runs.planned(tmp_path, one, harm=runs.CALLBACK + scorer)
    told, heard = runs.pipe(tmp_path, "told"), runs.pipe(tmp_path, "heard")
    worker = run.start(TOLD=str(told), HEARD=str(heard))
    os.kill(int(runs.read(told)), signal.SIGTERM)
    runs.write(heard)
    assert worker.end().code == 0, run.log
    assert [line.scores for line in run.lines()] == [{"harm:score": 1.0}]


def test_a_process_whose_watcher_was_killed_ends_by_itself(tmp_path):
    """Or another would do its work as well."""
    run = runs.harmful(tmp_path, AMID)
    worker = run.start(TOLD=str(runs.pipe(tmp_path, "told")), **runs.AS_IN_A_POD)
    child = psutil.Process(int(runs.read(tmp_path / "told")))
    worker.process.kill()
    child.wait(60)
    assert worker.end().code == -signal.SIGKILL


def test_a_stuck_worker_is_ended_with_the_stacks_in_its_log(tmp_path):
    """Exit 70 after that long a silence; the log shows where it was stuck, the store what it was at."""
    run = runs.harmful(tmp_path, "while True: signal.pause()")
    ended = run.work("--stall", "6")
    assert ended.code == 70
    assert "gave no sign of life for" in ended.error
    assert "raise `stall` in the study's `cluster`" in ended.error
    assert 'harm.py", line' in run.log
    assert "in on_epoch_end" in run.log
    (loss,) = run.lost_fits()
    assert (loss.deaths, loss.alone) == (1, True)
    assert "gave no sign of life" in loss.how


@pytest.mark.parametrize("asked", ["--require-gpu", "TUNEJOB_REQUIRE_GPU"])
def test_without_the_gpu_that_was_asked_for(tmp_path, asked):
    """Exit 76 before anything is trained, with what a pod needs."""
    run = runs.planned(tmp_path)
    if asked.startswith("--"):
        ended = run.work(asked, CUDA_VISIBLE_DEVICES="-1")
    else:
        ended = run.work(CUDA_VISIBLE_DEVICES="-1", **{asked: "1"})
    assert ended.code == 76
    assert "nvidia.com/gpu" in ended.error
    assert run.lines() == []


def test_a_module_that_is_not_installed_is_named_with_the_remedy(tmp_path):
    """Exit 64 from the worker's own process: an image may lack what the laptop had."""
    run = runs.planned(tmp_path)
    (tmp_path / "model.py").write_text("import no_such_library\n" + runs.MODEL)
    ended = run.work()
    assert ended.code == 64
    assert "`no_such_library` is not installed here" in ended.error
    assert "pip install no_such_library" in ended.error
    assert "make image REQUIREMENTS" in ended.error
    assert "Traceback" not in ended.error


def test_what_was_not_prepared_is_told(tmp_path):
    """A run that is not in the store: exit 69 with the key."""
    run = runs.planned(tmp_path)
    run.store.delete(run.keys.folds)
    ended = run.work()
    assert ended.code == 69
    assert run.keys.folds in ended.error


def test_a_pod_does_the_shard_of_its_completion_index(tmp_path):
    """The launch's list turns the index into a shard; without an index it says what to do."""
    run = runs.planned(tmp_path)
    launches.create(run.store, run.keys, 3, run.shards[1:])
    done = run.work("--attempt", "3", fed=False, JOB_COMPLETION_INDEX="1", **runs.AS_IN_A_POD)
    assert (done.code, done.done) == (0, run.shards[2:]), run.log
    assert [(line.trial, line.attempt) for line in run.lines()] == [(2, 3)]
    lost = run.work("--attempt", "3", fed=False, JOB_COMPLETION_INDEX="")
    assert lost.code == 64
    assert "JOB_COMPLETION_INDEX" in lost.error


@pytest.mark.parametrize(("harm", "said"), [("sys.exit(3)", "SystemExit"), ("raise KeyError(7)", "KeyError: 7")])
def test_fits_that_end_by_an_exception_cost_no_process(tmp_path, harm, said):
    """Whatever a callback raises fails its own fit."""
    run = runs.harmful(tmp_path, harm)
    assert run.work().code == 0, run.log
    failure = run.lines()[1].error
    assert said in f"{failure.kind}: {failure.message}"
    assert [line.error is None for line in run.lines()] == [True, False, True]
    assert len(run.store.list(run.keys.attempts_prefix)) == 3
