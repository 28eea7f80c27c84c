"""Memory of a whole run on large rows that are memory-mapped; fails beyond 1.5 times the rows and 1 GB.

    python -m benchmarks.rows [--megabytes 1000] [--seconds 240]

Writes rows as X.npy and y.npy, and has ``tunejob run`` search 1,000 trials of five folds on them with two workers. All
its processes are looked at four times a second: what memory each has to itself, and its part of what several share
(PSS, as Linux tells it), added up. The run is stopped after some seconds, since what it holds then is what it holds for
hours. Prints the most that was held, before training and while fits were trained, and writes it to
benchmarks/results/rows.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import numpy as np

from benchmarks.together import kept

_COLUMNS = 250
_EVERY = 0.25  # seconds
_ROWS, _REST = 1.5, 1000.0
"""Times the rows, and megabytes beside, that all processes may hold together."""
_KEPT = Path(__file__).parent / "results/rows.json"

_STUDY = """
name: rows
model: model:build
data: [X.npy, y.npy]
search: {random: {trials: 1000, seed: 0}}
space:
  units: [16, 32]
  learning_rate: {loguniform: [1.0e-4, 1.0e-1]}
cv: 5
scoring: accuracy
refit: false
limits: {run: SECONDS}
fit: {epochs: 1, batch_size: 1024}
"""

_MODEL = '''
"""One hidden layer."""

import keras


def build(units, learning_rate):
    hidden, out = keras.layers.Dense(units, activation="relu"), keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((COLUMNS,)), hidden, out])
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
'''


def main() -> int:
    """Measures; 1 beyond the bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000, help="of rows")
    parser.add_argument("--seconds", type=int, default=240, help="after which the run is stopped")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, options.megabytes, options.seconds)
        found = watched(folder)
    bar = _ROWS * options.megabytes + _REST
    most = max(found.values())
    print(f"rows: {options.megabytes:,} MB; processes together, at most: {most:,.0f} MB; bar: {bar:,.0f} MB")
    for stage, held in found.items():
        print(f"  {stage}: {held:,.0f} MB")
    told = {"machine": kept.described(), "megabytes": options.megabytes, "seconds": options.seconds, "held": found}
    _KEPT.write_text(json.dumps(told, indent=1) + "\n")
    if "training" not in found:
        print("no fit was trained in that time")
        return 1
    return 1 if most > bar else 0


def write(folder: Path, megabytes: int, seconds: int) -> None:
    """Writes the study, its model and its rows, the latter a part at a time."""
    rows = megabytes * 10**6 // (4 * _COLUMNS)
    draw = np.random.default_rng(0)
    x = np.lib.format.open_memmap(folder / "X.npy", "w+", np.float32, (rows, _COLUMNS))
    y = np.zeros(rows, np.int64)
    for begin in range(0, rows, 10_000):
        part = draw.normal(size=(min(10_000, rows - begin), _COLUMNS)).astype(np.float32)
        x[begin : begin + len(part)] = part
        y[begin : begin + len(part)] = part[:, 0] + part[:, 1] > 0
    x.flush()
    np.save(folder / "y.npy", y)
    (folder / "model.py").write_text(_MODEL.replace("COLUMNS", str(_COLUMNS)))
    (folder / "study.yaml").write_text(_STUDY.replace("SECONDS", str(seconds)))


def watched(folder: Path) -> dict[str, float]:
    """Runs the study to its limit; returns the most megabytes that its processes held, by what they were at."""
    logs, most = folder / "logs", defaultdict[str, float](float)
    environment = {**os.environ, "TUNEJOB_LOGS": str(logs), "TUNEJOB_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "job", "run", str(folder / "study.yaml"), "--workers", "2"]
    with (folder / "said").open("wb") as said:
        run = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=environment)
        began = monotonic()
        while run.poll() is None:
            stage = "training" if any(folder.glob("runs/rows/runs/*/attempts/*/*")) else "before"
            most[stage] = max(most[stage], sum(map(held, of_run(run.pid))))
            sleep(_EVERY)
    fits = sum(len(one.read_bytes().splitlines()) for one in folder.glob("runs/rows/runs/*/results/*/*.jsonl"))
    print(f"the run took {monotonic() - began:.0f} s, and trained {fits:,} fits")
    if not fits:
        print((folder / "said").read_text()[-2000:])
    return dict(most)


def of_run(first: int) -> Iterator[int]:
    """A process and all that descend from it."""
    children = defaultdict[int, list[int]](list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue  # it has ended
        children[int(text.rpartition(")")[2].split()[1])].append(int(path.parent.name))
    waiting = [first]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children[one]


def held(process: int) -> float:
    """Megabytes of a process: its own, and its part of what it shares; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) / 1e3 for line in lines if line.startswith("Pss:")), 0.0)


if __name__ == "__main__":
    sys.exit(main())
