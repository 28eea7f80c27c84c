"""Workers as local processes: what each gets of the machine, and how they end; runs are tested with the command."""

import os

import pytest
from work.run import planned

from job.errors import TunejobError, UsageError
from job.launch import local
from job.launch.local import LocalLauncher, usual_workers
from job.store import RunKeys
from job.store.keys import prepared
from job.study import reading


@pytest.fixture
def smi(tmp_path, monkeypatch):
    """A machine whose nvidia-smi lists so many GPUs."""

    def machine(gpus):
        lines = "\n".join(f"GPU {number}: NVIDIA L4 (UUID: GPU-{number})" for number in range(gpus))
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{lines}\nEND\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    return machine


def test_each_worker_has_a_gpu_of_its_own(smi):
    """With two GPUs there are two workers, one on each; more workers than GPUs share them in turn."""
    smi(2)
    assert usual_workers() == 2
    assert [local._share(number, 3)["CUDA_VISIBLE_DEVICES"] for number in range(3)] == ["0", "1", "0"]


@pytest.mark.parametrize(("visible", "gpus"), [("3,5", ["3", "5"]), ("GPU-a", ["GPU-a"]), ("", []), ("-1", [])])
def test_only_visible_gpus_are_used(smi, monkeypatch, visible, gpus):
    """CUDA_VISIBLE_DEVICES decides, and may hide them all."""
    smi(8)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert local._gpus() == gpus
    assert usual_workers() == (len(gpus) or min(4, len(os.sched_getaffinity(0))))


def test_cores_are_divided_evenly(monkeypatch):
    """Workers do not fight for cores; each has one at least."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    threads = [local._share(0, workers)["TF_NUM_INTRAOP_THREADS"] for workers in (1, 2, 3, 20)]
    assert threads == ["8", "4", "2", "1"]


def test_a_store_that_lives_in_one_process_is_refused(tmp_path):
    """Workers are processes of their own."""
    with pytest.raises(UsageError, match=r"memory://x lives in one process.*use a folder"):
        LocalLauncher("memory://x", tmp_path, 1)


def test_a_worker_that_can_not_begin_is_told_with_its_own_words(tmp_path):
    """A real worker whose run is not in the store: its error reaches the controller, and nothing keeps running."""
    launcher = LocalLauncher(str(tmp_path / "runs"), tmp_path, 1)
    try:
        with pytest.raises(TunejobError, match="wine"):
            launcher.refit(RunKeys("wine", "wine-0123456789"))
        assert launcher._running == []
    finally:
        launcher.close()


def test_workers_that_began_ahead_do_the_shards(tmp_path):
    """Two are at hand when the plan is made, and no third is started; one more than there are shards ends by itself."""
    run = planned(tmp_path, {"units: [2, 3, 4]": "units: [2]"})
    launcher = LocalLauncher(run.url, tmp_path, 2, ahead=True)
    study = reading.read(tmp_path / "study.yaml")
    run.store.create(prepared(study.name, "0", "study.yaml"), reading.dump(study).encode())
    try:
        launcher.prepare(study, "0", measure=False)
        ahead = [worker.process.pid for worker in launcher._running]
        assert len(ahead) == 2
        said = [sentence for sentence in launcher.shards(run.keys, run.plan, run.shards) if sentence]
        assert said == []
        assert launcher._running == []
        assert len(run.lines()) == 1
    finally:
        launcher.stop()
        launcher.close()
