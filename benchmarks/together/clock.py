"""A clock that starts when it is made."""

from dataclasses import dataclass, field
from time import perf_counter


@dataclass(frozen=True)
class Clock:
    """Seconds since it was made."""

    began: float = field(default_factory=perf_counter)

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return perf_counter() - self.began
