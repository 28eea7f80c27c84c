"""tunejob beside Keras, scikit-learn and KerasTuner; fails beyond the project's bars.

    python -m benchmarks.together [--workloads grid-5,random-5] [--peers sklearn-1,tunejob-2] [--quick] [--growth 1,10]

Searches the same trials on the same folds with each, one after the other: Keras ``fit`` in a loop, scikit-learn over
SciKeras with one and two processes, KerasTuner with folds in ``run_trial``, tunejob with one and two workers from an
empty store and without a compile cache. Slow peers are timed on a third or a ninth of the fits, and scaled; the table
says so. Peers train one epoch before they are timed, tunejob does not. Scores and losses of some trials are compared
with plain Keras's of the same initial weights and order of rows. Bars: see ``workloads.py``; they are for two cores.

What was measured is kept in benchmarks/results/together.json and drawn into docs/; a row replaces an earlier one.
"""

import argparse
import re
import sys
from pathlib import Path

from benchmarks.together import document, growth, picture, row
from benchmarks.together.kept import Kept
from benchmarks.together.peers import NAMES
from benchmarks.together.workloads import named

_ROOT = Path(__file__).parents[2]
_OURS = re.compile(r"tunejob-\d+(-warm)?")
_PEERS = ("keras", "tunejob-1", "sklearn-1", "tunejob-2", "sklearn-2", "tuner")


def main() -> int:
    """Measures, prints, keeps and draws; 1 when a bar is not met."""
    options = _options()
    kept = Kept.read(options.kept)
    failures = []
    for workload in named(options.workloads):
        part = "ninth" if options.quick else workload.part
        found = row.measure(workload, options.peers, part, _say)
        failures += found.failures
        kept.add([found])
    if options.growth:
        kept.add(points=list(growth.measure(options.growth, _say)))
    _show(kept, options.docs)
    for failure in failures:
        _say(failure)
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", help="names, parted by commas; all without")
    parser.add_argument(
        "--peers",
        type=_peers,
        default=list(_PEERS),
        help=f"of {', '.join(_PEERS)}, tunejob-N, tunejob-N-warm; all six without",
    )
    parser.add_argument("--quick", action="store_true", help="time peers on a ninth of every search, and no growth")
    parser.add_argument(
        "--growth", type=_counts, help="numbers of trials, such as 1,10; 1,10,100,1000 where nothing else is chosen"
    )
    parser.add_argument("--kept", type=Path, default=_ROOT / "benchmarks/results/together.json")
    parser.add_argument("--docs", type=Path, default=_ROOT / "docs", help="where benchmark.md and the pictures lie")
    options = parser.parse_args()
    if options.growth is None and options.workloads is None and not options.quick:
        options.growth = [1, 10, 100, 1000]
    return options


def _peers(text: str) -> list[str]:
    found = text.split(",")
    unknown = [name for name in found if name not in NAMES and not _OURS.fullmatch(name)]
    if unknown:
        raise argparse.ArgumentTypeError(f"no peers: {', '.join(unknown)}; there are {', '.join(_PEERS)}")
    return found


def _counts(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


def _show(kept: Kept, docs: Path) -> None:
    _say(f"\n{document.measured(kept)}")
    document.put(kept, docs / "benchmark.md")
    if kept.rows:
        picture.bars(list(kept.rows.values()), docs / "benchmark.svg")
    if kept.points:
        picture.growth(kept.points, docs / "benchmark-growth.svg")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
