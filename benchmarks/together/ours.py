"""tunejob, from an empty store and, unless warm, with an empty compile cache; timed from outside and by its logs."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.together.clock import Clock
from benchmarks.together.timing import Timing
from job.launch.local_worker import LOGS
from job.results.line import FitLine, load_lines

_KINDS = ("tracing", "compiling", "proving", "stepping")


def run(study: Path, workers: int, *, warm: bool = False) -> Timing:
    """Runs a study to its end; once before, if ``warm``, so that there is a compile cache."""
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name) / "run", Path(name) / "cache"
        if warm:
            _command(study, workers, Path(name) / "before", cache)
        clock = Clock()
        _command(study, workers, folder, cache)
        whole = clock.seconds
        lines = list(_lines(folder / "store"))
        logs = [list(_log(path)) for path in (folder / "logs").glob("*.log")]
    search, spent = _search(logs), _spent(logs)
    return Timing(
        peer=f"tunejob-{workers}{'-warm' if warm else ''}",
        fits=len(lines),
        of=len(lines),
        search=search,
        whole=whole,
        scores=[(line.trial, line.fold, next(iter(line.scores.values()))) for line in lines],
        more={
            **spent,
            "workers": workers,
            "processes": sum(line.get("worker") == "imported" for log in logs for line in log),
            "megabytes": max(line.get("peak_megabytes", 0) for log in logs for line in log),
            "ways": dict(Counter(line.way for line in lines)),
            "losses": [(line.trial, line.fold, [value for _, value in line.history["loss"]]) for line in lines],
        },
    )


def _command(study: Path, workers: int, folder: Path, cache: Path) -> None:
    (folder / "tmp").mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "job", "run", str(study), "--store", str(folder / "store"), "--workers", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={
            **os.environ,
            LOGS: str(folder / "logs"),
            "TMPDIR": str(folder / "tmp"),
            "TUNEJOB_CACHE": str(cache),
        },
    )
    if done.returncode:
        raise SystemExit(f"tunejob ended with exit code {done.returncode}:\n{done.stdout[-4000:]}")


def _lines(store: Path) -> Iterator[FitLine]:
    for path in sorted(store.glob("*/runs/*/results/*/*.jsonl")):
        yield from load_lines(path.read_bytes(), path.name)


def _log(path: Path) -> Iterator[dict[str, Any]]:
    """The structured lines of a worker's log, amid whatever else was printed."""
    for line in path.read_text(errors="replace").splitlines():
        if line.startswith('{"at"'):
            yield json.loads(line)


def _search(logs: list[list[dict[str, Any]]]) -> float:
    working = [log for log in logs if any("fits" in line for line in log)]  # a search may be too small for all
    imported = [next(_at(line) for line in log if line.get("worker") == "imported") for log in working]
    stored = [_at(line) for log in logs for line in log if "fits" in line]
    return max(stored) - max(imported)


def _at(line: dict[str, Any]) -> float:
    return datetime.fromisoformat(line["at"]).timestamp()


def _spent(logs: list[list[dict[str, Any]]]) -> dict[str, float]:
    """Seconds of all workers together, by kind."""
    return {kind: sum(line.get(f"{kind}_seconds", 0.0) for log in logs for line in log) for kind in _KINDS}
