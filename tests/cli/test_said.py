# ruff: noqa: RUF001  # the signs themselves are meant
"""Output breaks nothing: neither a character that a stream lacks nor a stream that is closed."""

import os
import subprocess
import sys

import pytest

SOURCE = """
import sys
from job.cli import said
said.patiently()
for _ in range(3):
    sys.stdout.write("accuracy 0.9 ± 0.1 × 3 → … ─ 一\\n" * 3000)
    said.now("8 trials × 2 folds")
sys.stdout.flush()
sys.exit(7)
"""


def ran(source: str = SOURCE, **more):
    """A process that says something, to its end."""
    return subprocess.run([sys.executable, "-c", source], check=False, timeout=60, **more)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_a_stream_that_lacks_a_character_gets_another(encoding):
    """Signs become letters of the same meaning, anything else a question mark; what can be written is."""
    done = ran(env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True)
    line = done.stdout.decode(encoding).splitlines()[0]
    assert done.returncode == 7
    wanted = {
        "ascii": "accuracy 0.9 +/- 0.1 x 3 -> ... - ?",
        "cp1252": "accuracy 0.9 ± 0.1 × 3 -> … - ?",
        "latin-1": "accuracy 0.9 ± 0.1 × 3 -> ... - ?",
        "utf-8": "accuracy 0.9 ± 0.1 × 3 → … ─ 一",
    }
    assert line == wanted[encoding]
    assert done.stderr.decode(encoding).startswith("8 trials x 2" if encoding == "ascii" else "8 trials × 2")


def test_a_reader_that_is_gone_is_let_be():
    """`tunejob … | head -1` ends head, not the run: it goes on to its own exit code, without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = ran(stdout=pipe, stderr=subprocess.PIPE)
    assert done.returncode == 7
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_were_closed_before_are_let_be(closed, tmp_path):
    """Standard output or error that is closed when the command begins."""
    (tmp_path / "say.py").write_text(SOURCE)
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" "{tmp_path / "say.py"}" {closed}'],
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 7
    assert b"Traceback" not in done.stderr + done.stdout
