"""Taking a finished controller's Job out of the way of the next one, and putting the next one in its place."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

from job.errors import Incomplete, NotPermittedError, TunejobError, UsageError
from job.launch.client import controllers_words, leftovers
from job.launch.client.submission import Submission, config_of
from job.launch.cluster import jobs, names, pod_troubles
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import AbsentError, ExistsError
from job.launch.cluster.job_view import finished, uid
from job.launch.cluster.names import Owner
from job.launch.cluster.owners import disown, there, workers

_SILENCE = 4.0  # seconds of waiting after which it is told


def replace(api: Api, job: Object) -> None:
    """Takes a finished controller's Job away, but not the workers that outlived it: the next controller adopts them.

    Raises:
        Incomplete: the Job does not go; says what holds it, and what to do.
    """
    for worker in workers(api, job):
        if finished(worker) is None and worker["metadata"]["labels"].get(names.TASK) != "prepare":
            disown(api, "jobs", worker, uid(job))
    with suppress(AbsentError):
        disown(api, "configmaps", api.get("configmaps", config_of(job)), uid(job))
    owner = Owner(job["metadata"]["name"], uid(job))
    api.delete("jobs", owner.name, uid=owner.uid)
    began, told = monotonic(), False
    while there(api, owner):
        waited = monotonic() - began
        if waited > jobs.GOING:
            raise Incomplete(_stays(api, owner))
        if waited >= _SILENCE and not told:
            told = True
            end = datetime.now(UTC) + timedelta(seconds=jobs.GOING - waited)
            api.say(
                f"the earlier Job {owner.name} is being deleted, its pods first; waited for until {end:%H:%M:%S} UTC"
            )
        sleep(0.5)


def created(api: Api, submission: Submission) -> tuple[Object, bool]:
    """Creates the ConfigMap and the Job, and gives the one to the other, so that they go together.

    Returns:
        The Job, and whether it was created here; where one of its name was there first, that is returned.

    Raises:
        TunejobError: the cluster refuses them; a ConfigMap that nobody needs is taken away again.
    """
    try:
        with suppress(ExistsError):  # named by its content: it is the same
            api.create("configmaps", submission.config)
        try:
            job, is_new = api.create("jobs", submission.job), True
        except ExistsError:
            job, is_new = api.get("jobs", submission.name), False
    except (NotPermittedError, UsageError) as error:
        refused = controllers_words.told(str(error), submission.name)
        going = _going_on(api, submission)
        raise type(error)(refused if going is None else f"{refused}\n{going}") from error
    given = {"metadata": {"ownerReferences": [Owner(submission.name, uid(job)).reference()]}}
    try:
        api.patch("configmaps", submission.name, given)
    except AbsentError:  # it had belonged to a Job that was deleted just now
        api.create("configmaps", {**submission.config, "metadata": submission.config["metadata"] | given["metadata"]})
    return job, is_new


def _going_on(api: Api, submission: Submission) -> str | None:
    """What to say of workers that go on without a controller; where there are none, their ConfigMap goes too."""
    with suppress(TunejobError):  # the refusal is what is to be told
        left = leftovers.ownerless(leftovers.worker_jobs(api, submission.study))
        if mounting := [str(one["metadata"]["name"]) for one in left if _mounts(one, submission.name)]:
            return (
                f"Meanwhile {', '.join(mounting)}, the Jobs of workers of the earlier controller, go on, and nobody "
                "watches them: submit again once the cluster takes the controller's Job, which adopts them; or end "
                f"them: tunejob cancel {submission.study}"
            )
        config = api.get("configmaps", submission.name)
        if not config["metadata"].get("ownerReferences"):
            api.delete("configmaps", submission.name, uid=uid(config))
    return None


def _mounts(job: Object, config: str) -> bool:
    volumes: list[Object] = job["spec"].get("template", {}).get("spec", {}).get("volumes") or []
    return any((one.get("configMap") or {}).get("name") == config for one in volumes)


def _stays(api: Api, owner: Owner) -> str:
    """What to say of a Job that does not go."""
    after = f"the earlier Job {owner.name} is still there, {jobs.GOING:.0f} s after it was deleted"
    pods = leftovers.pods_of(api, {owner.name})
    if pods:
        return f"{after}: {pod_troubles.lost_node(pods[0])}. Then submit again."
    held = ""
    with suppress(AbsentError):
        held = jobs.held(api.get("jobs", owner.name))
    return f"{after}{held}. Then submit again."
