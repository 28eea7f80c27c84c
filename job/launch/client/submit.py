"""From a submission to the run's verdict: created, found alive or found finished, and followed to its end."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from time import monotonic

from job.errors import ExitCode, Incomplete, NotPermittedError, error_of
from job.launch.client import controller_ends, controllers_words
from job.launch.client.replacing import created, replace
from job.launch.client.submission import Submission
from job.launch.cluster import names, pod_troubles, quiet
from job.launch.cluster.annotations import JobProgress, Verdict
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import AbsentError
from job.launch.cluster.diagnosis import Diagnosis
from job.launch.cluster.job_follower import Following
from job.launch.cluster.job_view import View, finished, uid
from job.launch.cluster.names import Owner
from job.study.times import duration

_OWN_ENDS = {int(code) for code in ExitCode if code < 128}  # not by a signal: something else ended it then
_OFTEN, _SELDOM, _EARLY = 10.0, 60.0, 120.0
"""Seconds of silence before it is said what is still so: in the first minutes, and later."""


def usual_store(api: Api, variable: str) -> str | None:
    """The store that the namespace gives to its pods, if it names one openly."""
    try:
        found = api.get("configmaps", names.STORE_CONFIG)
    except AbsentError:
        return None
    return (found.get("data") or {}).get(variable)


@dataclass(frozen=True)
class Submitted:
    """What came of a submission.

    Attributes:
        job: the controller's Job.
        sentence: what was done.
        is_new: whether this very submission created the Job.
    """

    job: Object
    sentence: str
    is_new: bool = False


def submit(api: Api, submission: Submission) -> Submitted:
    """Creates the run, unless it is there: one that is running or complete is left, any other is replaced."""
    try:
        found = api.get("jobs", submission.name)
    except AbsentError:
        job, is_new = created(api, submission)
        return Submitted(job, f"submitted the Job {submission.name}", is_new)
    if finished(found) is None and not found["metadata"].get("deletionTimestamp"):
        return Submitted(found, f"the Job {submission.name} is running; following it")
    if (verdict := verdict_of(found)) is not None and verdict.code == 0:
        return Submitted(found, f"the Job {submission.name} is complete; to run it anew, cancel it first")
    replace(api, found)
    job, is_new = created(api, submission)
    return Submitted(job, f"the Job {submission.name} had ended early; submitted it again", is_new)


def verdict_of(job: Object) -> Verdict | None:
    """The verdict that a controller left on its Job."""
    text = (job["metadata"].get("annotations") or {}).get(names.VERDICT)
    return Verdict.loads(text) if text else None


@dataclass
class Followed:
    """A submitted run, followed by somebody who may see no more than the cluster's objects.

    Attributes:
        api: the cluster.
        job: the controller's Job.
        start_deadline: seconds that the controller's pod may wait for a node or a quota.
        is_new: whether whoever follows created the Job just now, so that it may be taken away if it can't start.
    """

    api: Api
    job: Object
    start_deadline: float
    is_new: bool = False
    _told: dict[str, str] = field(default_factory=dict)
    _whispered: list[str] = field(default_factory=list)
    _following: Following = field(init=False)
    _began: float = field(default_factory=monotonic)
    _heard: float = field(default_factory=monotonic)  # since when nothing is new
    _beat: float = 0.0

    def __post_init__(self) -> None:
        owner = Owner(self.job["metadata"]["name"], uid(self.job))
        held = self.start_deadline if self.is_new else math.inf  # another's may be suspended on purpose
        diagnosis = Diagnosis(self.start_deadline, who="the controller", held_deadline=held)
        self._following = Following(self.api, owner, diagnosis, "it begins", self._whispered.append)

    def until_it_ends(self) -> Iterator[str]:
        """Yields sentences worth telling until the controller's Job has ended.

        Raises:
            TunejobError: the controller can't start, or we may not see whether it does. A Job that we created, and
                that is known to have done nothing, is deleted then; any other goes on.
        """
        view = self._following.view
        if finished(self.job) is not None:
            view.job = self.job
            return
        try:
            for sentence in self._following.until_it_ends():
                told = [*self._new(view), *([controllers_words.told(sentence, view.name)] if sentence else [])]
                if not self._told:  # once the controller says what it does, that tells more
                    told += self._whispered
                self._whispered.clear()
                yield from told or self._still(view)
                self._heard = monotonic() if told else self._heard
        except (Incomplete, NotPermittedError) as error:
            why = controllers_words.told(str(error), view.name)
            if self._is_idle():
                self.api.delete("jobs", view.name, uid=view.uid)
            else:
                why += (
                    f" The Job {view.name} is left as it is, and any workers go on; follow it again: submit again; end "
                    f"it: tunejob cancel {view.name}"
                )
            raise type(error)(why) from error
        yield from self._new(view)

    def _is_idle(self) -> bool:
        """Whether the Job is ours to take away: another's may have workers, though its own pod is gone just now."""
        view = self._following.view
        return self.is_new and self._following.diagnosis.gave_up and view.job is not None and not view.ran

    def verdict(self) -> Verdict:
        """How it ended.

        Raises:
            Incomplete: the Job was deleted, or ended for no cause of the controller's own, or its pod does not end.
        """
        view = self._following.view
        if view.gone:
            raise Incomplete(f"the Job {view.name} was deleted. Submit again to resume.")
        if (found := verdict_of(self.job)) is not None:
            return found
        kind, reason, message = view.condition or ("", "", "")
        if kind == "Complete":
            return Verdict(0, f"the Job {view.name} is complete")
        lost = self._following.lost
        unseen = [pod for pod in lost if pod["metadata"]["name"] not in view.ends]
        ends = [end for end in view.ends.values() if end.code in _OWN_ENDS]
        if ends and not unseen:  # it could not tell the cluster, or crashed until its Job gave up
            return Verdict(
                ends[-1].code or 0, f"the controller {ends[-1].pod} ended: {ends[-1].message or 'it left no message'}"
            )
        if lost:
            raise Incomplete(controller_ends.staying((unseen or lost)[0], view.name))
        last = next(reversed([end for end in view.ends.values() if end.counts] or [*view.ends.values()]), None)
        how = f" Of its controller, {controller_ends.told(last)}" if last else ""
        raise Incomplete(
            f"the controller's Job {view.name} ended as {reason}: {message.rstrip('.')}.{how} Submit again to resume."
        )

    def _still(self, view: View) -> Iterator[str]:
        """Now and then, where nothing is new: what is still so, and for how long."""
        now = monotonic()
        if now - max(self._beat, self._heard) < (_OFTEN if now - self._began < _EARLY else _SELDOM):
            return
        self._beat = now
        progress = self._told.get(names.PROGRESS)
        what = str(JobProgress.loads(progress)) if progress else quiet.told(view, "it begins")
        yield f"still {what or 'waiting'}, for {duration(now - self._heard)}"

    def _new(self, view: View) -> Iterator[str]:
        """What the controller wrote on its Job since the last look, and how its pods ended."""
        if view.job is not None:
            self.job = view.job
        noted = self.job["metadata"].get("annotations") or {}
        values = {name: noted[name] for name in (names.CAUSE, names.PROGRESS) if name in noted}
        for name, value in values.items():
            if self._told.get(name) != value:
                self._told[name] = value
                yield str(JobProgress.loads(value)) if name == names.PROGRESS else value
        for pod, end in view.ends.items():
            if pod not in self._told and view.condition is None:
                self._told[pod] = ""
                gist = pod_troubles.gist(controller_ends.told(replaced(end, pod="#", node="#")))
                if gist not in self._told:  # the one before it may have ended by the same cause
                    self._told[gist] = ""
                    yield f"the controller ended, and another takes over: {controller_ends.told(end)}"


def raised(verdict: Verdict) -> None:
    """Raises the error that a verdict is, unless it is complete."""
    if verdict.code:
        raise error_of(verdict.code, verdict.message)
