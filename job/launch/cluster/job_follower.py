"""Following one Job of workers to its end."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic

from job.errors import Incomplete, TunejobError
from job.launch.cluster import diagnosis, ends, event_troubles, names, pod_troubles, queues, quiet, sidecars
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import ClusterError
from job.launch.cluster.diagnosis import Diagnosis
from job.launch.cluster.job_view import View
from job.launch.cluster.names import Owner
from job.launch.cluster.pod_troubles import Trouble
from job.launch.cluster.pod_view import claims, has_ended, is_running, node_of, slim
from job.launch.cluster.watch import Watching

_DOING = {
    "prepare": "it imports the code, loads the data and tries one model",
    "shards": "fits are stored, and counted here, when their group is trained",
    "refit": "it trains the best trial on all rows",
}
"""What the pods of each task do."""
LOST = 120.0
"""Seconds past its grace period after which a pod that does not end is reported."""
LINGER = 15.0
"""Seconds that a pod may go on after its worker has ended."""
QUIET = 10.0
"""Seconds of one state without a word after which it is told."""
_ASK = 5.0  # seconds between two looks at events, while pods are missing and none ever ran
_ASK_LATER = 30.0
_CLAIMS = 3  # volume claims of a pod that are asked for


@dataclass
class Following:
    """One Job, followed.

    Attributes:
        api: the cluster.
        owner: the Job.
        diagnosis: says why nothing runs.
        task: what its pods do, by its label.
        whisper: takes sentences about a state that lasts, and is no trouble.
        view: what is known of the Job.
        running_seconds: how long at least one worker has been running.
        lost: pods that do not end, when nothing else of the Job is left.
    """

    api: Api
    owner: Owner
    diagnosis: Diagnosis
    task: str = ""
    whisper: Callable[[str], None] = lambda _: None
    view: View = field(init=False)
    running_seconds: float = 0.0
    lost: Sequence[Object] = ()
    _asked: float = 0.0
    _events: Sequence[Object] = ()
    _troubled: Sequence[Trouble] = ()
    _seen: set[str] = field(default_factory=set)  # pods whose ends were looked at
    _told: set[str] = field(default_factory=set)
    _unseen: set[str] = field(default_factory=set)  # kinds of which the cluster tells nothing now
    _state: str = ""
    _since: float = field(default_factory=monotonic)
    _never: float = math.inf  # since when it is known that its queue is not there
    _ended_at: dict[str, float] = field(default_factory=dict)
    _lost_nodes: set[str] = field(default_factory=set)

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
            watching.follow("pods", labels={names.JOB_NAME: self.owner.name}, slim=slim)
            last = monotonic()
            while not self._ended():
                sentence = self._see(watching)
                seconds, last = monotonic() - last, monotonic()
                if self.view.running:
                    self.running_seconds += seconds
                told = sentence or self._overdue() or self._diagnosed(seconds) or self._queued() or self._replaced()
                self._whisper(told)
                yield told
        if self.view.condition is not None and self.view.condition[0] == "Failed":
            self._look_once_more()

    @property
    def ending(self) -> str:
        """How the Job ended, in words."""
        if self.view.gone:
            return f"the Job {self.owner.name} was deleted"
        _, reason, message = self.view.condition or ("", "", "")
        if reason == "DeadlineExceeded":
            return f"the Job {self.owner.name} reached its deadline (cluster: {{deadline: …}})"
        last = next(reversed(self.view.ends.values()), None)
        why = None if last is None else ends.told(last)
        return f"the Job {self.owner.name} ended as {reason}: {message}" + (f". Of its pods: {why}" if why else "")

    def _see(self, watching: Watching) -> str | None:
        sentence = None
        for seen in watching.within(1.0):
            if seen.what != "lost":
                self._unseen.discard(seen.kind)
                self.view.see(seen)
                continue
            sentence = self._lost(seen.kind, seen.fault) or sentence
        return sentence

    def _lost(self, kind: str, fault: TunejobError | None) -> str | None:
        """What to say of a kind of which the cluster tells nothing now; nothing where another was told of."""
        told = None if self._unseen else f"the cluster does not answer; workers go on meanwhile ({fault})"
        self._unseen.add(kind)
        return told

    def _ended(self) -> bool:
        return self.view.gone or self.view.condition is not None or bool(self.lost)

    def _diagnosed(self, seconds: float) -> str | None:
        """What keeps pods from starting, and until when that is waited for."""
        if self.view.job is None:
            return None
        try:
            self._troubled = self._troubles()
        except ClusterError as fault:  # what was seen of events before stays so; the watches tell of the rest
            return self._lost("events", fault)
        told = self.diagnosis.after(seconds, self.view, self._troubled, hopeful=self._is_hopeful())
        left, blocked = self.diagnosis.left
        if told is None or self.view.suspended or not self.view.parallelism:
            return told
        if blocked:
            return f"{told} If it stays so, this ends at {quiet.clock(left)}."
        if self.view.ran:  # what ran may run again, and its Job's own deadline is all that ends it
            return told if self.view.running else f"{told} Waited for{quiet.until(self.view) or ' without an end'}."
        return f"{told} Waited for until {quiet.clock(left)}."

    def _troubles(self) -> list[Trouble]:
        here = [pod for pod in self.view.pods.values() if not pod["metadata"].get("deletionTimestamp")]
        waiting = [pod for pod in here if not is_running(pod) and not has_ended(pod)]
        self._look(waiting, missing=len(here) < self.view.wanted)
        unended = [pod for pod in here if not has_ended(pod)]  # what is beside a worker that runs may have troubles too
        return [*pod_troubles.of_pods(unended), *event_troubles.of_events(self._events)]

    def _is_hopeful(self) -> bool:
        """Whether a pod may start though another can't: an image that one node can't pull, another may."""
        blocked = any(one.kind != "waiting" for one in event_troubles.of_events(self._events))
        return not blocked and pod_troubles.are_hopeful(self.view.pods.values())

    def _look(self, waiting: Sequence[Object], *, missing: bool) -> None:
        """Asks for the newest events: of a pod that is made, of one that no node takes, of the Job for missing ones."""
        if not waiting and not missing:
            self._events = ()
            self._unseen.discard("events")  # nothing is asked, so nothing is kept from us
        elif monotonic() - self._asked >= (_ASK_LATER if self.view.ran else _ASK):
            self._asked = monotonic()
            self._events = [one for about in self._about(waiting, missing=missing) for one in self._newest(*about)]
            self._unseen.discard("events")

    def _about(self, waiting: Sequence[Object], *, missing: bool) -> Iterator[tuple[str, str]]:
        made = [pod for pod in waiting if pod.get("spec", {}).get("nodeName")]
        for pod in made[:1]:
            yield "Pod", pod["metadata"]["name"]
        for pod in [one for one in waiting if not one.get("spec", {}).get("nodeName")][:1]:
            yield "Pod", pod["metadata"]["name"]
            yield from (("PersistentVolumeClaim", claim) for claim in claims(pod)[:_CLAIMS])
        if missing:
            yield "Job", self.owner.name

    def _newest(self, kind: str, name: str) -> Sequence[Object]:
        fields = {"involvedObject.kind": kind, "involvedObject.name": name}
        return event_troubles.newest(self.api.items("events", fields=fields))

    def _queued(self) -> str | None:
        """What the queue says of a Job that it holds."""
        if not self.view.suspended or self.view.job is None:
            self._never = math.inf
            return None
        if monotonic() - self._asked < _ASK:
            return None
        self._asked = monotonic()
        told = queues.told(self.api, self.view.job)
        if told is None:
            return None
        never = told.never and not self.view.ran  # what ran before may have been sent back, and wait for its turn
        self._never = min(self._never, monotonic()) if never else math.inf
        left = diagnosis.BLOCKED - diagnosis.SETTLED - (monotonic() - self._never)
        if never and left <= 0:
            why = f"{self.diagnosis.who} could not start: {told.sentence} Then submit again."
            raise self.diagnosis.given_up(Incomplete(why))
        end = "It ran before, so this waits until that is mended." if told.never else ""
        end = f"If it stays so, this ends at {quiet.clock(left)}." if never else end
        return self._once(pod_troubles.gist(told.sentence), f"{told.sentence} {end}".rstrip())

    def _overdue(self) -> str | None:
        stuck = self.view.stuck(LOST)
        lingering = [pod for pod in self.view.lingering if self._lingers(pod)]
        if (stuck or lingering) and len({id(pod) for pod in (*stuck, *lingering)}) == len(self.view.pods):
            self.lost = [*stuck, *lingering]
        told = self._stuck(stuck, self.view.stuck(0.0))
        told += [one for pod in lingering[:1] if (one := self._once("lingering", sidecars.lingering(pod)))]
        return " ".join(told) or None

    def _stuck(self, stuck: Sequence[Object], late: Sequence[Object]) -> list[str]:
        """A sentence for each node that is lost since the last look, with all of its pods that are late by now."""
        nodes = {node_of(pod) for pod in stuck}
        new, self._lost_nodes = nodes - self._lost_nodes, nodes
        return [pod_troubles.lost_node(*(pod for pod in late if node_of(pod) == node)) for node in sorted(new)]

    def _replaced(self) -> str | None:
        """What ended pods that had not come to their own end, each kind once."""
        for name, end in self.view.ends.items():
            if name not in self._seen:
                self._seen.add(name)
                told = ends.told(end)
                if told is not None and (once := self._once(pod_troubles.gist(told), told)):
                    return once
        return None

    def _lingers(self, pod: Object) -> bool:
        """Whether its worker ended a while ago, and nobody told the pod to end: what is told is ending, or stuck."""
        meta = pod["metadata"]
        waited = monotonic() - self._ended_at.setdefault(meta["name"], monotonic())
        return waited >= LINGER + sidecars.grace(pod) and not meta.get("deletionTimestamp")

    def _whisper(self, told: str | None) -> None:
        """Tells a state that lasts, once, where nothing else was told of it."""
        state = quiet.state(self.view)
        if told is not None or state != self._state:
            self._state, self._since = state, monotonic()
        elif self._troubled and state != "running":
            self._since = monotonic()  # what keeps it was told, and is the cause that stays to be read
        elif monotonic() - self._since >= QUIET and f"state {state}" not in self._told:
            self._told.add(f"state {state}")
            if sentence := quiet.told(self.view, _DOING.get(self.task, "")):
                self.whisper(sentence)

    def _look_once_more(self) -> None:
        """The Job's end may be seen before that of its last pod."""
        of, failed = {names.JOB_NAME: self.owner.name}, {"status.phase": "Failed"}
        for pod in self.api.items("pods", labels=of, fields=failed, slim=slim):
            self.view.see_pod(pod)

    def _once(self, key: str, sentence: str) -> str | None:
        if key in self._told:
            return None
        self._told.add(key)
        return sentence
