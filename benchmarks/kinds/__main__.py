"""Many kinds of models by tunejob and by scikit-learn over SciKeras; fails where tunejob is slower by a twentieth.

    python -m benchmarks.kinds [--kinds images,texts] [--quick]

Each kind is a study in a folder beside this file. Both search with two processes, one after the other: scikit-learn as
in ``benchmarks.together``, tunejob from an empty store and without a compile cache. ``--quick`` times scikit-learn on
the first fold and scales it. What was measured is kept in benchmarks/results/kinds.json and put into docs/benchmark.md.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.together import document, kept, ours, peers, table
from benchmarks.together.timing import Timing
from benchmarks.together.workloads import Workload, fits

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_WORKERS = 2
_SLOWER = 1.05
"""Times scikit-learn's seconds that tunejob may take."""


@dataclass(frozen=True)
class Kind:
    """What was measured of one kind.

    Attributes:
        name: of its folder.
        when: ISO time, UTC.
        theirs: scikit-learn's timing.
        ours: tunejob's.
        load: processes that wanted the processor, a minute's mean, before.
    """

    name: str
    when: str
    theirs: Timing
    ours: Timing
    load: float

    @property
    def failures(self) -> Iterator[str]:
        """Where tunejob is slower, in words."""
        for what, said in (("search", "search alone"), ("whole", "whole command")):
            mine, theirs = getattr(self.ours, what), getattr(self.theirs, what)
            if mine > _SLOWER * theirs:
                yield f"{self.name}: the {said} takes {mine:.1f} s, and scikit-learn's {theirs:.1f}"


def main() -> int:
    """Measures, prints and keeps; 1 where tunejob is slower."""
    options = _options()
    path = options.kept
    known = {one["name"]: _from_json(one) for one in json.loads(path.read_text())["kinds"]} if path.exists() else {}
    failures: list[str] = []
    for name in options.kinds:
        found = _measured(name, quick=options.quick)
        known[name] = found
        failures += found.failures
    found_all = [known[name] for name in names() if name in known]
    machine = kept.described()
    path.write_text(json.dumps({"machine": machine, "kinds": [asdict(one) for one in found_all]}, indent=1) + "\n")
    told = f"## Kinds of models\n\n{document.told_of(machine)}\n\n{drawn(found_all)}"
    _say(f"\n{told}")
    document.between(options.docs / "benchmark.md", "kinds", told)
    for failure in failures:
        _say(failure)
    return 1 if failures else 0


def names() -> list[str]:
    """All kinds."""
    return sorted(path.parent.name for path in _HERE.glob("*/*.yaml"))


def drawn(found: Sequence[Kind]) -> str:
    """The table, in Markdown."""
    head = ["kind", "fits", "search: scikit-learn", "tunejob", "", "whole: scikit-learn", "tunejob", "", "ways"]
    return f"{table.LEGEND}\n\n{table.drawn(head, (_line(one) for one in found))}"


def _line(one: Kind) -> list[str]:
    mark = "~" if one.theirs.fits < one.theirs.of else ""
    cells = [one.name, str(one.ours.of)]
    for what in ("search", "whole"):
        theirs, mine = getattr(one.theirs, what), getattr(one.ours, what)
        cells += [f"{mark}{theirs:.1f}", f"{mine:.1f}", f"{theirs / mine:.1f} ×"]  # noqa: RUF001
    return [*cells, ", ".join(f"{count} {way}" for way, count in one.ours.more["ways"].items())]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", type=_named, default=names(), help=f"of {', '.join(names())}; all without")
    parser.add_argument("--quick", action="store_true", help="time scikit-learn on the first fold of every search")
    parser.add_argument("--kept", type=Path, default=_ROOT / "benchmarks/results/kinds.json")
    parser.add_argument("--docs", type=Path, default=_ROOT / "docs", help="where benchmark.md lies")
    return parser.parse_args()


def _named(text: str) -> list[str]:
    found = text.split(",")
    if unknown := sorted(set(found) - set(names())):
        raise argparse.ArgumentTypeError(f"no kinds: {', '.join(unknown)}; there are {', '.join(names())}")
    return found


def _measured(name: str, *, quick: bool) -> Kind:
    workload, load = Workload(str(_HERE / name / f"{name}.yaml"), bar=None), os.getloadavg()[0]
    given = workload.given()
    theirs = peers.run(f"sklearn-{_WORKERS}", workload.sampled(given, "third" if quick else "all"), fits(given))
    _say(f"{name}: scikit-learn {theirs.search:.1f} s, whole {theirs.whole:.1f} s")
    mine = ours.run(workload.path, _WORKERS)
    _say(f"{name}: tunejob {mine.search:.1f} s, whole {mine.whole:.1f} s, by {mine.more['ways']}")
    return Kind(name, datetime.now(UTC).isoformat(timespec="seconds"), _bare(theirs), _bare(mine), load)


def _bare(timing: Timing) -> Timing:
    more = {name: value for name, value in timing.more.items() if name != "losses"}
    return Timing(timing.peer, timing.fits, timing.of, timing.search, timing.whole, [], more)


def _from_json(found: dict[str, Any]) -> Kind:
    return Kind(**found | {"theirs": Timing(**found["theirs"]), "ours": Timing(**found["ours"])})


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
