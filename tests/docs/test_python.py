"""docs/python.md does what it says: its blocks, in order, in one namespace."""

import os
import re
import subprocess
import sys
from pathlib import Path

from cli import small

PAGE = Path(__file__).parents[2] / "docs" / "python.md"


def test_every_block_of_the_page_runs(tmp_path, forks):
    """As one script, in a folder with a study."""
    small.write(tmp_path / "study")
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) > 5
    (tmp_path / "study" / "page.py").write_text("\n".join(blocks))
    done = subprocess.run(
        [sys.executable, "page.py"],
        cwd=tmp_path / "study", env=os.environ | forks, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("{'") >= 4
