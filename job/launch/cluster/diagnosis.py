"""When to say why nothing runs, and when to give up."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from job.errors import Incomplete, NotPermittedError, TunejobError, error_of
from job.launch.cluster import refusals
from job.launch.cluster.job_view import View
from job.launch.cluster.pod_troubles import Trouble, gist
from job.launch.cluster.pod_view import End
from job.store import Store
from job.store.keys import RunKeys
from job.study import times

BLOCKED = 60.0
"""Seconds that nothing may run for a cause that does not pass by itself."""
SETTLED = 3.0
"""Seconds that a cause must last before it is told: schedulers and kubelets pass through many."""
_SUSPENDED = "is suspended; its pods start when it is resumed (by its queue, or by kubectl)"


@dataclass
class Diagnosis:
    """Told once a second or so how things stand; says what is worth telling, once.

    Attributes:
        start_deadline: seconds to wait for a first pod.
        who: what the pods are, in a sentence.
        waited: seconds without any pod ever, time suspended left out.
    """

    start_deadline: float
    who: str = "a worker"
    waited: float = 0.0
    _lasted: Counter[str] = field(default_factory=Counter)
    _blocked: float = 0.0
    _suspended: bool = False
    _told: set[str] = field(default_factory=set)

    def after(self, seconds: float, view: View, troubles: Sequence[Trouble]) -> str | None:
        """Takes note that ``seconds`` have passed like this; returns a sentence worth telling.

        Raises:
            NotPermittedError: something is not installed.
            Incomplete: nothing ever ran, and it does not pass, or the start deadline is over.
        """
        if view.suspended != self._suspended:
            self._suspended = view.suspended
            return f"the Job {view.name} {_SUSPENDED if view.suspended else 'is resumed'}"
        if view.suspended:
            return None
        lasting = [trouble for trouble in troubles if self._last(trouble, seconds) >= SETTLED]
        for passed in set(self._lasted) - {gist(trouble.sentence) for trouble in troubles}:
            del self._lasted[passed]
        if not view.ran:
            self._give_up(seconds, lasting)
        new = [one for trouble in lasting if (one := self._once(trouble.sentence))]
        return " ".join(new) or None

    @property
    def left(self) -> tuple[float, bool]:
        """Seconds until this is given up as it stands, and whether that is because it does not pass."""
        until_start = self.start_deadline - self.waited
        if not self._blocked:
            return max(until_start, 0.0), False
        return max(min(until_start, BLOCKED - SETTLED - self._blocked), 0.0), True

    def _last(self, trouble: Trouble, seconds: float) -> float:
        self._lasted[gist(trouble.sentence)] += seconds  # type: ignore[assignment]  # a Counter counts fractions too
        return self._lasted[gist(trouble.sentence)]

    def _give_up(self, seconds: float, lasting: Sequence[Trouble]) -> None:
        self.waited += seconds
        self._blocked = self._blocked + seconds if any(one.kind != "waiting" for one in lasting) else 0.0
        absent = [one.sentence for one in lasting if one.kind == "absent"]
        if absent:
            raise NotPermittedError(absent[0])
        if self._blocked + SETTLED >= BLOCKED:
            causes = " ".join(one.sentence for one in lasting if one.kind == "blocked")
            raise Incomplete(f"{self.who} could not start: {causes} Then submit again.")
        if self.waited >= self.start_deadline:
            causes = " ".join(one.sentence for one in lasting) or "the cluster says nothing about why."
            raise Incomplete(
                f"{self.who} did not start within {times.duration(self.start_deadline)} "
                f"(cluster: {{startDeadline: …}}): {causes}"
            )

    def _once(self, sentence: str) -> str | None:
        if gist(sentence) in self._told:
            return None
        self._told.add(gist(sentence))
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


def same_end(ends: Iterable[End], parallelism: int) -> TunejobError | None:
    """The error of the first workers when twice as many as run at once ended alike; None when they did not.

    Kills whose cause nobody saw are no workers' own ends: how often they may come is for the store's marks to say.
    """
    counted = [end for end in ends if end.counts and not end.is_unseen]
    if not parallelism or len(counted) < 2 * parallelism or len({end.code for end in counted}) > 1:
        return None
    error = error_from(counted[-1])
    return type(error)(f"the first {len(counted)} workers all ended with exit code {counted[-1].code}: {error}")


def error_from(end: End) -> TunejobError:
    """What a worker's end means."""
    limit = refusals.patch("spec/containers/0/resources/limits/memory", "8Gi")
    if end.memory:
        return Incomplete(
            f"worker {end.pod} on node {end.node or '?'} was killed (out of memory). Raise the "
            f"PodTemplate's memory limit, such as: {limit}; then submit again."
        )
    if end.is_unseen:
        return Incomplete(
            f"worker {end.pod} on node {end.node or '?'} was killed (exit code {end.code}), and the cluster does not "
            "say why: a node that restarts leaves that, and whoever kills it by hand. `kubectl get events "
            f"--field-selector involvedObject.name={end.pod}` may tell. Submit again; where it comes back on every "
            f"node, it was memory: raise the PodTemplate's limit, such as: {limit}"
        )
    return error_of(
        end.code or 70, f"worker {end.pod} on node {end.node or '?'}: {end.message or 'it left no message'}"
    )
