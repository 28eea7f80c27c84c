"""Following one Job of workers to its end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from job.launch.cluster import names, pod_troubles
from job.launch.cluster.api import Api, Object
from job.launch.cluster.diagnosis import Diagnosis
from job.launch.cluster.job_view import View, is_running
from job.launch.cluster.names import Owner
from job.launch.cluster.pod_troubles import Trouble
from job.launch.cluster.watch import Watching

LOST = 120.0
"""Seconds past its grace period after which a pod that does not end is reported."""
_ASK = 5.0  # seconds between two looks at events, while pods are missing and none ever ran
_ASK_LATER = 30.0


@dataclass
class Following:
    """One Job, followed.

    Attributes:
        api: the cluster.
        owner: the Job.
        diagnosis: says why nothing runs.
        view: what is known of the Job.
        running_seconds: how long at least one worker has been running.
        lost: pods that do not end, when nothing else of the Job is left.
    """

    api: Api
    owner: Owner
    diagnosis: Diagnosis
    view: View = field(init=False)
    running_seconds: float = 0.0
    lost: Sequence[Object] = ()
    _asked: float = 0.0
    _events: Sequence[Object] = ()
    _told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.view = View(self.owner.name, self.owner.uid)

    def until_it_ends(self) -> Iterator[str | None]:
        """Yields about once a second, with a sentence where there is one worth telling, until the Job has ended.

        It has ended when it is complete, failed or deleted, or when only pods are left that do not end.

        Raises:
            TunejobError: nothing ever ran, and it does not pass.
        """
        with Watching(self.api) as watching:
            watching.follow("jobs", fields={"metadata.name": self.owner.name})
            watching.follow("pods", labels={names.JOB_NAME: self.owner.name})
            last = monotonic()
            while not self._ended():
                sentence = self._see(watching)
                seconds, last = monotonic() - last, monotonic()
                if self.view.running:
                    self.running_seconds += seconds
                told = self.diagnosis.after(seconds, self.view, self._troubles()) if self.view.job else None
                yield sentence or self._overdue() or told
        if self.view.condition is not None and self.view.condition[0] == "Failed":
            self._look_once_more()

    def _see(self, watching: Watching) -> str | None:
        sentence = None
        for seen in watching.within(1.0):
            if seen.what == "lost":
                sentence = self._once("lost", f"the cluster does not answer; workers go on meanwhile ({seen.fault})")
            else:
                self._told.discard("lost")
                self.view.see(seen)
        return sentence

    def _ended(self) -> bool:
        return self.view.gone or self.view.condition is not None or bool(self.lost)

    def _troubles(self) -> list[Trouble]:
        here = [pod for pod in self.view.pods.values() if not pod["metadata"].get("deletionTimestamp")]
        waiting = [pod for pod in here if not is_running(pod)]
        if waiting:
            self._ask("Pod", waiting[0]["metadata"]["name"])
        elif len(here) < self.view.wanted:
            self._ask("Job", self.owner.name)
        else:
            self._events = ()
        return [*pod_troubles.of_pods(waiting), *pod_troubles.of_events(self._events)]

    def _ask(self, kind: str, name: str) -> None:
        """Asks for the newest event about the Job when pods are missing, or about a pod that is being made."""
        if monotonic() - self._asked < (_ASK_LATER if self.view.ran else _ASK):
            return
        self._asked = monotonic()
        found = self.api.items("events", fields={"involvedObject.kind": kind, "involvedObject.name": name})
        newest = sorted(found, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")[-1:]
        self._events = [event for event in newest if event.get("type") == "Warning"]

    def _overdue(self) -> str | None:
        stuck = self.view.stuck(datetime.now(UTC), LOST)
        if stuck and len(stuck) == len(self.view.pods):
            self.lost = stuck
        told = [one for pod in stuck if (one := self._once(pod["metadata"]["name"], pod_troubles.lost_node(pod)))]
        return " ".join(told) or None

    def _look_once_more(self) -> None:
        """The Job's end may be seen before that of its last pod."""
        for pod in self.api.items("pods", labels={names.JOB_NAME: self.owner.name}):
            self.view.see_pod(pod)

    def _once(self, key: str, sentence: str) -> str | None:
        if key in self._told:
            return None
        self._told.add(key)
        return sentence
