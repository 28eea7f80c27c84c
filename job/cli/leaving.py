"""The end of a controller that is told to end: at once, but where its run was cancelled that is written down first."""

import os
import signal
from dataclasses import dataclass
from types import FrameType

from job.errors import ExitCode
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import AbsentError
from job.launch.cluster.job_view import uid
from job.plan.plan import Plan
from job.results import status
from job.store import RunKeys, Store

_WORD = 5.0
"""Seconds that the last word may take; the pod is killed after thirty."""


@dataclass
class Leaving:
    """What a controller does when it is told to end.

    Attributes:
        api: the cluster.
        job: the controller's own Job.
        store: where its run lies.
        keys: of the run that it follows; None before there is a plan.
    """

    api: Api
    job: Object
    store: Store
    keys: RunKeys | None = None

    def follow(self, plan: Plan) -> None:
        """Takes note of the run that is followed from now on."""
        self.keys = RunKeys(plan.study, plan.run)

    def now(self, _signal: int, _frame: FrameType | None) -> None:
        """Handles SIGTERM: workers go on, and the next controller finds everything where this one left it.

        Where no other one will come, the run's status would call it live for two minutes more.
        """
        try:
            signal.signal(signal.SIGALRM, at_once)  # whatever was interrupted may hold what the last word waits for
            signal.setitimer(signal.ITIMER_REAL, _WORD)
            if self.keys is not None and self._is_cancelled():
                status.leave(self.store, self.keys)
        finally:
            at_once(_signal, _frame)

    def _is_cancelled(self) -> bool:
        """Whether our Job is gone or going, so that it starts no other controller: not so where the pod is evicted."""
        try:
            found = self.api.get("jobs", self.job["metadata"]["name"])
        except AbsentError:
            return True
        return uid(found) != uid(self.job) or bool(found["metadata"].get("deletionTimestamp"))


def at_once(_signal: int, _frame: FrameType | None) -> None:
    """Ends this process, whatever it does."""
    os._exit(int(ExitCode.TERMINATED))
