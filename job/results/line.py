"""A result line: all that is kept of one fit, and how it lies in a result object.

What aggregation needs comes first in a line and the long rest after ``history``, so that a million lines can be
aggregated by parsing the beginning of each.
"""

import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import ValidationError

from job.errors import WrongStore
from job.study import formats
from job.study.study import Value


class FitFailure(Value):
    """Why a fit failed: its exception, traceback and the tail of its own log."""

    kind: str  # the exception's class, or "killed", "limit", "non-finite"
    message: str
    traceback: str = ""
    log: str = ""


UNEXPECTED = "unexpectedly, "
"""How a line's ``why`` begins where training together met an error that nobody foresaw."""


class FitLine(Value):
    """One fit's result, one line of JSON in a result object.

    ``fit_seconds`` and ``score_seconds`` are this fit's own share of its group's, by its steps and rows.
    ``trace_seconds`` and ``compile_seconds`` are what the group's program took once; the group's first fit alone has
    them, so that they can be summed.
    ``history`` maps each metric to at most 50 points ``(epoch from 0, value)``; ``way`` is how it was trained
    (a value of ``train.ways.Way``, of this version's or another's) and ``why`` one sentence for that choice.
    ``wrote`` names files that its callbacks wrote, 20 at most.
    ``unexpected`` is that sentence again where training together met an error that nobody foresaw, else "".
    ``taken`` names the earlier run that trained the fit, "" where this one did; its times are then those it took there.
    ``outputs`` is whether what its model predicted is kept beside (``RunKeys.outputs``), to be scored otherwise later.
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
    trace_seconds: float = 0.0
    compile_seconds: float = 0.0
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
    unexpected: str = ""
    wrote: tuple[str, ...] = ()
    taken: str = ""  # the run that trained it, where that was an earlier one
    outputs: bool = False


_REST = ("history", "params", "why")
_ORDER = (*(name for name in FitLine.model_fields if name not in _REST), *_REST)
_HEAD = frozenset(_ORDER) - {*_REST, "trace_seconds", "compile_seconds", "wrote", "taken", "outputs"}
_CUT = ',"history":'  # inside a JSON string its quotes would be escaped, so a line has it only as a key

_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def dumps(line: FitLine) -> str:
    """Return a line as legal JSON, without its newline."""
    values = line.model_dump()
    return json.dumps({name: legal(values[name]) for name in _ORDER}, allow_nan=False, separators=(",", ":"))


def loads(text: str, where: str = "a result line") -> FitLine:
    """Return the line that ``dumps`` wrote.

    Raises:
        UsageError: a newer tunejob wrote it.
        WrongStore: it is no result line.
    """
    values = _parsed(text, where)
    values["params"] = _floats(values.get("params"))
    try:
        return FitLine.model_validate(values)
    except ValidationError as error:
        raise WrongStore(f"{where} is no result line: {error}") from error


def raw(data: bytes, where: str = "a result object") -> Iterator[dict[str, Any]]:
    """Yield the lines of a result object as JSON has them, but for params, whose NaN is a number again."""
    for text in _texts(data):
        values = _parsed(text, where)
        yield values | {"params": _floats(values.get("params"))}


def taken_over(values: Mapping[str, Any], *, scoring: Collection[str], train: bool, run: str, **own: Any) -> str | None:
    """Return an earlier run's line, without its newline, as another run's; None where it failed or lacks a score.

    Args:
        values: the earlier line, as ``raw`` gives it.
        scoring: the scores to keep.
        train: whether those on training rows are needed too.
        run: that stored the line; if that one had it from another, the fit stays that one's.
        own: what is the other run's own: identity, trial, fold, group, finished.
    """
    kept: dict[str, Any] = {"train_scores": None}
    for name in ("scores", *(["train_scores"] * train)):
        found = values.get(name) or {}
        if values.get("error") is not None or not set(scoring) <= set(found):
            return None
        kept[name] = {one: found[one] for one in scoring}
    return as_taken(values, run=run, **kept, **own)


def as_taken(values: Mapping[str, Any], *, run: str, **own: Any) -> str:
    """Return an earlier run's line, without its newline, as another run's, with what is that one's own."""
    nothing = {"trace_seconds": 0.0, "compile_seconds": 0.0, "attempt": 0, "unexpected": "", "wrote": ()}
    line = {**values, **nothing, **own, "taken": values.get("taken") or run, "outputs": False}
    return json.dumps({name: legal(line[name]) for name in _ORDER}, allow_nan=False, separators=(",", ":"))


def dump_lines(lines: Iterable[FitLine]) -> bytes:
    """Return a result object: a line of JSON for each fit."""
    return "".join(f"{dumps(line)}\n" for line in lines).encode()


def load_lines(data: bytes, where: str = "a result object") -> Iterator[FitLine]:
    """Yield the lines of a result object."""
    for text in _texts(data):
        yield loads(text, where)


def heads(data: bytes, where: str = "a result object") -> Iterator[dict[str, Any]]:
    """Yield each line's fields but ``history``, ``params`` and ``why``, as JSON has them: NaN is still a string."""
    for text in _texts(data):
        yield _head(text) or _parsed(text, where)


def identity(text: str) -> str:
    """Return the identity of the fit a line is about."""
    found: str = (_head(text) or _parsed(text, "a result line"))["identity"]
    return found


def number(value: float | str) -> float:
    """Return a score as JSON has it as a float; "NaN" and "Infinity" are words that ``float`` knows."""
    return float(value)


def legal(value: Any) -> Any:
    """Return a value with the floats that JSON lacks as strings."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value).replace("nan", "NaN").replace("inf", "Infinity")
    if isinstance(value, dict):
        return {name: legal(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [legal(inner) for inner in value]
    return value


def _texts(data: bytes) -> Iterator[str]:
    return (text for text in data.decode().split("\n") if text)


def _head(text: str) -> dict[str, Any] | None:
    """Return what lies before ``history``; None for a line of another format or order of fields."""
    try:
        values = json.loads(text.partition(_CUT)[0] + "}")
    except ValueError:
        return None
    return values if values.keys() >= _HEAD and values["format"] == formats.FORMAT else None


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise WrongStore(f"{where} is not legal JSON ({error}): {text[:80]!r}") from error
    if not isinstance(values, dict):
        raise WrongStore(f"{where} is no result line, which is a JSON object: {text[:80]!r}")
    formats.refuse_newer(values, where)
    return values


def _floats(value: Any) -> Any:
    """Return params with the words for NaN and infinities as floats again."""
    if isinstance(value, str):
        return _WORDS.get(value, value)
    if isinstance(value, dict):
        return {name: _floats(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_floats(inner) for inner in value]
    return value
