"""Each page of docs/howto does what it says: its blocks, in order, in an empty folder."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
PAGES = sorted(path.stem for path in HOWTO.glob("*.md"))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
FAILED = {"when-something-fails": 3}
"""Pages on which fits fail, and how many."""


def _run(line: str, folder: Path, forks: dict[str, str]) -> None:
    words = shlex.split(line, comments=True)
    programs = {"tunejob": [sys.executable, "-m", "job"], "python": [sys.executable]}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TUNEJOB_")} | forks
    alone = ["--workers", "1"] if words[:2] == ["tunejob", "run"] else []  # a second one would trace all again
    command = [*programs[words[0]], *words[1:], *alone]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def _do(text: str, folder: Path, forks: dict[str, str]) -> None:
    """Files are written, commands run, and a block that is neither must be there for reading alone."""
    for language, block in BLOCK.findall(text):
        if language == "sh":
            for line in block.splitlines():
                _run(line, folder, forks)
            continue
        named = re.match(r"# (\S+\.\w+)\n", block)
        assert named, f"a block without a file's name: {block[:60]}"
        table = named[1].endswith(".csv")
        (folder / named[1]).write_text(block.partition("\n")[2] if table else block)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_what_it_says(page, tmp_path, forks):
    """Its study runs to the end, and no fit fails but those that the page is about; or its scripts run."""
    text = (HOWTO / f"{page}.md").read_text()
    _do(text, tmp_path, forks)
    if "tunejob run" not in text:
        assert "\npython " in text
        return
    (best,) = tmp_path.rglob("best.json")
    told = json.loads(best.read_text())
    assert told["complete"]
    assert told["fits"]["failed"] == FAILED.get(page, 0)
