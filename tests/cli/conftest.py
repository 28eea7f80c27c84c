"""A small study in a folder, and the command as a process of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli import small

WORKING = ("run", "check", "plan")
"""Verbs that start workers."""

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a study that runs in seconds: 4 trials over 2 folds."""
    return small.write(tmp_path / "a study")


@pytest.fixture
def environment() -> dict[str, str]:
    """This process's environment without what would change where runs go."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TUNEJOB_STORE")}


@pytest.fixture
def tunejob(tmp_path: Path, environment: dict[str, str], request: pytest.FixtureRequest) -> Command:
    """Runs the command to its end; its workers need not import TensorFlow."""

    def run(*arguments: object, python: str = sys.executable, **variables: str) -> subprocess.CompletedProcess[str]:
        if python == sys.executable and arguments[0] in WORKING:  # of another Python nothing can be forked
            variables = request.getfixturevalue("forks") | variables
        return subprocess.run(
            [python, "-m", "job", *map(str, arguments)],
            cwd=tmp_path, env=environment | variables, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory: pytest.TempPathFactory, forks: dict[str, str]) -> Path:
    """A folder with a study that has run once; tests copy it."""
    folder = small.write(tmp_path_factory.mktemp("finished"))
    command = [sys.executable, "-m", "job", "run", str(folder / "study.yaml")]
    subprocess.run(command, env=os.environ | forks, check=True, capture_output=True)
    return folder


@pytest.fixture
def finished(finished_once: Path, tmp_path: Path) -> Path:
    """A finished run of one's own."""
    return shutil.copytree(finished_once, tmp_path / "study")
