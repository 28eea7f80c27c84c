"""What a controller leaves on its own Job, as annotations, for those who have no rights in the store."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from job.errors import ExitCode

BEST = 10
"""Trials that are told."""
LASTING = (
    ExitCode.COMPLETE,
    ExitCode.USAGE,
    ExitCode.DATA,
    ExitCode.INCOMPLETE,
    ExitCode.NO_GPU,
    ExitCode.NOT_PERMITTED,
)
"""Ends of a controller that are verdicts; after any other its Job starts another controller."""
LARGEST = 60_000
"""Bytes of one annotation: all of an object's together may have 262,144."""


@dataclass(frozen=True)
class BestTrial:
    """One trial of the best: its params are values of JSON."""

    number: int
    score: float
    params: Mapping[str, Any]
    std: float = 0.0

    def __str__(self) -> str:
        """The trial in a line."""
        given = ", ".join(f"{name}={_plain(value)}" for name, value in self.params.items())
        deviation = f" ± {_plain(self.std)}" if self.std else ""
        return f"{_plain(self.score)}{deviation}  trial {self.number}: {given}"


@dataclass(frozen=True)
class JobProgress:
    """How far a run is."""

    done: int
    fits: int
    failed: int = 0
    best: BestTrial | None = None

    def __str__(self) -> str:
        """The progress in a line."""
        failed = f", {self.failed:,} failed" if self.failed else ""
        best = f"; best {self.best}" if self.best else ""
        return f"{self.done:,} of {self.fits:,} fits{failed}{best}"

    def dumps(self) -> str:
        """As the annotation has it."""
        text = json.dumps(asdict(self))
        return text if len(text) <= LARGEST else replace(self, best=None).dumps()

    @classmethod
    def loads(cls, text: str) -> "JobProgress":
        """What ``dumps`` wrote."""
        found = json.loads(text)
        return cls(found["done"], found["fits"], found["failed"], _trial(found["best"]) if found["best"] else None)


@dataclass(frozen=True)
class Verdict:
    """How a run ended.

    Attributes:
        code: the exit code of whoever waited for it.
        message: what was found, or what is wrong and what to do.
        metric: the scorer that ranks.
        best: the best trials, the best first.
    """

    code: int
    message: str
    metric: str = ""
    best: tuple[BestTrial, ...] = ()

    def dumps(self) -> str:
        """As the annotation has it: where params are long, of fewer trials."""
        text = json.dumps(asdict(self))
        if len(text) <= LARGEST:
            return text
        if self.best:
            return replace(self, best=self.best[:-1]).dumps()
        return replace(self, message=self.message[: LARGEST // 12]).dumps()

    @classmethod
    def loads(cls, text: str) -> "Verdict":
        """What ``dumps`` wrote."""
        found = json.loads(text)
        best = tuple(_trial(one) for one in found["best"])
        return cls(found["code"], found["message"], found["metric"], best)

    def lines(self) -> list[str]:
        """The verdict and the best trials, for a person."""
        ranked = [f"{rank:3}. {trial}" for rank, trial in enumerate(self.best, start=1)]
        return [self.message, *([f"best by {self.metric}:", *ranked] if ranked else [])]

    def shown(self, largest: int) -> str:
        """The same as one text of so many bytes at most."""
        return "\n".join(self.lines()).encode()[:largest].decode(errors="ignore")


def _trial(found: Mapping[str, Any]) -> BestTrial:
    return BestTrial(found["number"], found["score"], found["params"], found["std"])


def _plain(value: Any) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)
