"""Memory stays flat over hundreds of fits: traced models are kept; where shapes never repeat, processes retire."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from job.train import memory

HERE = Path(__file__).parent


def grown(kind, first, last):
    """One process: its (fit, resident MiB, models traced) for each fit it did."""
    done = subprocess.run(
        [sys.executable, HERE / "growing.py", kind, str(first), str(last)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE.parents[1])])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [tuple(map(int, line.split())) for line in done.stdout.splitlines()]


def test_three_hundred_fits_of_one_shape_need_no_more_than_thirty():
    """One model is traced for all, and resident memory after the last is within 100 MiB of that after fit 30."""
    found = grown("one", 0, 300)
    assert len(found) == 300
    assert {models for _, _, models in found} == {1}
    assert found[-1][1] - found[29][1] <= 100


def test_fits_of_different_shapes_make_the_process_retire_in_time():
    """Each fit traces its own model; the process asks to be replaced before it has grown by 100 MiB, and goes on."""
    sizes, first, lives = [], 0, 0
    while first < 60:
        found = grown("many", first, 60)
        sizes += [size for _, size, _ in found]
        first, lives = found[-1][0] + 1, lives + 1
    assert len(sizes) == 60
    assert 2 <= lives <= 8
    assert max(sizes) - sizes[29] <= 100
    assert max(sizes) - min(sizes) <= 130


def test_memory_is_told_in_bytes():
    """What the process holds is what its system says."""
    psutil = pytest.importorskip("psutil")
    assert memory.resident() == pytest.approx(psutil.Process().memory_info().rss, rel=0.05)
