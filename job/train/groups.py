"""Fits that are trained as one program, and what is told of such groups: rulings between workers, checkpoints."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from job.train.fits import FitRequest
from job.train.refusals import ByFit


@dataclass(frozen=True, eq=False)
class Group:
    """Fits trained, or tried to be trained, as one program, with what was found out about them.

    Attributes:
        requests: in the order in which they lie in the program's stack.
        blueprints: the model of each as built without values, see ``Blueprint``; none of fits that go by Keras
            ``fit``, and of a group nobody has looked at yet.
        why: why they go by Keras ``fit``; None otherwise.
    """

    requests: tuple[FitRequest, ...]
    blueprints: tuple[Any, ...] = ()
    why: ByFit | None = None

    @property
    def name(self) -> str:
        """A digest of the fits' identities."""
        identities = "\n".join(request.identity for request in self.requests)
        return hashlib.sha256(identities.encode()).hexdigest()[:16]

    @property
    def is_known(self) -> bool:
        """Whether somebody has looked at it."""
        return bool(self.blueprints) or self.why is not None

    def some(self, places: Sequence[int]) -> "Group":
        """A group of some of its fits."""
        blueprints = tuple(self.blueprints[one] for one in places) if self.blueprints else ()
        return Group(tuple(self.requests[one] for one in places), blueprints, self.why)

    def halves(self) -> tuple["Group", "Group"]:
        """Two groups of one that was too large; the second is empty where there was one fit."""
        count = len(self.requests)
        middle = (count + 1) // 2
        return self.some(range(middle)), self.some(range(middle, count))


@dataclass(frozen=True)
class Ruling:
    """Why fits of a shape are not trained together; ``tracing``: only where their program is yet to be traced."""

    why: str
    tracing: bool = False


class Rulings(Protocol):
    """Rulings of a run: each found out once, by whichever worker is first."""

    def of(self, shape: str) -> Ruling | None:
        """What some worker told of a shape, or None."""

    def tell(self, shape: str, ruling: Ruling) -> None:
        """Tells all workers; what was told first stands."""

    def weigh(self, shape: str, costs: float, saves: float) -> None:
        """Takes what tracing a program costs, and what each of its groups saves, in seconds; tells where it loses."""


class Checkpoint(Protocol):
    """Where the state of one long group is kept, over a loss of its worker."""

    def load(self) -> bytes | None:
        """What was saved last, or None."""

    def save(self, data: bytes) -> None:
        """Keeps a state in place of the one before."""
