"""The scores of a run's fits as arrays, filled from result objects in whatever order they are read."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from job.data.rows import Array
from job.errors import WrongStore
from job.results.failures import Failures
from job.results.line import heads, number

_FILES = 10_000  # more of them have names of their own, most likely


class Fits:
    """One place for each fit of a run; a fit that was stored twice counts once, as the first key has it.

    All arrays are (trials, folds):

    Attributes:
        scores: for each scorer float64, NaN where there is no score (yet).
        train_scores: the same on training rows; empty when they are not asked for.
        fit_seconds: float64, NaN where the fit is missing.
        score_seconds: float64, NaN where the fit is missing.
        trace_seconds: float32, what tracing took once for the group of which a fit is the first; 0 for others.
        compile_seconds: float32, the same of compiling.
        finished: float64, seconds since 1970.
        source: int32, the place in ``keys`` of the object that holds the fit's line; -1 where the fit is missing.
        cause: int32, the code of a failed fit's cause; -1 where the fit succeeded or is missing.
        way: int16, the place in ``ways`` of how the fit was trained; -1 where it is missing.
        ways: the ways seen so far.
        taken: bool, whether an earlier run trained the fit; its seconds are those it took there.
        outputs: bool, whether what the fit's model predicted is kept.
        keys: the objects read so far, in the order in which they were read.
        wrote: how many fits wrote a file by their callbacks, for each of the first files.
        unexpected: how many fits met an error that nobody foresaw where they were trained together, by what was told.
    """

    def __init__(self, trials: int, folds: int, scoring: Sequence[str], *, train: bool = False) -> None:
        def floats() -> Array:
            return np.full((trials, folds), np.nan)

        self.scores = {name: floats() for name in scoring}
        self.train_scores = {name: floats() for name in scoring} if train else {}
        self.fit_seconds, self.score_seconds, self.finished = floats(), floats(), floats()
        self.trace_seconds, self.compile_seconds = (np.zeros((trials, folds), np.float32) for _ in range(2))
        self.source, self.cause = (np.full((trials, folds), -1, np.int32) for _ in range(2))
        self.way = np.full((trials, folds), -1, np.int16)
        self.taken, self.outputs = (np.zeros((trials, folds), bool) for _ in range(2))
        self.ways: list[str] = []
        self.keys: list[str] = []
        self.failures = Failures()
        self.unexpected: Counter[str] = Counter()
        self.wrote: Counter[str] = Counter()

    @property
    def done(self) -> Array:
        """Which fits are stored, failed ones too."""
        found: Array = self.source >= 0
        return found

    @property
    def failed(self) -> Array:
        """Which fits failed."""
        found: Array = self.cause >= 0
        return found

    @property
    def began(self) -> float:
        """When the first group began, in seconds since 1970; NaN before any has ended.

        A group's fits end together, so its beginning is by the seconds of all of them.
        """
        known = self.done & (self.finished > 0)
        if not known.any():
            return math.nan
        source, seconds = self.source[known], self.fit_seconds[known] + self.score_seconds[known]
        seconds = np.where(self.taken[known], 0.0, seconds)  # nothing was trained here
        took = np.bincount(source, seconds + self.trace_seconds[known])
        first = np.full(len(took), np.inf)
        np.minimum.at(first, source, self.finished[known])
        return float(np.min(first - took))

    def add(self, key: str, data: bytes) -> list[int]:
        """Take in one result object, and return the trials whose fits it holds.

        Raises:
            WrongStore: it is no result object of this run.
            UsageError: a newer tunejob wrote it.
        """
        self.keys.append(key)
        touched = []
        for head in heads(data, key):
            place = (head["trial"], head["fold"])
            if not (0 <= place[0] < self.source.shape[0] and 0 <= place[1] < self.source.shape[1]):
                raise WrongStore(f"{key} holds fold {place[1]} of trial {place[0]}, which this run does not have")
            if self.source[place] < 0 or key < self.keys[self.source[place]]:
                self._put(place, key, head)
                touched.append(place[0])
        return touched

    def repeat(self, twin: Array) -> None:
        """Give each duplicate its twin's fits; ``twin`` is (trials,), -1 for a trial that trains."""
        duplicates = np.flatnonzero(twin >= 0)
        rest = (self.fit_seconds, self.score_seconds, self.finished, self.source, self.cause, self.way, self.taken)
        for array in (*self.scores.values(), *self.train_scores.values(), *rest):
            array[duplicates] = array[twin[duplicates]]

    def _put(self, place: tuple[int, int], key: str, head: Mapping[str, Any]) -> None:
        is_new = self.source[place] < 0
        for arrays, scores in ((self.scores, head["scores"]), (self.train_scores, head["train_scores"] or {})):
            for name, array in arrays.items():
                array[place] = number(scores.get(name, np.nan))
        self.fit_seconds[place] = head["fit_seconds"]
        self.score_seconds[place] = head["score_seconds"]
        self.trace_seconds[place] = head.get("trace_seconds", 0.0)
        self.compile_seconds[place] = head.get("compile_seconds", 0.0)
        self.finished[place] = datetime.fromisoformat(head["finished"]).timestamp()
        self.source[place] = len(self.keys) - 1
        self.way[place] = self._way(head["way"])
        self.taken[place] = bool(head.get("taken"))
        self.outputs[place] = bool(head.get("outputs"))
        if told := head.get("unexpected"):
            self.unexpected[told] += 1
        for file in head.get("wrote", ()) if is_new else ():
            if file in self.wrote or len(self.wrote) < _FILES:
                self.wrote[file] += 1
        error = head["error"]
        self.cause[place] = -1 if error is None else self.failures.code(*place, key, error)

    def _way(self, way: str) -> int:
        if way not in self.ways:
            self.ways.append(way)
        return self.ways.index(way)
