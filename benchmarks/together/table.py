"""What was measured, as tables in Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from benchmarks.together import peers
from benchmarks.together.growth import Point
from benchmarks.together.row import Row
from benchmarks.together.timing import Timing

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
    head = ["workload", "fits", *(_SHORT[name] for name in names), "search", "bar", "whole command"]
    return _table(head, (_searched(row, names) for row in rows))


def _searched(row: Row, names: Sequence[str]) -> list[str]:
    timings = {one.peer: one for one in row.timings}
    bar = "" if row.bar is None else f"≥ {row.bar:g} × {row.against}"  # noqa: RUF001
    fits = max((one.of for one in row.timings), default=0)
    cells = [_seconds(timings.get(name)) for name in names]
    return [row.workload, str(fits), *cells, _times(row.ratio()), bar, _times(row.ratio("whole"))]


def _seconds(timing: Timing | None) -> str:
    if timing is None:
        return ""
    return f"{'~' if timing.fits < timing.of else ''}{timing.search:.1f}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1f} ×"  # noqa: RUF001


def details(rows: Sequence[Row]) -> str:
    """Where tunejob's time goes, what it reaches of the peak, the most memory of a worker, and the ways taken."""
    head = ["workload", "workers", "whole", "tracing", "compiling", "proof", "of the peak", "MB (Keras)", "ways"]
    return _table(head, (_detail(row, one) for row in rows for one in row.timings if "workers" in one.more))


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
    return _table(
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
    return _table(
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


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
