"""What each worker gets of the machine."""

import os

import pytest

from job.launch import local_machine


@pytest.fixture
def smi(tmp_path, monkeypatch):
    """A machine whose nvidia-smi lists so many GPUs."""

    def listing(gpus):
        lines = "\n".join(f"GPU {number}: NVIDIA L4 (UUID: GPU-{number})" for number in range(gpus))
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{lines}\nEND\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    return listing


def test_each_worker_has_a_gpu_of_its_own(smi):
    """With two GPUs there are two workers, one on each; more workers than GPUs share them in turn."""
    smi(2)
    assert local_machine.usual_workers() == 2
    assert [local_machine.share(number, 3)["CUDA_VISIBLE_DEVICES"] for number in range(3)] == ["0", "1", "0"]


@pytest.mark.parametrize(("visible", "gpus"), [("3,5", ["3", "5"]), ("GPU-a", ["GPU-a"]), ("", []), ("-1", [])])
def test_only_visible_gpus_are_used(smi, monkeypatch, visible, gpus):
    """CUDA_VISIBLE_DEVICES decides, and may hide them all."""
    smi(8)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert local_machine.gpus() == gpus
    assert local_machine.usual_workers() == (len(gpus) or min(4, len(os.sched_getaffinity(0))))


def test_cores_are_divided_evenly(monkeypatch):
    """Workers do not fight for cores; each has one at least."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    threads = [local_machine.share(0, workers)["TF_NUM_INTRAOP_THREADS"] for workers in (1, 2, 3, 20)]
    assert threads == ["8", "4", "2", "1"]
