"""What was measured, as tables in Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from benchmarks.together import peers
from benchmarks.together.growth import Point
from benchmarks.together.row import Row
from benchmarks.together.timing import Timing
from benchmarks.together.workloads import ROOM

_OURS = ("tunejob-1", "tunejob-2")
_SHORT = {
    "keras": "Keras",
    "sklearn-1": "sklearn 1",
    "sklearn-2": "sklearn 2",
    "tuner": "KerasTuner",
    "tunejob-1": "tunejob 1",
    "tunejob-2": "tunejob 2",
}


def search(rows: Sequence[Row]) -> str:
    """Seconds of the search alone, and how many times faster tunejob is."""
    names = [name for name in (*peers.NAMES, *_OURS) if any(row.of(name) for row in rows)]
    head = ["workload", "fits", *(_SHORT[name] for name in names), "search", "bar", "whole command", "measured"]
    return drawn(head, (_searched(row, names) for row in rows))


def _searched(row: Row, names: Sequence[str]) -> list[str]:
    timings = {one.peer: one for one in row.timings}
    bar = "" if row.bar is None else f"≥ {row.bar:g} × {row.against}"  # noqa: RUF001
    fits = max((one.of for one in row.timings), default=0)
    cells = [_seconds(timings.get(name)) for name in names]
    return [row.workload, str(fits), *cells, _times(row.ratio()), bar, _times(row.ratio("whole")), row.when[:10]]


def _seconds(timing: Timing | None) -> str:
    if timing is None:
        return ""
    return f"{'~' if timing.fits < timing.of else ''}{timing.search:.1f}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1f} ×"  # noqa: RUF001


def whole(rows: Sequence[Row]) -> str:
    """Seconds of the whole command, beside what one import of TensorFlow, the search and some room are."""
    head = ["workload", "workers", "whole command", "one import", "search", f"both and {ROOM} s", "scikit-learn, whole"]
    return drawn(head, (_whole(row, row.quickest) for row in rows if row.bare and row.quickest))


def _whole(row: Row, timing: Timing) -> list[str]:
    theirs = row.best("sklearn", "whole")
    return [
        row.workload,
        str(timing.more["workers"]),
        f"{timing.whole:.1f}",
        f"{row.bare:.1f}",
        f"{timing.search:.1f}",
        f"{row.allowed:.1f}",
        "" if theirs is None else f"{theirs:.1f}",
    ]


LEGEND = "The [glossary](glossary.md) says what the names of ways mean."


def details(rows: Sequence[Row]) -> str:
    """Where tunejob's time goes, what it reaches of the peak, the most memory of a worker, and the ways taken."""
    head = ["workload", "workers", "whole", "tracing", "compiling", "proof", "of the peak", "MB (Keras)", "ways"]
    found = drawn(head, (_detail(row, one) for row in rows for one in row.timings if "workers" in one.more))
    return f"{LEGEND}\n\n{found}"


def _detail(row: Row, timing: Timing) -> list[str]:
    more: dict[str, Any] = timing.more
    work = timing.search * more["workers"]
    keras = next((f" ({one.more['megabytes']:.0f})" for one in row.of("keras")), "")
    return [
        row.workload,
        f"{more['workers']}{', warm' if timing.peer.endswith('-warm') else ''}",
        f"{timing.whole:.1f} s",
        f"{more['tracing'] / work:.0%}",
        f"{more['compiling'] / work:.0%}",
        f"{more['proving'] / work:.0%}" if "proving" in more else "",
        f"{row.share_of_peak(timing):.0%}",
        f"{more['megabytes']:.0f}{keras}",
        ", ".join(f"{count} {way}" for way, count in more["ways"].items()),
    ]


def differences(rows: Sequence[Row]) -> str:
    """How far scores and losses are from plain Keras's, and how far that is from itself."""
    head = ["workload", "mean difference of", "tunejob from Keras", "Keras from itself"]
    return drawn(
        head,
        ([row.workload, one.what, f"{one.ours:.1e}", f"{one.theirs:.1e}"] for row in rows for one in row.differences),
    )


def sampling(rows: Sequence[Row]) -> Iterator[str]:
    """Which peers were timed on a part of a search."""
    for row in rows:
        parts = {(one.fits, one.of) for one in row.timings if one.fits < one.of}
        for fits, of in sorted(parts):
            yield f"{row.workload}: peers marked ~ were timed on {fits} of {of} fits, and scaled"


def growth(points: Sequence[Point]) -> str:
    """Seconds of the whole command by the number of trials."""
    head = ["trials", "peer", "search", "whole", "timed"]
    return drawn(
        head,
        (
            [
                str(one.trials),
                one.timing.peer,
                f"{one.timing.search:.1f}",
                f"{one.timing.whole:.1f}",
                _timed(one.timing),
            ]
            for one in points
        ),
    )


def _timed(timing: Timing) -> str:
    return "all fits" if timing.fits == timing.of else f"{timing.fits} of {timing.of} fits, scaled"


def drawn(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
