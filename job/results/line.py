"""A result line: all that is kept of one fit."""

from typing import Any, Literal

from job.study.study import Value


class FitFailure(Value):
    """Why a fit failed: its exception, traceback and the tail of its own log."""

    kind: str  # the exception's class, or "killed", "limit", "non-finite"
    message: str
    traceback: str = ""
    log: str = ""


class FitLine(Value):
    """One fit's result, one line of JSON in a result object.

    ``history`` maps each metric to at most 50 points ``(epoch from 0, value)``; ``way`` is how it was trained
    (``fit``, or a way of training together) and ``why`` one sentence for that choice.
    NaN and infinities are kept as the strings JSON lacks ("NaN", "Infinity", "-Infinity").
    """

    format: Literal[1] = 1
    identity: str
    trial: int
    fold: int
    params: dict[str, Any]
    scores: dict[str, float]
    train_scores: dict[str, float] | None = None
    fit_seconds: float
    score_seconds: float
    train_rows: int
    test_rows: int
    epochs: int
    history: dict[str, tuple[tuple[int, float], ...]]
    way: str
    why: str
    group: str
    attempt: int
    finished: str  # ISO time, UTC
    error: FitFailure | None = None
