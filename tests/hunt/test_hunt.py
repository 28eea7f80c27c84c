"""Studies drawn at random, and some rows of the tables, in groups and by plain Keras; ``make hunt`` does more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SEED = "1"
"""Where nobody gives another by ``HUNT_SEED``: what changes the code, and not chance, decides whether this passes."""


@pytest.mark.parametrize(("what", "minutes"), [("studies", 2.0), ("rows of the tables", 1.0)])
def test_groups_train_as_plain_keras_does(what, minutes, record_property):
    """As many as there is time for; the seed is printed, and the rows that are left out by name."""
    seed = os.environ.get("HUNT_SEED", SEED)
    tables = ["--tables"] if what == "rows of the tables" else []
    command = [sys.executable, "-m", "hunt", *tables, "--seed", seed, "--minutes", str(minutes)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    hunt = subprocess.run(
        command, cwd=Path(__file__).parent.parent, env=environment, text=True, capture_output=True, check=False
    )
    lines = hunt.stdout.splitlines()
    counted = [line for line in lines if " studies: " in line]
    told = [f"hunt of {what}, {minutes:g} min from seed {seed}", *counted[-1:], *lines[-1:] * bool(tables)]
    record_property("told", "; ".join(told))
    assert hunt.returncode == 0, hunt.stdout + hunt.stderr[-2000:]
    assert counted, hunt.stdout
    if tables:
        assert lines[-1].startswith("left out: "), hunt.stdout
