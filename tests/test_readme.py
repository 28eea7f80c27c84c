"""The README's first study runs as it says."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
OURS = [line for line in COMMANDS if line.startswith("tunejob") and "manifests" not in line]


def test_the_first_study_runs_as_the_readme_says(tmp_path, forks):
    """Every `tunejob` command of "Try it", one after the other, in an empty folder."""
    assert [shlex.split(line)[1] for line in OURS] == ["init", "check", "plan", "run", "results", "fetch"]
    tunejob = Path(sys.executable).with_name("tunejob")
    for line in OURS:
        command = [tunejob, *shlex.split(line)[1:]]
        done = subprocess.run(
            command, cwd=tmp_path, env=os.environ | forks, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert (tmp_path / "my-results" / "model.keras").exists()
