"""The check of a GPU, run on whatever there is with tiny numbers."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_check_of_a_gpu_runs_whole_with_tiny_numbers(tmp_path):
    """It writes one JSON that has every part, and says what it was measured on."""
    file = tmp_path / "gpu.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "gpu.py"), str(file), "--tiny"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(file.read_text(encoding="utf-8"))
    whole, without = found["with_autotuner"], found["without_autotuner"]
    assert whole["device"]["kind"] in {"CPU", "GPU"}
    assert set(whole["one_step"]) == {"keras_ms", "graph_ms", "xla_ms"}
    assert [row["fits"] for row in whole["groups"]] == [1, 2]
    assert whole["sameness"]["predictions"] < 1e-4
    assert set(without["compiling_seconds"]) == {"1", "2"}
    assert "fit_steps_per_second" in ended.stdout
