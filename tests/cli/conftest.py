"""A small study in a folder, and the command as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli import small

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
def tunejob(tmp_path: Path, environment: dict[str, str]) -> Command:
    """Runs the command to its end."""

    def run(*arguments: object, python: str = sys.executable, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-m", "job", *map(str, arguments)],
            cwd=tmp_path, env=environment | variables, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    return run
