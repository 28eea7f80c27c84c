"""Whether a controller's Job is a tick of a CronJob, and when that was due."""

from job.launch.cluster.api import Object
from job.launch.cluster.wire import moment

SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
"""On Jobs that the CronJob's own controller made: when they were due."""
_BY_HAND = "cronjob.kubernetes.io/instantiate"
"""On Jobs by ``kubectl create job --from=cronjob/…``."""


def is_tick(job: Object) -> bool:
    """Return whether a Job was made from a CronJob, at its schedule or by hand."""
    known = job["metadata"].get("annotations") or {}
    owners = job["metadata"].get("ownerReferences") or []
    return SCHEDULED in known or _BY_HAND in known or any(one["kind"] == "CronJob" for one in owners)


def due(job: Object) -> str:
    """Return when a tick was due, as ISO time in UTC; of one by hand when its Job was made."""
    known = job["metadata"].get("annotations") or {}
    return moment(known.get(SCHEDULED) or job["metadata"]["creationTimestamp"]).isoformat()
