"""Studies drawn at random, and a share of the tables' rows, in groups and by plain Keras; ``make hunt`` does more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("what", "minutes"),
    [(["--minutes", "3"], 3), (["--tables", "--minutes", "2"], 2)],
    ids=["draws", "rows of the tables"],
)
def test_studies_train_in_groups_as_by_plain_keras(what, minutes, record_property):
    """As many as some minutes allow; the seed is printed, and ``HUNT_SEED`` gives it again."""
    seed = ["--seed", os.environ["HUNT_SEED"]] if "HUNT_SEED" in os.environ else []
    command = [sys.executable, "-m", "hunt", *what, *seed]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    hunt = subprocess.run(
        command, cwd=Path(__file__).parent.parent, env=environment, text=True, capture_output=True, check=False
    )
    lines = hunt.stdout.splitlines()
    found = [line for line in lines if line.startswith(("seed ", "left out: "))]
    counted = [line for line in lines if " studies: " in line]
    record_property("told", "; ".join([f"hunt of {minutes} minutes", found[0], *counted[-1:], *found[1:]]))
    assert hunt.returncode == 0, hunt.stdout + hunt.stderr[-2000:]
    assert " same" in counted[-1]
