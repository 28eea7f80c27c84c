"""What was measured, as pictures: bars for each workload, and a line for the growth with the trials."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.together.growth import Point
from benchmarks.together.row import Row

mpl.rcParams["svg.hashsalt"] = "tunejob"  # the same numbers, the same file
_BARS = (
    ("keras", "Keras fit in a loop", "#b9b3a9"),
    ("sklearn", "scikit-learn over SciKeras, best of n_jobs 1, 2", "#e0a458"),
    ("tuner", "KerasTuner with folds", "#8e9aaf"),
    ("tunejob", "tunejob, best of 1 and 2 workers", "#2a7f62"),
)


def bars(rows: Sequence[Row], path: Path) -> None:
    """Seconds of every search alone, on a logarithmic scale, and how many times faster tunejob is."""
    figure = Figure(figsize=(9, 0.9 * len(rows) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    height = 0.8 / len(_BARS)
    for place, (peer, label, color) in enumerate(_BARS):
        found = [(at, row.best(peer)) for at, row in enumerate(rows)]
        there = [(at, seconds) for at, seconds in found if seconds is not None]
        axes.barh(
            [at + (place - 1.5) * height for at, _ in there],
            [seconds for _, seconds in there],
            height * 0.92,
            label=label,
            color=color,
        )
    for at, row in enumerate(rows):
        ratio, seconds = row.ratio(), row.best("tunejob")
        if ratio is not None and seconds is not None:
            axes.text(seconds * 1.06, at + 1.5 * height, f"{seconds:.1f} s, {ratio:.1f}×", va="center", fontsize=8)  # noqa: RUF001
    axes.set_yticks(range(len(rows)), [f"{row.workload}\n{max(one.of for one in row.timings)} fits" for row in rows])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("seconds for the search alone; × against the best of scikit-learn (large: Keras fit)")  # noqa: RUF001
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=8)
    _save(figure, path)


def growth(points: Sequence[Point], path: Path) -> None:
    """Seconds of the whole command by trials, both on logarithmic scales."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    for peer, label, color in (
        ("sklearn", "scikit-learn, n_jobs=1", "#e0a458"),
        ("tunejob", "tunejob, 2 workers", "#2a7f62"),
    ):
        found = [one for one in points if one.timing.peer.startswith(peer)]
        axes.plot([one.trials for one in found], [one.timing.whole for one in found], "o-", label=label, color=color)
        for one in found:
            if one.timing.fits < one.timing.of:
                axes.plot(one.trials, one.timing.whole, "o", color="white", markeredgecolor=color)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("trials, three folds each (hollow: scaled from fewer)")
    axes.set_ylabel("seconds, whole command")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
