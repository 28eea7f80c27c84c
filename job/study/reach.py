"""Whether the scores that a retune asks for can be reached at all, by scorers whose range is known."""

from collections.abc import Iterator
from pathlib import Path

from job.study import scorer_names, scoring
from job.study.mistakes import Mistake
from job.study.study import Study

_PERCENT = 10.0
"""A floor from which on percent were meant, probably."""


def find(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """The mistakes of a floor above what the scorer can give, and of a margin that no gain exceeds."""
    del folder
    asked = study.retune
    if asked is None:
        return
    metric, (low, high) = _metric(study)
    if asked.floor is not None and asked.floor > high:
        yield Mistake(("retune", "floor"), _above(metric, asked.floor, high))
    if asked.margin >= high - low:
        said = f"{metric} lies between {low:g} and {high:g}, so that no gain is more than {asked.margin:g}"
        yield Mistake(("retune", "margin"), f"{said}; half a percent, say, is `margin: 0.005`.")


def _above(metric: str, floor: float, high: float) -> str:
    said = f"{metric} is {high:g} at most, so that no model reaches {floor:g}"
    if high == 0.0:
        return f"{said}; its sign is turned, so that greater is better: `floor: -{floor:g}`."
    if _PERCENT <= floor <= 100:
        return f"{said}; {floor:g} % are `floor: {floor / 100:g}`."
    return f"{said}; a floor is less, such as `floor: 0.8`."


def _metric(study: Study) -> tuple[str, tuple[float, float]]:
    """The scorer that ranks trials as one says it, with its range."""
    named = [study.refit] if isinstance(study.refit, str) else list(study.scorers[:1])
    if named:
        return f"`{named[0]}`", scorer_names.bounds(named[0])
    if study.task is None:
        return "the score (`accuracy` or `r2`)", scorer_names.bounds("r2")
    name = scoring.default(study.task)
    return f"`{name}`", scorer_names.bounds(name)
