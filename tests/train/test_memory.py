"""Memory stays flat over hundreds of fits: traced models are kept; where shapes never repeat, processes retire."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from measuring import unmeasured

from job.train import memory

HERE = Path(__file__).parent


def grown(way, kind, first, last):
    """One process: its (fit, resident MiB, models traced for ``fit``, way) for each fit it did."""
    path = os.pathsep.join([str(HERE.parent), str(HERE.parents[1])])
    with unmeasured():
        done = subprocess.run(
            [sys.executable, HERE / "growing.py", way, kind, str(first), str(last)],
            env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [(*map(int, line.split()[:3]), line.split()[3]) for line in done.stdout.splitlines()]


def test_many_fits_of_one_shape_need_no_more_than_thirty():
    """One model is traced for all; from fit 30 on, memory grows by less than what would be 100 MiB over 300 fits."""
    found = grown("fit", "one", 0, 120)
    assert len(found) == 120
    assert {models for _, _, models, _ in found} == {1}
    assert {way for *_, way in found} == {"fit"}
    assert found[-1][1] - found[29][1] <= 100 * 90 / 270


@pytest.mark.timeout(1200)  # each of the sixty is traced and compiled anew
@pytest.mark.parametrize("way", ["fit", "trainer"])
def test_fits_of_different_shapes_make_the_process_retire_in_time(way):
    """By ``fit`` or together, the process is replaced before it has grown by 100 MiB since fit 30, and goes on."""
    sizes, first, lives = [], 0, 0
    while first < 60:
        found = grown(way, "many", first, 60)
        assert {one[3] == "fit" for one in found} == {way == "fit"}
        sizes += [size for _, size, *_ in found]
        first, lives = found[-1][0] + 1, lives + 1
    assert len(sizes) == 60
    assert (2 if way == "fit" else 1) <= lives <= 8  # each model that ``fit`` traces stays for ever
    assert max(sizes) - sizes[29] <= 100
    assert max(sizes) <= 1.5 * min(sizes)


@pytest.mark.parametrize(("each", "most"), [(0, 300), (1, 111), (4, 51), (6, 44), (50, 7)])
def test_a_process_lives_as_long_as_its_fits_leave_little_behind(each, most, monkeypatch):
    """Starting with 700 MiB and leaving ``each`` MiB a fit: 80 MiB after 30 fits, or four tenths at once, end it."""
    sizes = (2**20 * (700 + each * done) for done in range(300))
    monkeypatch.setattr(memory, "resident", lambda: next(sizes))
    monkeypatch.setattr(memory, "_seen", memory._Seen())
    lived = next((done for done in range(1, 301) if memory.should_retire(1, 0)), 300)
    assert lived == most


def test_memory_is_told_in_bytes():
    """What the process holds is what its system says."""
    assert memory.resident() == pytest.approx(psutil.Process().memory_info().rss, rel=0.05)
