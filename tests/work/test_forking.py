"""Fresh processes, forked from one that has imported all they need."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from job.work import forking

pytestmark = pytest.mark.skipif(not forking.possible(), reason="processes are forked on Linux alone")

PROGRAM = """
import os, signal, sys, time
from job.work import forking

def work(asked):
    print(os.getpid(), asked == forking.OTHERWISE, flush=True)
    word = sys.stdin.readline().strip()
    if word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "wait":
        time.sleep(600)
    return {"retire": forking.AGAIN, "change": forking.OTHERWISE}.get(word) or int(word)

sys.exit(forking.run(work, lambda: print("retired", flush=True)))
"""


@pytest.fixture
def process():
    """A process that forks others, each of which tells its number, reads a word and does what that says."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as found:
        yield found
        found.kill()


def say(process: "subprocess.Popen[str]", word: str) -> None:
    """Has the present one do something."""
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


def test_one_that_retires_is_followed_by_a_fresh_one(process):
    """In the same process for whoever watches, and of the kind it asked for; the last one's exit code is its own."""
    told = [process.stdout.readline().split()]
    for word in ("change", "change", "retire"):
        say(process, word)
        assert process.stdout.readline() == "retired\n"
        told.append(process.stdout.readline().split())
    say(process, "65")
    assert process.wait() == 65
    assert len({str(process.pid), *(number for number, _ in told)}) == 5
    assert [otherwise for _, otherwise in told] == ["False", "True", "True", "False"]


def test_a_death_by_a_signal_is_seen_by_whoever_watches(process):
    """As if there were but one process."""
    process.stdout.readline()
    say(process, "kill")
    assert process.wait() == -signal.SIGKILL


def test_a_signal_reaches_the_one_that_works(process):
    """SIGTERM ends it, and with it the one that waits."""
    process.stdout.readline()
    say(process, "wait")
    process.terminate()
    assert process.wait() == -signal.SIGTERM


def test_nobody_is_left_behind(process):
    """Killed, it takes the one that works along: the pipe that both write to closes."""
    number = int(process.stdout.readline().split()[0])
    say(process, "wait")
    process.kill()
    assert process.stdout.read() == ""
    assert not Path(f"/proc/{number}/exe").exists()
