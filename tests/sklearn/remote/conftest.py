"""Searches as users' own scripts run them, in processes of their own."""

import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def searched(tmp_path_factory, forks):
    """Runs a script beside a module ``nets`` to its end; its folder has nothing else, and its workers are forked."""

    def run(module, script):
        folder = tmp_path_factory.mktemp("search")
        (folder / "nets.py").write_text(module)
        (folder / "search.py").write_text(script)
        command, environment = [sys.executable, "search.py"], os.environ | forks
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done

    return run
