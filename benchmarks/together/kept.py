"""What was measured, kept as JSON from run to run: a workload measured again takes its row's place.

What was measured on another machine than the last is marked as such until it is measured again.
"""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.together.growth import Point
from benchmarks.together.row import Row
from job.plan import provenance

_GROWTH = "growth"
_PACKAGES = ("tunejob", "tensorflow-cpu", "keras", "scikit-learn", "scikeras", "keras-tuner", "numpy")


@dataclass
class Kept:
    """All that is known.

    Attributes:
        path: where it lies.
        rows: by workload.
        points: of the growth with the trials.
        machine: where it was measured.
        elsewhere: where rows, or the growth, were that come from other machines.
    """

    path: Path
    rows: dict[str, Row] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Kept":
        """What lies there; nothing, where nothing does."""
        if not path.exists():
            return cls(path)
        found = json.loads(path.read_text())
        rows = {one["workload"]: Row.from_json(one) for one in found["rows"]}
        points = [Point.from_json(one) for one in found["growth"]]
        return cls(path, rows, points, found["machine"], found.get("elsewhere", {}))

    def add(self, rows: Sequence[Row] = (), points: Sequence[Point] | None = None) -> None:
        """Takes in what was measured, and writes all."""
        before, self.machine = self.machine, described()
        if before and hardware(before) != hardware(self.machine):
            old = [*self.rows, *([_GROWTH] if self.points else [])]
            self.elsewhere = dict.fromkeys(old, hardware(before)) | self.elsewhere
        for name in (*(row.workload for row in rows), *([] if points is None else [_GROWTH])):
            self.elsewhere.pop(name, None)
        self.rows |= {row.workload: row for row in rows}
        self.points = self.points if points is None else list(points)
        found = {
            "machine": self.machine,
            "elsewhere": self.elsewhere,
            "rows": [row.to_json() for row in self.rows.values()],
            "growth": [point.to_json() for point in self.points],
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(found, indent=1) + "\n")


def hardware(machine: dict[str, Any]) -> str:
    """What decides how fast it is, in words."""
    return f"{machine['processor']}, {machine['cores']} cores, {machine['gigabytes']} GB"


def described() -> dict[str, Any]:
    """This machine, without its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": provenance.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "gigabytes": round(memory / 2**30),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }
