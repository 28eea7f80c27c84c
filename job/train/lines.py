"""A trained and scored fit as its result line."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from job.results.line import UNEXPECTED, FitLine
from job.train.fits import Trained
from job.train.scoring import Scored

POINTS = 50
"""The most points of each metric that a line keeps; the first and the last are always among them."""


def line(trained: Trained, scored: Scored, *, group: str, attempt: int, outputs: bool = False) -> FitLine:
    """Returns what is kept of one fit.

    Args:
        trained: by whichever way.
        scored: ``scoring.score`` of it.
        group: the name of the group it was trained in.
        attempt: of the shard.
        outputs: whether what the model predicted is kept.
    """
    request = trained.request
    return FitLine(
        identity=request.identity,
        trial=request.trial,
        fold=request.fold,
        params=dict(request.params),
        scores=dict(scored.scores),
        train_scores=None if scored.train_scores is None else dict(scored.train_scores),
        fit_seconds=trained.seconds,
        score_seconds=scored.seconds,
        trace_seconds=trained.trace_seconds,
        compile_seconds=trained.compile_seconds,
        train_rows=len(request.train) + len(request.validation),
        test_rows=len(request.test),
        epochs=trained.epochs,
        history=thinned(trained.history),
        way=trained.way,
        why=trained.why,
        group=group,
        attempt=attempt,
        finished=datetime.now(UTC).isoformat(timespec="milliseconds"),
        error=scored.failure,
        wrote=trained.wrote,
        outputs=outputs,
        unexpected=trained.why if UNEXPECTED in trained.why else "",
    )


def thinned(history: Mapping[str, Sequence[float]]) -> dict[str, tuple[tuple[int, float], ...]]:
    """Returns each metric as at most 50 points (epoch from 0, value), evenly spread, the same epochs for all."""
    return {name: tuple((i, float(values[i])) for i in _places(len(values))) for name, values in history.items()}


def _places(count: int) -> list[int]:
    if count <= POINTS:
        return list(range(count))
    return [round(place) for place in np.linspace(0, count - 1, POINTS)]
