"""When to say why nothing runs, and when to give up."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from job.errors import Incomplete, NotPermittedError, TunejobError
from job.launch.cluster import queues
from job.launch.cluster.ends import same_end
from job.launch.cluster.job_view import View
from job.launch.cluster.pod_troubles import Trouble
from job.launch.cluster.pod_view import End
from job.store import Store
from job.store.keys import RunKeys
from job.study import times

BLOCKED = 60.0
"""Seconds that nothing may run for a cause that does not pass by itself."""
BLOCKED_LATER = 600.0
"""The same where workers ran before: what kept them from running may be mended, and much is at stake."""
SETTLED = 3.0
"""Seconds that a cause must last before it is told: schedulers and kubelets pass through many."""
_PAUSED = "is paused: it may run 0 pods at once. Let it go on: tunejob throttle N STUDY"
_SUSPENDED = "is suspended; its pods start when it is resumed by its queue"


@dataclass
class Diagnosis:
    """Told once a second or so how things stand; says what is worth telling, once.

    Attributes:
        start_deadline: seconds to wait for a first pod.
        who: what the pods are, in a sentence.
        held_deadline: seconds that a Job may be suspended which never ran, and which no queue holds.
        waited: seconds without any pod ever, time suspended left out.
        gave_up: whether an error was raised because nothing ever ran, or nothing can.
    """

    start_deadline: float
    who: str = "a worker"
    held_deadline: float = math.inf
    waited: float = 0.0
    gave_up: bool = False
    _held: float = 0.0
    _lasted: Counter[str] = field(default_factory=Counter)
    _blocked: float = 0.0
    _patience: float = BLOCKED
    _suspended: bool = False
    _told: set[str] = field(default_factory=set)

    def after(self, seconds: float, view: View, troubles: Sequence[Trouble], *, hopeful: bool = False) -> str | None:
        """Takes note that ``seconds`` have passed like this; returns a sentence worth telling.

        Args:
            seconds: since the last time.
            view: of the Job.
            troubles: of its pods now.
            hopeful: whether another of its pods may start all the same.

        Raises:
            NotPermittedError: something is not installed.
            Incomplete: nothing runs, and it does not pass; or nothing ever ran, and the start deadline is over.
        """
        if view.suspended != self._suspended:
            self._suspended, self._held = view.suspended, 0.0
            return self._suspension(view) if view.suspended else f"the Job {view.name} is resumed"
        if view.suspended:
            self._hold(seconds, view)
            return None
        if view.job is not None and not view.parallelism:
            return self._once("paused", f"the Job {view.name} {_PAUSED}")
        self._told.discard("paused")
        lasting = [trouble for trouble in troubles if self._last(trouble, seconds) >= SETTLED]
        for passed in set(self._lasted) - {trouble.key for trouble in troubles}:
            del self._lasted[passed]
        self._give_up(seconds, view, lasting, hopeful=hopeful)
        ends = " ends" if self._blocked else ""  # told again where it ends the run after all
        new = [told for one in lasting if (told := self._once(f"{one.key}{ends}", one.sentence))]
        return " ".join(new) or None

    @property
    def left(self) -> tuple[float, bool]:
        """Seconds until this is given up as it stands, and whether that is because it does not pass."""
        until_start = self.start_deadline - self.waited
        if not self._blocked:
            return max(until_start, 0.0), False
        return max(min(until_start, self._patience - SETTLED - self._blocked), 0.0), True

    def given_up(self, error: TunejobError) -> TunejobError:
        """The same error, noted as the end of a wait: others tell of what can't be seen."""
        self.gave_up = True
        return error

    def _suspension(self, view: View) -> str:
        if view.job is None or queues.is_queued(view.job):
            return f"the Job {view.name} {_SUSPENDED}"
        told = queues.unqueued(view.job)
        if view.ran or math.isinf(self.held_deadline):
            return f"{told} It is waited for until it is resumed."
        return f"{told} Waited for at most {times.duration(self.held_deadline)} (cluster: {{startDeadline: …}})."

    def _hold(self, seconds: float, view: View) -> None:
        """Counts how long a Job is suspended that never ran; a queue may take its time."""
        if view.job is None or view.ran or queues.is_queued(view.job):
            return
        self._held += seconds
        if self._held >= self.held_deadline:
            what = f"{self.who} did not start within {times.duration(self.held_deadline)}"
            raise self.given_up(Incomplete(f"{what}: {queues.unqueued(view.job)} Then submit again."))

    def _last(self, trouble: Trouble, seconds: float) -> float:
        self._lasted[trouble.key] += seconds  # type: ignore[assignment]  # a Counter counts fractions too
        return self._lasted[trouble.key]

    def _give_up(self, seconds: float, view: View, lasting: Sequence[Trouble], *, hopeful: bool) -> None:
        never = [one for one in lasting if one.kind != "waiting"]
        self._blocked = self._blocked + seconds if never and not hopeful and not view.running else 0.0
        self._patience = BLOCKED_LATER if view.ran else BLOCKED
        self.waited += 0.0 if view.ran else seconds
        absent = [one.sentence for one in never if one.kind == "absent"]
        if absent and not view.ran:
            raise self.given_up(NotPermittedError(absent[0]))
        if self._blocked and self._blocked + SETTLED >= self._patience:
            causes = " ".join(one.sentence for one in never)
            raise self.given_up(Incomplete(f"{self.who} could not start: {causes} Then submit again."))
        if not view.ran and self.waited >= self.start_deadline:
            causes = " ".join(one.sentence for one in lasting) or "the cluster says nothing about why."
            what = f"{self.who} did not start within {times.duration(self.start_deadline)}"
            raise self.given_up(Incomplete(f"{what} (cluster: {{startDeadline: …}}): {causes}"))

    def _once(self, key: str, sentence: str) -> str | None:
        if key in self._told:
            return None
        self._told.add(key)
        return sentence


@dataclass
class Hope:
    """Whether a run is worth going on with: its first workers do not all end alike, or one left a result."""

    store: Store
    keys: RunKeys
    _before: int = field(init=False)
    _kept: bool = False
    _ends: dict[str, End] = field(default_factory=dict)  # of all its Jobs

    def __post_init__(self) -> None:
        self._before = len(self.store.list(self.keys.results_prefix))

    def lost(self, view: View) -> TunejobError | None:
        """The error of the first workers, once twice as many as run at once ended alike without a result."""
        if self._kept:
            return None
        self._ends |= view.ends
        error = same_end(self._ends.values(), view.parallelism)
        if error is None:
            return None
        self._kept = len(self.store.list(self.keys.results_prefix)) > self._before
        return None if self._kept else error
