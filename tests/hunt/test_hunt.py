"""Studies drawn at random, in groups and by plain Keras; ``make hunt`` does more, ``make hunt-tables`` every row."""

import os
import subprocess
import sys
from pathlib import Path

SEED = "1"
"""Where nobody gives another by ``HUNT_SEED``: what changes the code, and not chance, decides whether this passes."""


def test_studies_train_in_groups_as_by_plain_keras(record_property):
    """As many as three minutes allow; the seed is printed."""
    seed = os.environ.get("HUNT_SEED", SEED)
    command = [sys.executable, "-m", "hunt", "--seed", seed, "--minutes", "3"]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    hunt = subprocess.run(
        command, cwd=Path(__file__).parent.parent, env=environment, text=True, capture_output=True, check=False
    )
    counted = [line for line in hunt.stdout.splitlines() if " studies: " in line]
    record_property(
        "told",
        "; ".join(
            [
                f"hunt of three minutes from seed {seed}",
                *counted[-1:],
                "left out: the rows of the tables, see make hunt-tables",
            ]
        ),
    )
    assert hunt.returncode == 0, hunt.stdout + hunt.stderr[-2000:]
    assert counted, hunt.stdout
