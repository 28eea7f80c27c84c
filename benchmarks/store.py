"""Lists and reads the results of a million fits from a store; fails beyond the project's bars.

    python benchmarks/store.py [STORE]

10,000 result objects of 100 lines each are created under a prefix of the store (a new folder, unless one is named, such
as s3://bucket/prefix), listed, read, and deleted again. Bars, for a folder: listing and reading within 60 s, and 500 MB
of memory at the peak of the whole process. What aggregation then makes of them is measured by results.py.
"""

import json
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from time import perf_counter

from job.store import RunKeys, Store, open_store

OBJECTS, LINES = 10_000, 100
SECONDS, MEGABYTES = 60.0, 500.0
WRITERS = 8


def result(shard: int) -> bytes:
    """One result object: a line for each fit, with what a line of a short fit has."""
    return b"".join(
        json.dumps({
            "format": 1, "identity": os.urandom(16).hex(), "trial": shard * LINES + fit, "fold": fit % 5,
            "params": {"hidden_units": 64, "learning_rate": 0.01, "batch_size": 32},
            "scores": {"accuracy": fit / LINES}, "fit_seconds": 1.25, "score_seconds": 0.01, "train_rows": 455,
            "test_rows": 114, "epochs": 5, "history": {"loss": [[epoch, 0.5 / (epoch + 1)] for epoch in range(5)]},
            "way": "fit", "why": "alone in shape", "group": "g", "attempt": 1, "finished": "2026-01-01T00:00:00Z",
        }).encode() + b"\n"
        for fit in range(LINES)
    )  # fmt: skip


@contextmanager
def told(what: str) -> Iterator[None]:
    """Print how long it takes."""
    begin = perf_counter()
    yield
    print(f"{what}: {perf_counter() - begin:.1f} s", flush=True)


def main(url: str) -> int:
    """Create, list, read, delete; return 1 when a bar is not met."""
    store = open_store(url)
    keys = RunKeys("benchmark", "benchmark-0")
    in_folder = "://" not in store.url
    with told(f"creating {OBJECTS:,} objects in {store.url}"), ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(partial(_create, store, keys), range(OBJECTS)))
    begin = perf_counter()
    with told("listing them"):
        entries = store.list(keys.results_prefix)
    with told(f"reading them, {sum(entry.size for entry in entries) / 1e6:.0f} MB"):
        lines = sum(data.count(b"\n") for _, data in store.read_many(entry.key for entry in entries))
    seconds = perf_counter() - begin
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with told("deleting them"), ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(store.delete, (entry.key for entry in entries)))
    print(f"{lines:,} fits listed and read in {seconds:.1f} s; peak memory {megabytes:.0f} MB")
    whole = len(entries) == OBJECTS and lines == OBJECTS * LINES
    return 0 if whole and megabytes <= MEGABYTES and (seconds <= SECONDS or not in_folder) else 1


def _create(store: Store, keys: RunKeys, shard: int) -> None:
    if not store.create(keys.result(shard, "g"), result(shard)):
        raise SystemExit(f"{store.url} holds results already; name an empty prefix")


if __name__ == "__main__":
    if sys.argv[1:]:
        raise SystemExit(main(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        raise SystemExit(main(folder))
