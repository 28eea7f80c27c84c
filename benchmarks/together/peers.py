"""The peers, each started as a process that prints what it found."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.together.clock import Clock
from benchmarks.together.given import Given
from benchmarks.together.timing import Timing
from benchmarks.together.workloads import fits

NAMES = {
    "keras": ("Keras `fit` in a loop", "keras", {}),
    "sklearn-1": ("scikit-learn, `n_jobs=1`", "sklearn", {"jobs": 1}),
    "sklearn-2": ("scikit-learn, `n_jobs=2`", "sklearn", {"jobs": 2}),
    "tuner": ("KerasTuner with folds", "tuner", {}),
}
"""For each peer: what it is, its name as a child, its options."""


def run(peer: str, given: Given, of: int) -> Timing:
    """Has a peer do a search, or a part of one of so many fits, and scales it."""
    _, child, options = NAMES[peer]
    clock = Clock()
    found = ask(child, given, **options)
    whole = clock.seconds
    scale = of / fits(given)
    return Timing(
        peer=peer,
        fits=fits(given),
        of=of,
        search=found["search"] * scale,
        whole=whole + found["search"] * (scale - 1),
        scores=found["scores"],
        more={"megabytes": found["megabytes"]} if "megabytes" in found else {},
    )


def bare_import() -> float:
    """Seconds of a process that imports TensorFlow, and does nothing else."""
    clock = Clock()
    subprocess.run([sys.executable, "-c", "import tensorflow"], capture_output=True, check=True)
    return clock.seconds


def ask(
    child: str, given: Given | None = None, environment: Mapping[str, str] | None = None, **options: int
) -> dict[str, Any]:
    """Runs one child to its end."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given.json"
        if given is not None:
            given.dump(path)
        arguments = [*([] if given is None else [str(path)]), *(f"{key}={value}" for key, value in options.items())]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.together.child", child, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", **(environment or {})},
        )
    if done.returncode:
        raise SystemExit(f"{child} failed:\n{done.stderr[-4000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
