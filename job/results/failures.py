"""Failed fits grouped by cause, so that a thousand of them are read as the few mistakes they are."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from job.data.rows import Array
from job.results.line import FitFailure

_VARYING = re.compile(r"0x[0-9a-fA-F]+|\d+(\.\d+)?(e[-+]?\d+)?")
_FRAME = re.compile(r'\s*File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>.+)')
_PACKAGE = Path(__file__).parents[1]
_TOLD = 5
_TRIALS = 8
_CAUSES = 1_000  # more are counted together, so that messages that all differ can't fill the memory


@dataclass(frozen=True)
class Cause:
    """One cause of failed fits: how many, the lowest (trial, fold) of them, and that fit's own failure."""

    count: int
    trial: int
    fold: int
    failure: FitFailure
    trials: tuple[int, ...]
    """The first 20 trials with it."""

    def __str__(self) -> str:
        """Say the cause in a line, with its count."""
        fits = "1 fit" if self.count == 1 else f"{self.count:,} fits"
        return f"{fits}: {self.failure.kind}: {first_line(self.failure.message)}"


def told(causes: Sequence[Cause], failed: int, fits: int) -> list[str]:
    """Say how many fits failed of how many, then each cause with its trials and where in the user's code it arose."""
    if not failed:
        return []
    kinds = "for one cause" if len(causes) == 1 else f"for {len(causes):,} causes"
    lines = [f"{failed:,} of {fits:,} fits FAILED, {kinds}:"]
    for cause in causes[:_TOLD]:
        trials = ", ".join(map(str, cause.trials[:_TRIALS])) + (", …" if len(cause.trials) > _TRIALS else "")
        count = "1 fit" if cause.count == 1 else f"{cause.count:,} fits"
        said = f"{cause.failure.kind}: {first_line(cause.failure.message)}"
        lines.append(f"  {count} (trial{'s' * (len(cause.trials) > 1)} {trials}): {said}")
        if (where := own_frame(cause.failure.traceback)) is not None:
            lines.append(f"    {where}")
    if len(causes) > _TOLD:
        lines.append(f"  and {len(causes) - _TOLD:,} more causes")
    return lines


def own_frame(traceback: str) -> str | None:
    """Return the innermost frame of a traceback that is the user's own: file, line, function and its source."""
    found = None
    lines = traceback.splitlines()
    for place, line in enumerate(lines):
        frame = _FRAME.match(line)
        if frame is not None and not _is_foreign(frame["file"]):
            source = lines[place + 1].strip() if lines[place + 1 :] and not _FRAME.match(lines[place + 1]) else ""
            told = f"{PurePath(frame['file']).name} line {frame['line']}, in {frame['function']}"
            found = f"{told}: {source}" if source else told
    return found


def _is_foreign(file: str) -> bool:
    """Whether a frame's file is a library's, Python's own, or one of ours."""
    parts = PurePath(file).parts
    if file.startswith("<") or {"site-packages", "dist-packages"} & set(parts):
        return True
    if any(re.fullmatch(r"python3(\.\d+)?|Lib", part) for part in parts):
        return True
    after = parts[len(parts) - parts[::-1].index("job") :] if "job" in parts else ()
    return bool(after) and _PACKAGE.joinpath(*after).is_file()


def first_line(message: str) -> str:
    """Return a message's first line that says something."""
    return next((line.strip() for line in message.splitlines() if line.strip()), "")


class Failures:
    """The causes seen so far, each with a code; which fit has which cause is the caller's to keep."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], int] = {}
        self._examples: list[tuple[tuple[int, int, str], Mapping[str, Any]]] = []

    def code(self, trial: int, fold: int, key: str, error: Mapping[str, Any]) -> int:
        """Return the code of a failure's cause; messages that differ in numbers only are one cause."""
        cause = (error["kind"], _VARYING.sub("#", first_line(error["message"])))
        if len(self._codes) >= _CAUSES and cause not in self._codes:
            cause = ("", "")
        code = self._codes.setdefault(cause, len(self._codes))
        example = ((trial, fold, key), error)
        if code == len(self._examples):
            self._examples.append(example)
        elif example[0] < self._examples[code][0]:
            self._examples[code] = example
        return code

    def causes(self, codes: Array) -> tuple[Cause, ...]:
        """Return the causes of (trials, folds) codes, -1 where a fit did not fail; the most frequent first."""
        counts = np.bincount(codes[codes >= 0], minlength=len(self._examples))
        order = sorted(np.flatnonzero(counts), key=lambda code: (-counts[code], self._examples[code][0]))
        return tuple(self._cause(int(code), int(counts[code]), codes) for code in order)

    def _cause(self, code: int, count: int, codes: Array) -> Cause:
        (trial, fold, _), error = self._examples[code]
        trials = np.flatnonzero((codes == code).any(axis=1))[:20]
        return Cause(count, trial, fold, FitFailure.model_validate(error), tuple(int(number) for number in trials))
