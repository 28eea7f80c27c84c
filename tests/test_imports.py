"""The rules of imports in pyproject.toml: kept by the package, and broken by what they are to forbid."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder):
    """Check the package in a folder by that folder's pyproject.toml; return the exit code and what was said."""
    done = subprocess.run([LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_rooms_import_only_what_they_may():
    """The package keeps every rule."""
    code, told = lint(ROOT)
    assert (code, "0 broken" in told) == (0, True), told


@pytest.mark.parametrize(
    ("room", "forbidden", "rule"),
    [
        ("store", "import job.cli.main", "nothing imports the command"),
        ("train", "import job.launch.local", "Arrows between rooms"),
        ("results", "import job.train.order", "Arrows between rooms"),
        ("launch", "import job.train.order", "never sees what trains"),
        ("controller", "import job.work.child", "never sees what trains"),
        ("data", "import keras", "TensorFlow is for training alone"),
        ("work", "import kubernetes", "The API server is reached by one room"),
        ("plan", "import obstore", "Object storage is reached by one room"),
        ("a_new_room", "import job.errors", "Arrows between rooms"),
    ],
)
def test_an_import_against_the_arrows_is_seen(room, forbidden, rule, tmp_path):
    """One line in the wrong room, or a room that has no place yet, breaks a rule that names it."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "job", tmp_path / "job", ignore=shutil.ignore_patterns("__pycache__", "*.html", "*.js"))
    module = tmp_path / "job" / room / "wrong.py" if room != "controller" else tmp_path / "job" / "controller.py"
    module.parent.mkdir(exist_ok=True)
    (module.parent / "__init__.py").touch()
    with module.open("a") as source:
        source.write(f"\n{forbidden}\n")
    code, told = lint(tmp_path)
    assert code == 1
    assert any(rule in line and line.endswith("BROKEN") for line in told.splitlines()), told
