"""``make hunt`` and ``make hunt-tables``: studies compared for as long as asked, in processes that end after some.

Keras keeps memory of every model, so none of them lives long. Prints each study that differs, with the number that
draws it again (``make hunt SEED=… DRAWS=1``), and at the end what was seen and which rows of the tables were left out.
Exits 1 where anything differs, goes another way than its row says, or ends the process it is in.
"""

import argparse
import collections
import functools
import itertools
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

EACH = 20
"""Studies of one process."""
TESTS = Path(__file__).parent.parent
BAD = ("differs", "other way", "lost")


def main() -> int:
    """Parent: starts one process after the other, and counts. Child: compares."""
    asked = _asked()
    if asked.child:
        return _child(asked)
    if asked.seed is None:
        asked.seed = int.from_bytes(os.urandom(4), "big")
    told(f"seed {asked.seed}")
    seen: collections.Counter[str] = collections.Counter()
    numbers = _shuffled(asked.seed) if asked.tables else itertools.count(asked.seed)
    left = _all(asked, numbers if not asked.draws else itertools.islice(numbers, asked.draws), seen)
    if asked.tables:
        left += _shuffled(asked.seed)[asked.draws :] if asked.draws else []
    if left:
        told("left out: " + ", ".join(name for number in left for name in _bundles()[number]))
    return int(any(seen[one] for one in BAD))


def _all(asked: argparse.Namespace, numbers: Iterable[int], seen: collections.Counter[str]) -> list[int]:
    """Some studies after the other, for as long as there is time; returns those of a table that there was none for."""
    until = time.monotonic() + 60 * asked.minutes if asked.minutes else float("inf")
    numbers = iter(numbers)
    todo = list(itertools.islice(numbers, EACH))
    while todo and time.monotonic() < until:
        todo = _process(asked, todo, until, seen)
        told(
            f"{sum(seen.values())} studies: " + ", ".join(f"{count} {verdict}" for verdict, count in seen.most_common())
        )
        todo += itertools.islice(numbers, EACH - len(todo))
    return [*todo, *numbers] if asked.tables else []


def _shuffled(seed: int) -> list[int]:
    found = list(range(len(_bundles())))
    random.Random(seed).shuffle(found)  # noqa: S311  # nobody's secret
    return found


def told(line: str) -> None:
    """Prints at once, as it may be long until the next."""
    print(line, flush=True)  # noqa: T201


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hunt", description=__doc__)
    parser.add_argument("--seed", type=int, help="of the first draw; the next is one more")
    parser.add_argument("--minutes", type=float, default=0.0, help="for so long; without, until DRAWS or for ever")
    parser.add_argument("--draws", type=int, default=0, help="so many studies")
    parser.add_argument("--tables", action="store_true", help="the rows of the tables, in an order by the seed")
    parser.add_argument("--show", default="", help="print studies of this verdict too: void, chaos, same")
    parser.add_argument("--child", nargs="*", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _process(asked: argparse.Namespace, todo: list[int], until: float, seen: collections.Counter[str]) -> list[int]:
    """Compares in a process of its own; returns what it left, past a study that ended it."""
    command = [sys.executable, "-m", "hunt", *["--tables"] * asked.tables, "--child", *map(str, todo)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TESTS) as process:
        timer = threading.Timer(max(0.0, until - time.monotonic()), process.kill) if asked.minutes else None
        if timer is not None:
            timer.start()
        for line in process.stdout or ():
            if line.startswith("{"):
                todo = _counted(json.loads(line), todo, asked.show, seen)
        if timer is not None:
            timer.cancel()
    if process.returncode and time.monotonic() < until:
        told(f"{todo[0]} lost: its process ended with {process.returncode}")
        seen["lost"] += 1
        return todo[1:]
    return todo


def _counted(found: dict[str, Any], todo: list[int], show: str, seen: collections.Counter[str]) -> list[int]:
    """Takes down what came of a study, tells it where it has to be, and returns what is left."""
    if "done" in found:
        return [one for one in todo if one != found["done"]]
    seen[found["verdict"]] += 1
    if found["verdict"] in (*BAD, show):
        told(f"{found['name']} {found['verdict']}: {found['told']}\n{found['study']}\n  {found['ways']}")
    return todo


@functools.cache
def _bundles() -> list[list[str]]:
    """Rows of the tables that go into one study, without TensorFlow in this process."""
    command = [sys.executable, "-c", "import json; from hunt import smallest; print(json.dumps(smallest.bundles()))"]
    return list(json.loads(subprocess.check_output(command, cwd=TESTS)))


def _child(asked: argparse.Namespace) -> int:
    """Compares, a line of JSON for each study."""
    from hunt import compare, draws, smallest

    for number in asked.child:
        if asked.tables:
            for names, found in compare.as_told(smallest.bundles()[number]):
                _tell(", ".join(names), found, smallest.study(names))
        else:
            draw = draws.drawn(number)
            _tell(f"seed {number}", compare.compare(draw), draw)
        told(json.dumps({"done": number}))
    return 0


def _tell(name: str, found: Any, draw: Any) -> None:
    line = {"name": name, "verdict": found.verdict, "told": found.told}
    told(json.dumps(line | {"study": draw.told(), "ways": found.ways}))


if __name__ == "__main__":
    sys.exit(main())
