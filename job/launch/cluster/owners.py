"""Which object belongs to which: a worker's Job to its controller's, a ConfigMap to the Job that mounts it."""

from contextlib import suppress

from job.launch.cluster import names
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import AbsentError
from job.launch.cluster.job_view import uid
from job.launch.cluster.names import Owner


def owners(found: Object) -> set[str]:
    """The identities of those that an object belongs to."""
    return {one["uid"] for one in found["metadata"].get("ownerReferences") or []}


def workers(api: Api, job: Object) -> list[Object]:
    """The Jobs of workers that belong to a controller's Job."""
    found = api.items("jobs", labels={names.NAME: "tunejob", names.COMPONENT: "worker"})
    return [one for one in found if uid(job) in owners(one)]


def disown(api: Api, kind: str, found: Object, owner: str) -> None:
    """Takes an object from an owner, so that it does not go with it."""
    left = [one for one in found["metadata"].get("ownerReferences") or [] if one["uid"] != owner]
    with suppress(AbsentError):  # gone by itself
        api.patch(kind, found["metadata"]["name"], {"metadata": {"ownerReferences": left}})


def there(api: Api, job: Owner) -> bool:
    """Whether this very Job is still there."""
    try:
        return uid(api.get("jobs", job.name)) == job.uid
    except AbsentError:
        return False
