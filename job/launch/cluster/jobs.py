"""The Jobs of one controller: made of the installed templates, adopted, taken away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep

from job.errors import Incomplete, NotPermittedError
from job.launch.cluster import manifests, names, pod_troubles
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import AbsentError
from job.launch.cluster.job_view import uid
from job.launch.cluster.manifests import Launch
from job.launch.cluster.names import Owner, Task
from job.launch.cluster.owners import owners, there
from job.launch.cluster.pod_view import slim
from job.launch.cluster.queues import QUEUE
from job.study.study import Cluster

_WORD = 5.0  # seconds of waiting for a Job to go after which it is told
GOING = 180.0
"""Seconds that pods may take to end: their grace period, and some."""


@dataclass
class Jobs:
    """The cluster's Jobs as a controller has them.

    Attributes:
        api: the cluster, and the namespace in it.
        url: the store's, which workers get.
        controller: the controller's own Job, to which the others belong.
        code: the ConfigMap of the user's code.
        settings: the study's ``cluster``.
        parallelism: pods at once, where somebody asked for another number than the study's.
        say: takes what a person who waits should read.
    """

    api: Api
    url: str
    controller: Owner
    code: str
    settings: Cluster
    parallelism: int | None = None
    say: Callable[[str], None] = lambda _: None
    _templates: dict[str, Object | None] = field(default_factory=dict)

    @property
    def at_once(self) -> int:
        """Pods at once."""
        return self.settings.parallelism if self.parallelism is None else self.parallelism

    def labelled(self, labels: dict[str, str]) -> Sequence[Object]:
        """The Jobs that have these labels."""
        return self.api.items("jobs", labels=labels)

    def template(self, name: str) -> Object | None:
        """An installed PodTemplate; None where it is not."""
        if name not in self._templates:
            try:
                self._templates[name] = self.api.get("podtemplates", name)
            except AbsentError:
                self._templates[name] = None
        return self._templates[name]

    def template_of(self, task: str) -> str:
        """The name of the PodTemplate that a task's pods come from."""
        apart = task == "prepare" and self.template(names.PREPARE_TEMPLATE) is not None
        return names.PREPARE_TEMPLATE if apart else names.WORKER_TEMPLATE

    def launch(
        self, name: str, task: Task, study: str, run: str, arguments: Sequence[str], completions: int = 1
    ) -> Launch:
        """What is to be launched, of this controller: only shards can be throttled, so that one pod is never paused."""
        at_once = self.at_once if task == "shards" else 1
        return Launch(
            name=name, task=task, study=study, run=run, arguments=["--store", self.url, *arguments],
            completions=completions, parallelism=at_once, code=self.code, owner=self.controller,
        )  # fmt: skip

    def create(self, launch: Launch) -> Object:
        """Creates a Job.

        Raises:
            NotPermittedError: no template is installed.
            ExistsError: there is a Job of this name.
        """
        template = self.template(self.template_of(launch.task))
        if template is None:
            raise NotPermittedError(pod_troubles.not_installed(f"PodTemplate {names.WORKER_TEMPLATE}"))
        return self.api.create("jobs", manifests.job(template, launch, self.settings))

    def adopt(self, job: Object) -> None:
        """Makes a running Job ours too: it must not go with the controller that launched it."""
        references = job["metadata"].get("ownerReferences") or []
        if self.controller.uid not in owners(job):
            new = {"metadata": {"ownerReferences": [*references, self.controller.reference()]}}
            self.api.patch("jobs", job["metadata"]["name"], new)

    def staying(self, name: str) -> Object | None:
        """The Job of this name, made ours too; None where it went: one that is being deleted is waited for.

        Raises:
            Incomplete: it does not go; says what holds it.
        """
        try:
            job = self.api.get("jobs", name)
        except AbsentError:
            return None
        if not job["metadata"].get("deletionTimestamp"):
            self.adopt(job)
            return job
        owner = Owner(name, uid(job))
        self.until_gone(owner, self.say)
        if there(self.api, owner):
            raise Incomplete(f"{holding(self.api, name)} Then submit again.")
        return None

    def take_over(self, job: Object) -> None:
        """Keeps to what an earlier controller was asked for."""
        asked = (job["metadata"].get("annotations") or {}).get(names.PARALLELISM)
        if asked is not None and int(asked) != min(self.at_once, int(job["spec"]["completions"])):
            self.parallelism = int(asked)

    def keep_to(self, job: Object | None) -> None:
        """Keeps to what somebody changed a Job of shards to while it ran; a queue's own changes last for no other."""
        if job is None or QUEUE in (job["metadata"].get("labels") or {}):
            return
        asked = int(job["spec"].get("parallelism", 1))
        if asked != min(self.at_once, int(job["spec"]["completions"])):
            self.parallelism = asked

    def take_away(self, job: Object) -> None:
        """Deletes a Job, and waits until its name is free."""
        owner = Owner(job["metadata"]["name"], uid(job))
        self.api.delete("jobs", owner.name, uid=owner.uid)
        self.until_gone(owner, self.say)

    def until_gone(self, owner: Owner, say: Callable[[str], None]) -> None:
        """Waits until a Job that is being deleted is gone, but not for ever; what holds it is told after a while."""
        began, told = monotonic(), False
        while there(self.api, owner) and monotonic() - began < GOING:
            if not told and monotonic() - began >= _WORD:
                told = True
                say(f"{holding(self.api, owner.name)} Waited for at most {int(GOING)} s.")
            sleep(0.5)


def holding(api: Api, name: str) -> str:
    """What to say of a Job that is being deleted and is still there: which pods or finalizers hold it."""
    pods = [pod["metadata"]["name"] for pod in api.items("pods", labels={names.JOB_NAME: name}, slim=slim)]
    if pods:
        some = f"{', '.join(pods[:3])}{', …' if len(pods) > 3 else ''}"
        return (
            f"the Job {name} is being deleted, and its pods are ending ({some}; one on a lost node: kubectl delete pod "
            "NAME --force)."
        )
    (job,) = api.items("jobs", fields={"metadata.name": name}) or ({"metadata": {"name": name}},)
    return f"the Job {name} is being deleted{held(job)}."


def held(job: Object) -> str:
    """By which finalizers a Job that was deleted is held, and what to do."""
    meta = job["metadata"]
    held = ", ".join(one for one in meta.get("finalizers") or [] if one != "foregroundDeletion")  # goes with its pods
    look, take = f"kubectl describe job {meta['name']}", '{"metadata":{"finalizers":null}}'
    if not held:
        return f"; look at it: {look}"
    return (
        f", held by its finalizers ({held}): whoever set them must take them away when done ({look}); where nobody "
        f"does, an administrator: kubectl patch job {meta['name']} --type=merge -p '{take}'"
    )


def number_of(job: Object) -> int:
    """The number at the end of a Job's name."""
    return int(job["metadata"]["name"].rpartition("-")[2])
