"""Names, labels and annotations of all that is ours in a cluster, in one place."""

from dataclasses import dataclass
from typing import Literal

from job.errors import UsageError

Task = Literal["prepare", "shards", "refit"]

CONTROLLER_ACCOUNT = "tunejob-controller"
WORKER_TEMPLATE = "tunejob-worker"
PREPARE_TEMPLATE = "tunejob-prepare"
STUDY_CONFIG = "tunejob-study"
STORE_CONFIG = "tunejob-store"

NAME = "app.kubernetes.io/name"
COMPONENT = "app.kubernetes.io/component"
STUDY = "tunejob/study"
RUN = "tunejob/run"
TASK = "tunejob/task"
JOB_NAME = "batch.kubernetes.io/job-name"
JOB_UID = "batch.kubernetes.io/controller-uid"
INDEX = "batch.kubernetes.io/job-completion-index"

PROGRESS = "tunejob/progress"
CAUSE = "tunejob/cause"
VERDICT = "tunejob/verdict"
STORE = "tunejob/store"
COMMIT = "tunejob/commit"
PARALLELISM = "tunejob/parallelism"
"""On a queued Job of shards: pods at once that were asked of the queue, which may admit fewer."""
THROTTLE = "tunejob/throttle"
"""On a queued Job of shards: pods at once that somebody wants instead; its controller launches another Job."""

_LONGEST = 63  # of a DNS label: pods of an Indexed Job are named <job>-<index>


@dataclass(frozen=True)
class Owner:
    """The controller's Job: deleting it removes all that it launched."""

    name: str
    uid: str

    def reference(self) -> dict[str, object]:
        """What goes into ``metadata.ownerReferences``."""
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "name": self.name,
            "uid": self.uid,
            "controller": False,  # Kueue would take the workers' Job for a child and not queue it
            "blockOwnerDeletion": False,  # refused to us where owner references need permission
        }


def labels(study: str, run: str = "", task: Task | Literal[""] = "") -> dict[str, str]:
    """What every Job and pod of ours can be found by."""
    given = {NAME: "tunejob", STUDY: study, RUN: run, TASK: task}
    return {key: value for key, value in given.items() if value}


def shards_job(run: str, attempt: int, completions: int) -> str:
    """The Job of one attempt; raises UsageError when Kubernetes could not name its pods."""
    return _checked(f"{run}-{attempt}", completions)


def prepare_job(study: str, nonce: str) -> str:
    """The Job that prepares."""
    return _checked(f"{study}-prepare-{nonce[:8]}", 1)


def refit_job(run: str, number: int) -> str:
    """The Job that trains the best trial on all rows."""
    return _checked(f"{run}-refit-{number}", 1)


def submitted(study: str, digest: str) -> str:
    """The controller's Job as `submit` names it: the same study, code and template are the same name."""
    return _checked(f"tunejob-{study}-{digest[:10]}", 1)


def _checked(name: str, completions: int) -> str:
    longest = f"{name}-{completions - 1}"
    if len(longest) > _LONGEST:
        raise UsageError(
            f"Kubernetes could not name the pods of this run: {longest!r} has {len(longest)} characters, and "
            f"{_LONGEST} are allowed. Give the study a name that is {len(longest) - _LONGEST} shorter."
        )
    return name
