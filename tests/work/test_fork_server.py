"""One import of TensorFlow for all workers of a machine, and processes forked from it that are held as one's own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from work import run as runs

from job.errors import TunejobError
from job.launch.local_forks import ForkServer
from job.work import forked, forking
from job.work.child import Child
from job.work.forked import Forked
from job.work.orders import Orders

pytestmark = pytest.mark.skipif(not forking.possible(), reason="processes are forked on Linux alone")

WITNESS = """
import os, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "tensorflow":
            with open(os.environ["WITNESSED"], "a") as file:
                file.write(f"{os.getpid()}\\n")

sys.meta_path.insert(0, Finder())
"""
"""Writes down which processes import TensorFlow."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server, as the local launcher starts it."""
    found = ForkServer.start({}, tmp_path_factory.mktemp("log") / "log")
    yield found
    found.close()


def begun(server: ForkServer, store: Path) -> Child:
    """A forked process that waits for a run's name."""
    orders = Orders(store=str(store), study="small", code=str(store), task="shards")
    return Child.start(orders, {**os.environ, **server.environment})


def test_an_end_is_told_as_by_a_process_of_ones_own(server, tmp_path):
    """Nothing to do: exit code 0, and its pipe for events has closed."""
    child = begun(server, tmp_path)
    assert isinstance(child.process, Forked)
    assert child.process.poll() is None
    child.feed(None)
    assert [event for event in child.events() if event] == []
    assert child.process.wait() == 0
    assert child.process.poll() == 0


def test_a_death_by_a_signal_is_told(server, tmp_path):
    """By its number, as ``Popen`` has it; others that were forked live on."""
    first, second = begun(server, tmp_path), begun(server, tmp_path)
    first.process.kill()
    assert first.process.wait() == -signal.SIGKILL
    assert second.process.poll() is None
    second.process.terminate()
    assert second.process.wait() == -signal.SIGTERM


def test_waiting_has_a_limit(server, tmp_path):
    """A process that goes on raises what ``Popen`` raises."""
    child = begun(server, tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        child.process.wait(0.01)
    child.end()
    assert child.process.returncode == -signal.SIGTERM


def test_a_process_whose_watcher_is_gone_ends(server, tmp_path):
    """Its input closes: it can't know who does its work from now on."""
    child = begun(server, tmp_path)
    child.process.stdin.close()
    assert child.process.wait() == 70


@pytest.mark.parametrize("address", ["", "/nowhere/at/all"])
def test_without_a_server_there_is_nothing_to_hold(address, tmp_path):
    """Then a worker starts a process that imports by itself."""
    orders = Orders(store=str(tmp_path), study="small", code=str(tmp_path), task="shards")
    reading, writing = os.pipe()
    assert Forked.start(orders, {forked.ADDRESS: address}, writing, 2) is None
    os.close(reading)
    os.close(writing)


def test_a_server_that_can_not_import_is_no_server(tmp_path):
    """As where TensorFlow is not installed: who asks is told so by a closed connection."""
    (tmp_path / "tensorflow.py").write_text("raise ImportError('no TensorFlow here')")
    found = ForkServer.start({"PYTHONPATH": str(tmp_path)}, tmp_path / "log")
    orders = Orders(store=str(tmp_path), study="small", code=str(tmp_path), task="shards")
    reading, writing = os.pipe()
    assert Forked.start(orders, found.environment, writing, 2) is None
    os.close(reading)
    os.close(writing)
    found.close()
    assert "no TensorFlow here" in (tmp_path / "log").read_text()


def test_a_run_imports_tensorflow_once(tmp_path):
    """Preparing, two workers and the refit, of the whole command: one process imported it, and the run is complete."""
    (tmp_path / "sitecustomize.py").write_text(WITNESS)
    folder = tmp_path / "study"
    folder.mkdir()
    for name, text in (("model.py", runs.MODEL), ("data.py", runs.DATA), ("study.yaml", runs.STUDY)):
        (folder / name).write_text(text)
    told = {"PYTHONPATH": str(tmp_path), "WITNESSED": str(tmp_path / "witnessed")}
    command = [sys.executable, "-m", "job", "run", str(folder / "study.yaml"), "--workers", "2"]
    done = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "witnessed").read_text().split()) == 1
    assert list(folder.rglob("model.keras"))


def test_a_server_that_is_killed_leaves_nobody_behind(server, tmp_path):
    """Nobody can tell any more how its processes end: they are ended, and that is said; the last of these tests."""
    child = begun(server, tmp_path)
    server.process.kill()
    with pytest.raises(TunejobError, match="ended from outside"):
        child.process.wait()
    assert not list(child.events())
