"""The README's commands do what it says, and its links lead somewhere; the other documents' links too."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *(ROOT / "docs").glob("*.md"),
    *ROOT.glob("examples/*/README.md"),
]
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
OURS = [line for line in COMMANDS if line.startswith("tunejob") and "manifests" not in line]


def test_the_first_study_runs_as_the_readme_says(tmp_path):
    """Every `tunejob` command of "Try it", one after the other, in an empty folder."""
    assert [shlex.split(line)[1] for line in OURS] == ["init", "check", "plan", "run", "results", "fetch"]
    tunejob = Path(sys.executable).with_name("tunejob")
    for line in OURS:
        command = [tunejob, *shlex.split(line)[1:]]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert (tmp_path / "my-results" / "model.keras").exists()


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make")])
def test_each_make_command_is_a_target(line):
    """Make knows what to do for each, with the words that the README uses."""
    done = subprocess.run(
        ["make", "--dry-run", *shlex.split(line)[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", [line for line in COMMANDS if "kubectl apply -k" in line])
def test_each_kustomization_is_there(line):
    """The folder that kubectl is given holds one."""
    assert (ROOT / line.rpartition(" ")[2] / "kustomization.yaml").is_file()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    """Every link to a file of the project."""
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", document.read_text())
    lost = [target for target in targets if not (document.parent / target).exists()]
    assert lost == []
