"""Aggregates the scores of 1,000,000 fits from 10,000 result objects in a folder; fails beyond 60 s or 500 MB.

Prints the time and the peak resident memory of a process that does nothing else. Writing the objects comes before and
is not counted.

    python benchmarks/results.py [--fits 1000000] [--objects 10000] [--folder DIR]
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from job.plan.plan import Facts, Plan
from job.results.aggregate import aggregate
from job.results.line import FitLine, dumps
from job.store import open_store
from job.store.keys import RunKeys
from job.study.study import Search, Study

FOLDS = 5
EPOCHS = 10
MOST_SECONDS = 60.0
MOST_MEGABYTES = 500.0
KEYS = RunKeys("large", "large-0123456789")
SCORING = ("accuracy", "f1")


def study() -> Study:
    """Return the study, of which aggregation reads little."""
    return Study(
        name="large",
        model="model:build",
        data="data:load",
        search=Search(kind="random", trials=1),
        space=({"x": [1]},),
        scoring=SCORING,
        refit="accuracy",
    )


def plan(fits: int, shards: int) -> Plan:
    """Return a plan of so many fits and shards."""
    facts = Facts(
        fingerprint="",
        folds_digest="",
        code_digest="",
        rows=1000,
        fold_sizes=((800, 200),) * FOLDS,
        task="binary",
        why="",
        classes=(0, 1),
        scoring=SCORING,
        build_parameters=("x",),
        versions={},
        packages={},
        device="",
        import_seconds=0,
        data_seconds=0,
    )
    return Plan(
        study="large",
        run=KEYS.run,
        digest="",
        digest_parts={},
        trials=fits // FOLDS,
        duplicates=0,
        folds=FOLDS,
        fits=fits,
        shards=shards,
        costs=(1.0,) * shards,
        workers=100,
        facts=facts,
        commit=None,
        created="2026-01-01T00:00:00+00:00",
    )


def write(folder: Path, fits: int, objects: int) -> None:
    """Write shards and result objects as workers do, each line with the losses of ten epochs."""
    store = open_store(str(folder))
    draw = np.random.default_rng(0)
    trials = fits // FOLDS
    for shard, numbers in enumerate(np.array_split(np.arange(trials), objects)):
        params = [
            {"learning_rate": float(draw.random()), "units": int(draw.integers(16, 256)), "activation": "relu"}
            for _ in numbers
        ]
        listed = [
            {"number": int(number), "params": one, "twin": None} for number, one in zip(numbers, params, strict=True)
        ]
        store.create(KEYS.shard(shard), json.dumps({"index": shard, "trials": listed}).encode())
        lines = [
            line(int(number), fold, one, draw)
            for number, one in zip(numbers, params, strict=True)
            for fold in range(FOLDS)
        ]
        store.create(KEYS.result(shard, f"group{shard}"), "\n".join(map(dumps, lines)).encode())


def line(trial: int, fold: int, params: dict[str, Any], draw: np.random.Generator) -> FitLine:
    """Return one fit's line."""
    curve = draw.random((3, EPOCHS)).tolist()
    return FitLine.model_construct(
        identity=f"{trial:032x}{fold:032x}",
        trial=trial,
        fold=fold,
        params=params,
        scores={name: float(draw.random()) for name in SCORING},
        fit_seconds=1.5,
        score_seconds=0.01,
        train_rows=800,
        test_rows=200,
        epochs=EPOCHS,
        history={name: tuple(enumerate(values)) for name, values in zip(("loss", "a", "b"), curve, strict=True)},
        way="fit",
        why="the only fit of its shape",
        group="g",
        attempt=1,
        finished="2026-01-02T03:04:05.678901+00:00",
    )


def measure(folder: Path, fits: int, objects: int, told: Any) -> None:
    """Aggregate, rank and lay out the columns; tell seconds and megabytes."""
    began = time.perf_counter()
    table = aggregate(open_store(str(folder)), KEYS, plan(fits, objects), study())
    best, missing = table.best, len(table.missing)
    seconds = time.perf_counter() - began
    megabytes = peak_megabytes()
    assert best is not None and not missing and table.done == fits  # noqa: S101, PT018 - a benchmark of nothing else
    told.put((seconds, megabytes))


def peak_megabytes() -> float:
    """Return the most memory this process ever held; Linux tells it apart from that of the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(row.split()[1]) for row in status.read_text().splitlines() if row.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts in bytes


def main() -> int:
    """Write, aggregate in a process of its own, and compare with the bars."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fits", type=int, default=1_000_000)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument(
        "--folder", type=Path, help="where to write the objects (about 1.3 GB); default: a temporary one"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        began = time.perf_counter()
        write(Path(name), options.fits, options.objects)
        print(f"wrote {options.fits:,} fits in {options.objects:,} objects in {time.perf_counter() - began:.0f} s")
        context = multiprocessing.get_context("spawn")
        told = context.Queue()
        process = context.Process(target=measure, args=(Path(name), options.fits, options.objects, told))
        process.start()
        process.join()
        if process.exitcode:
            return 1
        seconds, megabytes = told.get()
    print(f"aggregated them in {seconds:.1f} s (bar: {MOST_SECONDS:.0f} s)")
    print(f"peak memory {megabytes:.0f} MB (bar: {MOST_MEGABYTES:.0f} MB)")
    return int(seconds > MOST_SECONDS or megabytes > MOST_MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
