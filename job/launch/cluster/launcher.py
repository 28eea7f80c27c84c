"""Workers as pods: one Indexed Job for each launch of a run, adopted where it is still running, followed to its end."""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep

from job.errors import Incomplete, NotPermittedError
from job.launch.cluster import manifests, names, node_losses, pod_troubles
from job.launch.cluster.api import AbsentError, Api, ExistsError, Object
from job.launch.cluster.diagnosis import Diagnosis, Hope, error_from, same_end
from job.launch.cluster.events import Telling
from job.launch.cluster.job_follower import Following
from job.launch.cluster.job_view import View, disrupted_end, finished, index_of, uid
from job.launch.cluster.manifests import Launch
from job.launch.cluster.names import Owner, Task
from job.launch.cluster.owners import owners, there
from job.plan import launches
from job.plan.plan import Plan
from job.results import marks
from job.results.losses import Sighting
from job.store import Store
from job.store.keys import RunKeys
from job.study.study import Cluster, Study

Shards = tuple[int, ...]

_DOING = {
    "prepare": "it imports the code, loads the data and tries one model",
    "shards": "fits are stored, and counted here, when their group is trained",
    "refit": "it trains the best trial on all rows",
}
_GOING = 180.0
"""Seconds that pods may take to end: their grace period, and some."""


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
    _templates: dict[str, Object | None] = field(default_factory=dict)
    _following: Following | None = None
    _ran_before: float = 0.0
    _sighted: set[str] = field(default_factory=set)
    _lost: Counter[str] = field(default_factory=Counter)
    _had: Counter[str] = field(default_factory=Counter)
    _parallelism: int | None = None
    """Pods at once, where somebody asked for another number than the study's."""
    _failed: Counter[int] = field(default_factory=Counter)
    """How often the worker of each shard failed in a Job that others beside it kept from ending."""

    @property
    def remarks(self) -> Sequence[str]:
        """Nodes that lose workers out of proportion."""
        now = node_losses.counted(self._following.view) if self._following else (Counter[str](), Counter[str]())
        return node_losses.told(self._lost + now[0], self._had + now[1])

    @property
    def running_seconds(self) -> float:
        """Seconds that at least one worker has been running."""
        return self._ran_before + (self._following.running_seconds if self._following else 0.0)

    def prepare(self, study: Study, nonce: str, *, measure: bool) -> None:
        """Runs the Job that prepares, to its end; one that an earlier controller of this Job began is adopted."""
        name = names.prepare_job(study.name, nonce)
        for job in self._jobs(names.labels(study.name, task="prepare")):
            mine = self.controller.uid in owners(job)
            if mine and (job["metadata"]["name"] != name or finished(job) is not None):
                self._take_away(job)
        wish = ["--apart"] if self._of(names.PREPARE_TEMPLATE) else ["--measure"] if measure else []
        arguments = ["--study-name", study.name, "--prepare", nonce, *wish]
        self._one(self._launch(name, "prepare", study.name, "", arguments))

    def refit(self, keys: RunKeys) -> None:
        """Runs the Job that trains the best trial on all rows, to its end; one that runs already is adopted."""
        found = self._jobs(names.labels(keys.study, keys.run, "refit"))
        live = [job for job in found if finished(job) is None]
        number = max((_number(job) for job in found), default=0) + (0 if live else 1)
        arguments = ["--study-name", keys.study, "--run", keys.run, "--refit"]
        self._one(self._launch(names.refit_job(keys.run, number), "refit", keys.study, keys.run, arguments))

    def shards(self, keys: RunKeys, plan: Plan, missing: Sequence[int]) -> Iterator[str | None]:
        """Runs these shards in Jobs, one after the other until none is left that another Job would help."""
        left, hope = set(missing), Hope(self.store, keys)
        while left:
            job, shards = yield from self._launched(keys, sorted(left, key=lambda one: (-plan.costs[one], one)))
            following = self._follow(job)
            throttled = False
            for sentence in self._until_it_ends(following):
                self._sight(keys, following.view, shards)
                if not throttled and (throttled := self._throttle(following.view)):
                    yield self._told(
                        f"launching another Job, of {self._parallelism} at once, as the queue is asked anew"
                    )
                if (error := hope.lost(following.view)) is not None:
                    self.stop()
                    raise error
                yield self._told(sentence)
            self._sight(keys, following.view, shards)
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
        self._parallelism = int(wanted)
        self.api.delete("jobs", view.name, uid=view.uid, propagation="Foreground")
        return True

    def _sight(self, keys: RunKeys, view: View, shards: Shards) -> None:
        """Leaves in the store what was seen of the ends of pods, but for those that left word themselves."""
        for end in (*view.ends.values(), *view.vanished.values()):
            if end.uid not in self._sighted and 0 <= end.index < len(shards):
                self._sighted.add(end.uid)
                if not end.is_told:
                    reason = "OOMKilled" if end.memory else end.reason
                    seen = Sighting(end.uid, end.node, reason, disrupted=bool(end.disruption))
                    marks.sight(self.store, keys, shards[end.index], seen)

    def stop(self) -> None:
        """Ends the Job that is followed, and waits until its pods have ended, but not for ever: nodes may be lost."""
        if self._following is None:
            return
        job = self._following.owner
        self.api.delete("jobs", job.name, uid=job.uid, propagation="Foreground")
        end = monotonic() + _GOING
        while there(self.api, job) and monotonic() < end:
            sleep(0.5)

    def _launched(self, keys: RunKeys, left: Sequence[int]) -> Generator[str | None, None, tuple[Object, Shards]]:
        """The Job to follow, with its shards: one that is running, or a new one of the shards that are left."""
        while True:
            found = self._jobs(names.labels(keys.study, keys.run, "shards"))
            live = [job for job in found if finished(job) is None]
            staying = [job for job in live if not job["metadata"].get("deletionTimestamp")]
            if staying:
                adopted = max(staying, key=_number)
                self._adopt(adopted)
                self._take_over(adopted)
                yield self._told(f"adopted the Job {adopted['metadata']['name']}, which is running", "Adopted", adopted)
                return adopted, launches.shards(self.store, keys, _number(adopted))
            if live:
                yield f"waiting for the Job {live[0]['metadata']['name']} to be deleted"
                sleep(1.0)
            elif (launched := self._launch_next(keys, left, [_number(job) for job in found])) is not None:
                job, shards = launched
                name = job["metadata"]["name"]
                yield self._told(f"launched the Job {name} of {len(shards)} shards", "Launched", job)
                return launched

    def _launch_next(self, keys: RunKeys, left: Sequence[int], taken: Sequence[int]) -> tuple[Object, Shards] | None:
        """Creates the next Job; None when another controller was first."""
        number = launches.latest(self.store, keys)
        listed_only = number > max(taken, default=0)  # a controller died here, or another is about to create the Job
        if not listed_only or set(launches.shards(self.store, keys, number)) != set(left):
            number = max(number, *taken, 0) + 1
            launches.create(self.store, keys, number, left)
        shards = launches.shards(self.store, keys, number)
        name = names.shards_job(keys.run, number, len(shards))
        arguments = ["--study-name", keys.study, "--run", keys.run, "--attempt", str(number)]
        try:
            return self._create(self._launch(name, "shards", keys.study, keys.run, arguments, len(shards))), shards
        except ExistsError:
            return None

    def _take_away(self, job: Object) -> None:
        """Deletes a Job, and waits until its name is free."""
        owner = Owner(job["metadata"]["name"], uid(job))
        self.api.delete("jobs", owner.name, uid=owner.uid)
        end = monotonic() + _GOING
        while there(self.api, owner) and monotonic() < end:
            sleep(0.2)

    def _one(self, launch: Launch) -> None:
        """Runs a Job of one index to its end; raises the error that its worker ended with."""
        try:
            job = self._create(launch)
        except ExistsError:
            job = self.api.get("jobs", launch.name)
            self._adopt(job)
        following = self._follow(job)
        view = following.view
        for sentence in self._until_it_ends(following):
            if (told := self._told(sentence)) is not None:
                self.say(told)
            if (error := same_end(view.ends.values(), view.parallelism)) is not None:
                self.stop()
                raise error
        if view.condition is not None and view.condition[0] == "Complete":
            return
        if view.lingering:  # what is beside the worker goes with the Job
            self.stop()
            if ends := [end for end in view.ends.values() if end.counts]:
                raise error_from(ends[-1])
            return
        if following.lost:
            raise Incomplete(f"{pod_troubles.lost_node(following.lost[0])}. Then submit again.")
        if ends := [end for end in view.ends.values() if end.counts]:
            raise error_from(ends[-1])
        raise Incomplete(f"{_ending(following)}. Submit again to resume.")

    def _until_it_ends(self, following: Following) -> Iterator[str | None]:
        """Follows; a Job whose pods can't start is ended, so that none is left that would start unwatched."""
        try:
            yield from following.until_it_ends()
        except (Incomplete, NotPermittedError):
            self.stop()
            raise

    def _adopt(self, job: Object) -> None:
        """Makes a running Job ours too: it must not go with the controller that launched it."""
        references = job["metadata"].get("ownerReferences") or []
        if self.controller.uid not in owners(job):
            new = {"metadata": {"ownerReferences": [*references, self.controller.reference()]}}
            self.api.patch("jobs", job["metadata"]["name"], new)

    def _take_over(self, job: Object) -> None:
        """Keeps to what an earlier controller was asked for."""
        asked = (job["metadata"].get("annotations") or {}).get(names.PARALLELISM)
        if asked is not None and int(asked) != min(self._at_once, int(job["spec"]["completions"])):
            self._parallelism = int(asked)

    def _ended(self, following: Following) -> Iterator[str | None]:
        """Says how a Job of shards ended; raises when its workers refused the study itself."""
        condition = following.view.condition
        refused = [end for end in following.view.ends.values() if end.code in manifests.FINAL]
        by_policy = condition is not None and condition[1] == "PodFailurePolicy"
        if refused and following.lost:  # what is beside the workers never ends by itself
            self.stop()
        if refused and (by_policy or following.lost):
            raise error_from(refused[-1])
        if condition is not None and by_policy:
            raise Incomplete(condition[2])
        if following.view.gone or (condition is not None and condition[0] == "Failed"):
            yield self._told(_ending(following), "Ended")

    def _finished(self, keys: RunKeys, following: Following, shards: Shards) -> set[int]:
        """The shards that another Job would not help: all of them, unless pods were lost with their node."""
        if not following.lost:
            return set(shards)
        ended = {index_of(pod) for pod in following.view.lingering}
        gone = [pod for pod in following.lost if index_of(pod) not in ended]
        following.view.vanished |= {one["metadata"]["name"]: disrupted_end(one, "NodeLost") for one in gone}
        self._sight(keys, following.view, shards)
        self.api.delete("jobs", following.owner.name, uid=following.owner.uid)
        failed = {end.index for end in following.view.ends.values()}
        counted = {end.index for end in following.view.ends.values() if end.counts}
        self._failed.update(shards[index] for index in ended & counted)
        hopeless = {shard for shard, times in self._failed.items() if times > manifests.RETRIES}
        return {shards[index] for index in following.view.completed | (ended - failed)} | hopeless

    def _launch(
        self, name: str, task: Task, study: str, run: str, arguments: Sequence[str], completions: int = 1
    ) -> Launch:
        return Launch(
            name=name, task=task, study=study, run=run, arguments=["--store", self.store.url, *arguments],
            completions=completions, parallelism=self._at_once, code=self.code, owner=self.controller,
        )  # fmt: skip

    @property
    def _at_once(self) -> int:
        return self.settings.parallelism if self._parallelism is None else self._parallelism

    def _create(self, launch: Launch) -> Object:
        template = self._of(names.PREPARE_TEMPLATE) if launch.task == "prepare" else None
        template = template or self._of(names.WORKER_TEMPLATE)
        if template is None:
            raise NotPermittedError(pod_troubles.not_installed(f"PodTemplate {names.WORKER_TEMPLATE}"))
        return self.api.create("jobs", manifests.job(template, launch, self.settings))

    def _of(self, name: str) -> Object | None:
        """An installed PodTemplate; None where it is not."""
        if name not in self._templates:
            try:
                self._templates[name] = self.api.get("podtemplates", name)
            except AbsentError:
                self._templates[name] = None
        return self._templates[name]

    def _follow(self, job: Object) -> Following:
        self._ran_before = self.running_seconds
        if self._following is not None:
            lost, had = node_losses.counted(self._following.view)
            self._lost += lost
            self._had += had
        owner = Owner(job["metadata"]["name"], uid(job))
        doing = _DOING.get(job["metadata"]["labels"].get(names.TASK, ""), "")
        self._following = Following(self.api, owner, Diagnosis(self.settings.startDeadline), doing, self.say)
        return self._following

    def _told(self, sentence: str | None, reason: str = "Waiting", job: Object | None = None) -> str | None:
        """Puts a sentence on the controller's Job and on the one it is about: the one that is followed, if no other."""
        followed = self._following.owner if self._following else None
        if sentence is not None:
            about = followed if job is None else Owner(job["metadata"]["name"], uid(job))
            self.telling.event(reason, sentence, also=about)
        return sentence

    def _jobs(self, labels: dict[str, str]) -> Sequence[Object]:
        return self.api.items("jobs", labels=labels)


def _number(job: Object) -> int:
    """The number at the end of a Job's name."""
    return int(job["metadata"]["name"].rpartition("-")[2])


def _ending(following: Following) -> str:
    if following.view.gone:
        return f"the Job {following.owner.name} was deleted"
    _, reason, message = following.view.condition or ("", "", "")
    if reason == "DeadlineExceeded":
        return f"the Job {following.owner.name} reached its deadline (cluster: {{deadline: …}})"
    return f"the Job {following.owner.name} ended as {reason}: {message}"
