"""Workers as pods: one Indexed Job for each launch of a run, adopted where it is still running, followed to its end."""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from job.errors import Incomplete, NotPermittedError, TunejobError
from job.launch.cluster import lost_workers, manifests, names, refusals, shard_jobs, single_jobs
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import ExistsError, QuotaError
from job.launch.cluster.diagnosis import Diagnosis, Hope
from job.launch.cluster.ends import error_from, same_end
from job.launch.cluster.events import Telling
from job.launch.cluster.job_follower import Following
from job.launch.cluster.job_view import View, finished, uid
from job.launch.cluster.jobs import Jobs, number_of
from job.launch.cluster.manifests import Launch
from job.launch.cluster.names import Owner, Task
from job.launch.cluster.owners import owners
from job.launch.cluster.pod_view import End, index_of
from job.launch.cluster.sightings import Sightings
from job.plan.plan import Plan
from job.store import Store
from job.store.keys import RunKeys
from job.study.study import Cluster, Study

Shards = tuple[int, ...]


@dataclass
class ClusterLauncher:
    """Starts workers as Jobs that belong to the controller's Job. Implements ``Launcher``.

    Attributes:
        api: the cluster, and the namespace in it.
        store: where plan and results lie; its URL is what workers get.
        controller: the controller's own Job.
        code: the ConfigMap of the user's code.
        settings: the study's ``cluster``.
        telling: events and annotations.
        say: what a person who follows the controller should read.
    """

    api: Api
    store: Store
    controller: Owner
    code: str
    settings: Cluster
    telling: Telling
    say: Callable[[str], None]
    _jobs: Jobs = field(init=False)
    _sightings: Sightings = field(init=False)
    _following: Following | None = None
    _ran_before: float = 0.0
    _lost: Counter[str] = field(default_factory=Counter)
    _had: Counter[str] = field(default_factory=Counter)
    _failed: Counter[int] = field(default_factory=Counter)
    """How often the worker of each shard failed in a Job that others beside it kept from ending."""

    def __post_init__(self) -> None:
        self._jobs = Jobs(self.api, self.store.url, self.controller, self.code, self.settings, say=self.say)
        self._sightings = Sightings(self.store)

    @property
    def remarks(self) -> Sequence[str]:
        """Nodes that lose workers out of proportion."""
        now = lost_workers.counted(self._following.view) if self._following else (Counter[str](), Counter[str]())
        return lost_workers.told(self._lost + now[0], self._had + now[1])

    @property
    def running_seconds(self) -> float:
        """Seconds that at least one worker has been running."""
        return self._ran_before + (self._following.running_seconds if self._following else 0.0)

    def prepare(self, study: Study, nonce: str, *, measure: bool) -> None:
        """Runs the Job that prepares, to its end; one that an earlier controller of this Job began is adopted."""
        name = names.prepare_job(study.name, nonce)
        for job in self._jobs.labelled(names.labels(study.name, task="prepare")):
            mine = self.controller.uid in owners(job)
            if mine and (job["metadata"]["name"] != name or finished(job) is not None):
                self._jobs.take_away(job)
        wish = ["--apart"] if self._jobs.template(names.PREPARE_TEMPLATE) else ["--measure"] if measure else []
        arguments = ["--study-name", study.name, "--prepare", nonce, *wish]
        self._one("prepare", lambda: self._jobs.launch(name, "prepare", study.name, "", arguments))

    def refit(self, keys: RunKeys) -> None:
        """Runs the Job that trains the best trial on all rows, to its end; one that runs already is adopted."""
        found = self._jobs.labelled(names.labels(keys.study, keys.run, "refit"))
        live = [one for one in found if finished(one) is None and not one["metadata"].get("deletionTimestamp")]
        numbers = count(max(map(number_of, live), default=max(map(number_of, found), default=0) + 1))
        arguments = ["--study-name", keys.study, "--run", keys.run, "--refit"]

        def launch() -> Launch:
            return self._jobs.launch(names.refit_job(keys.run, next(numbers)), "refit", keys.study, keys.run, arguments)

        self._one("refit", launch)

    def shards(self, keys: RunKeys, plan: Plan, missing: Sequence[int]) -> Iterator[str | None]:
        """Runs these shards in Jobs, one after the other until none is left that another Job would help."""
        left, hope = set(missing), Hope(self.store, keys)
        while left:
            job, shards = yield from self._launched(keys, sorted(left, key=lambda one: (-plan.costs[one], one)))
            following = self._follow(job)
            throttled = False
            for sentence in self._until_it_ends(following):
                self._sightings.leave(keys, following.view, shards)
                if not throttled and (throttled := self._throttle(following.view)):
                    yield self._told(
                        f"launching another Job, of {self._jobs.parallelism} at once, as the queue is asked anew"
                    )
                if (error := hope.lost(following.view)) is not None:
                    self.stop()
                    raise error
                yield self._told(sentence)
            self._jobs.keep_to(following.view.job)
            self._sightings.leave(keys, following.view, shards)
            if throttled and following.view.gone:
                left -= {shards[index] for index in following.view.completed}
                continue
            yield from self._ended(following)
            if following.view.gone or (following.view.condition or ("", ""))[1] == "DeadlineExceeded":
                return
            left -= self._finished(keys, following, shards)

    def _throttle(self, view: View) -> bool:
        """Ends a queued Job that somebody wants to have another parallelism: its queue refuses to change it in place.

        What it is deleted with is seen by whoever follows it, as any end is.
        """
        noted = (view.job or {}).get("metadata", {}).get("annotations") or {}
        wanted = noted.get(names.THROTTLE)
        if wanted is None or wanted == noted.get(names.PARALLELISM):
            return False
        self._jobs.parallelism = int(wanted)
        self.api.delete("jobs", view.name, uid=view.uid, propagation="Foreground")
        return True

    def stop(self) -> None:
        """Ends the Job that is followed, and waits until its pods have ended, but not for ever: nodes may be lost."""
        if self._following is None:
            return
        job = self._following.owner
        self.api.delete("jobs", job.name, uid=job.uid, propagation="Foreground")
        self._jobs.until_gone(job, self.say)

    def _launched(self, keys: RunKeys, left: Sequence[int]) -> Generator[str | None, None, tuple[Object, Shards]]:
        """The Job to follow, with its shards: one that is running, or a new one of the shards that are left."""
        steps = shard_jobs.launched(self._jobs, self.store, keys, left)
        while True:
            try:
                yield self._told(*next(steps))
            except StopIteration as end:
                found: tuple[Object, Shards] = end.value
                return found

    def _one(self, task: Task, launch: Callable[[], Launch]) -> None:
        """Runs Jobs of one index until one came to its end; raises the error that its worker ended with."""
        ends: dict[str, End] = {}
        try:
            while not self._follow_one(job := self._created(launch()), ends):
                self._say(f"launching another Job to {task}, in the place of {job['metadata']['name']}")
        except TunejobError as error:
            told = refusals.of_template(str(error), self._jobs.template_of(task))
            if told == str(error):
                raise
            raise type(error)(told) from error

    def _follow_one(self, job: Object, ends: dict[str, End]) -> bool:
        """Follows a Job of one index to its end; False where another is to be launched. ``ends`` are of all of them."""
        following = self._follow(job)
        view = following.view
        for sentence in self._until_it_ends(following):
            self._say(sentence)
            ends |= view.ends
            if (error := same_end(ends.values(), view.parallelism)) is not None:
                self.stop()
                raise error
        ends |= view.ends
        if any(pod["metadata"].get("deletionTimestamp") for pod in following.lost):  # not waited for: it never ends
            lost_workers.vanish(view, following.lost)
            self._jobs.take_away(job)
        elif view.lingering:  # what is beside the worker goes with the Job
            self.stop()
        return single_jobs.is_done(following)

    def _created(self, launch: Launch) -> Object:
        """A Job of one index: a new one, or the one that is there; a quota that is used up is waited for."""
        waiting = shard_jobs.Patience(self.settings.startDeadline)
        while True:
            try:
                return self._jobs.create(launch)
            except ExistsError:
                if (job := self._jobs.staying(launch.name)) is not None:
                    return job
            except QuotaError as error:
                self._say(waiting.told(error))

    def _until_it_ends(self, following: Following) -> Iterator[str | None]:
        """Follows; a Job whose pods can't start is ended, so that none is left that would start unwatched."""
        try:
            yield from following.until_it_ends()
        except (Incomplete, NotPermittedError):
            if following.diagnosis.gave_up or not following.view.ran:  # a right that we lack ends no worker that runs
                self.stop()
            raise

    def _ended(self, following: Following) -> Iterator[str | None]:
        """Says how a Job of shards ended; raises when its workers refused the study itself."""
        condition = following.view.condition
        refused = [end for end in following.view.ends.values() if end.code in manifests.FINAL and not end.container]
        by_policy = condition is not None and condition[1] == "PodFailurePolicy"
        if refused and following.lost:  # what is beside the workers never ends by itself
            self.stop()
        if refused and (by_policy or following.lost):
            raise error_from(refused[-1])
        if condition is not None and by_policy:
            raise Incomplete(condition[2])
        if following.view.gone or (condition is not None and condition[0] == "Failed"):
            yield self._told(following.ending, "Ended")

    def _finished(self, keys: RunKeys, following: Following, shards: Shards) -> set[int]:
        """The shards that another Job would not help: all of them, unless pods were lost with their node."""
        if not following.lost:
            return set(shards)
        ended = {index_of(pod) for pod in following.view.lingering}
        lost_workers.vanish(following.view, following.lost)
        self._sightings.leave(keys, following.view, shards)
        self.api.delete("jobs", following.owner.name, uid=following.owner.uid)
        failed = {end.index for end in following.view.ends.values()}
        counted = {end.index for end in following.view.ends.values() if end.counts}
        self._failed.update(shards[index] for index in ended & counted)
        hopeless = {shard for shard, times in self._failed.items() if times > manifests.RETRIES}
        return {shards[index] for index in following.view.completed | (ended - failed)} | hopeless

    def _follow(self, job: Object) -> Following:
        self._ran_before = self.running_seconds
        if self._following is not None:
            lost, had = lost_workers.counted(self._following.view)
            self._lost += lost
            self._had += had
        owner = Owner(job["metadata"]["name"], uid(job))
        task = job["metadata"]["labels"].get(names.TASK, "")
        self._following = Following(self.api, owner, Diagnosis(self.settings.startDeadline), task, self.say)
        return self._following

    def _say(self, sentence: str | None) -> None:
        if (told := self._told(sentence)) is not None:
            self.say(told)

    def _told(self, sentence: str | None, reason: str = "Waiting", job: Object | None = None) -> str | None:
        """Puts a sentence on the controller's Job and on the one it is about: the one that is followed, if no other."""
        followed = self._following.owner if self._following else None
        if sentence is not None:
            task = "" if self._following is None else self._following.task
            sentence = refusals.of_template(sentence, self._jobs.template_of(task))
            about = followed if job is None else Owner(job["metadata"]["name"], uid(job))
            self.telling.event(reason, sentence, also=about)
        return sentence
