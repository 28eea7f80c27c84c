"""The searches in Python, in one process, beside scikit-learn's own class over SciKeras; fails beyond the bars.

    python -m benchmarks.search [--rows grid-5,pipeline,one-fit,memory] [--quick]

The search alone is timed, in a fresh process each: ours without a warm-up, scikit-learn's after one epoch, with
``n_jobs`` 1 and 2, on a part of the fits where that says it all, scaled; the better counts. ``one-fit`` is an
estimator's ``fit`` beside Keras's, in turns; ``memory`` the most that a process holds with 1,000 candidates on 100 MB
of rows. Bars are for two cores. ``--quick`` has peers train a ninth with ``n_jobs=1`` alone, and smaller rows; it shows
that all works and is not kept. What else is measured is kept in benchmarks/results/search.json; a row replaces an
earlier one.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.together import kept, peers
from benchmarks.together.workloads import Part, fits, named

_KEPT = Path(__file__).parents[1] / "results/search.json"


@dataclass(frozen=True)
class Row:
    """What was measured.

    Attributes:
        name: of what.
        value: times as fast as scikit-learn; of one fit, the share of Keras's seconds; of memory, megabytes.
        bar: what it has to be.
        least: whether the bar is the least; else it is the most.
        told: the measures that it comes from, by name.
        when: ISO time, UTC.
    """

    name: str
    value: float
    bar: float
    least: bool
    told: dict[str, float] = field(default_factory=dict)
    when: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def is_met(self) -> bool:
        """Whether it is."""
        return self.value >= self.bar if self.least else self.value <= self.bar

    def __str__(self) -> str:
        told = ", ".join(f"{name} {value:,.2f}" for name, value in self.told.items())
        bar = f"{'at least' if self.least else 'at most'} {self.bar:g}"
        return f"{self.name:10} {self.value:10,.2f}   {bar:16} {'met   ' if self.is_met else 'missed'}   {told}"


def searched(workload: str, bar: float, *, scaled: bool, quick: bool) -> Row:
    """One search, beside scikit-learn's; ``scaled`` with a StandardScaler before the model."""
    (chosen,) = named(workload)
    whole = chosen.given()
    part: Part = "ninth" if quick else chosen.part
    sampled = chosen.sampled(whole, part)
    scale = fits(whole) / fits(sampled)
    ours = peers.ask("search", whole, scaled=int(scaled))["search"]
    theirs = {
        f"scikit-learn, n_jobs={jobs}": peers.ask("sklearn", sampled, jobs=jobs, scaled=int(scaled))["search"] * scale
        for jobs in ((1,) if quick else (1, 2))
    }
    name = "pipeline" if scaled else workload
    return Row(name, min(theirs.values()) / ours, bar, least=True, told={"ours": ours, **theirs})


def fitted(*, quick: bool) -> Row:
    """One fit beside Keras's."""
    given = named("grid-5")[0].given()
    given = replace(given, fit={**given.fit, "epochs": 5 if quick else 20})
    found = peers.ask("one-fit", given, times=3 if quick else 9)
    return Row("one-fit", found["ours"] / found["theirs"], 1.05, least=False, told=found)


def held(*, quick: bool) -> Row:
    """The memory of a search."""
    found = peers.ask("memory", candidates=100 if quick else 1000, megabytes=10 if quick else 100)
    return Row("memory", found["most"], 2000, least=False, told=found)


ROWS: dict[str, Callable[[bool], Row]] = {
    "grid-5": lambda quick: searched("grid-5", 18, scaled=False, quick=quick),
    "grid-50": lambda quick: searched("grid-50", 20, scaled=False, quick=quick),
    "deep": lambda quick: searched("deep", 4.5, scaled=False, quick=quick),
    "pipeline": lambda quick: searched("grid-5", 12, scaled=True, quick=quick),
    "one-fit": lambda quick: fitted(quick=quick),
    "memory": lambda quick: held(quick=quick),
}


def main() -> int:
    """Measures, prints and keeps; 1 when a bar is not met."""
    options = _options()
    print(f"{'search':10} {'':10}   {'bar':16} {'':6}   measured: seconds, of memory megabytes", flush=True)
    rows = []
    for name in options.rows:
        rows.append(ROWS[name](options.quick))
        print(rows[-1], flush=True)
        if not options.quick:
            keep(rows[-1], options.kept)
    return int(not options.quick and not all(row.is_met for row in rows))


def keep(row: Row, path: Path) -> None:
    """Puts a row in the place of an earlier one."""
    found = json.loads(path.read_text()) if path.exists() else {"rows": {}}
    found["machine"] = kept.described()
    found["rows"][row.name] = {**asdict(row), "is_met": row.is_met}
    path.write_text(json.dumps(found, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=_rows, default=list(ROWS), help=f"of {', '.join(ROWS)}; all without")
    parser.add_argument("--quick", action="store_true", help="a ninth, smaller rows; nothing is kept, no bar fails")
    parser.add_argument("--kept", type=Path, default=_KEPT)
    return parser.parse_args()


def _rows(text: str) -> list[str]:
    found = text.split(",")
    if unknown := [name for name in found if name not in ROWS]:
        raise argparse.ArgumentTypeError(f"no rows: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    return found


if __name__ == "__main__":
    sys.exit(main())
