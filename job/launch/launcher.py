"""The seam between the controller and whoever starts workers."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from job.plan.plan import Plan
from job.store.keys import RunKeys
from job.study.study import Study


class Launcher(Protocol):
    """Starts workers and waits for them; knows nothing of scores."""

    def prepare(self, study: Study, nonce: str, *, measure: bool) -> None:
        """Runs the worker that prepares, to its end.

        Raises:
            TunejobError: the one whose exit code the worker ended with, with the worker's own words.
        """

    def shards(self, keys: RunKeys, plan: Plan, missing: Sequence[int]) -> Iterator[str | None]:
        """Runs these shards; yields about once a second, with a sentence where there is one worth telling.

        Returns when no worker runs any more, whatever became of the shards: the results tell.

        Raises:
            TunejobError: when every worker would end the same way (wrong study, no GPU, not permitted).
        """

    def refit(self, keys: RunKeys) -> None:
        """Runs the worker that trains the best trial on all rows, to its end; raises as ``prepare`` does."""

    def stop(self) -> None:
        """Tells all workers to end, and waits until they have."""

    @property
    def running_seconds(self) -> float:
        """Seconds that workers have been running: time queued or suspended counts against no limit."""
