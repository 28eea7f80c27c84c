"""How the cost grows with the trials: the random search of five epochs with ever more of them."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.together import ours, peers
from benchmarks.together.timing import Timing
from benchmarks.together.workloads import Workload, fits, spread

_WORKLOAD = Workload("dense/random-5.yaml", bar=None)
_DECLARED = "trials: 10,"
_MOST = 10  # trials that the peer is timed on; more are scaled


@dataclass(frozen=True)
class Point:
    """A search of so many trials."""

    trials: int
    timing: Timing

    def to_json(self) -> dict[str, Any]:
        """The point as it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Point":
        """The point that was stored."""
        return cls(found["trials"], Timing(**found["timing"]))


def measure(counts: Sequence[int], say: Callable[[str], None]) -> Iterator[Point]:
    """Times tunejob with two workers, and scikit-learn with one process, at each number of trials."""
    peer = "sklearn-1"
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            study = _study(Path(folder), count)
            timing = ours.run(study, workers=2)
            whole = replace(_WORKLOAD, file=str(study)).given()
        yield Point(count, replace(timing, scores=[], more={}))
        few = replace(spread(whole, _MOST), folder=str(_WORKLOAD.path.parent))
        theirs = peers.run(peer, few, fits(whole))
        yield Point(count, replace(theirs, scores=[], more={}))
        say(f"{count} trials: tunejob {timing.whole:.1f} s, scikit-learn {theirs.whole:.1f} s")


def _study(folder: Path, count: int) -> Path:
    """The study with another number of trials, beside a copy of its code."""
    for path in _WORKLOAD.path.parent.glob("*.py"):
        shutil.copy(path, folder)
    text = _WORKLOAD.path.read_text()
    if _DECLARED not in text:
        raise SystemExit(f"{_WORKLOAD.path} does not say `{_DECLARED}`")
    study = folder / _WORKLOAD.path.name
    study.write_text(text.replace(_DECLARED, f"trials: {count},"))
    return study
