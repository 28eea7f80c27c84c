"""Jobs that prepared for a controller that is gone."""

from datetime import UTC, datetime

from job.launch.cluster import names
from job.launch.cluster.api import Api, Object
from job.launch.cluster.job_view import finished, uid
from job.launch.cluster.owners import owners
from job.launch.cluster.wire import moment
from job.store.nonces import DAY


def clean(api: Api, study: str) -> list[str]:
    """Deletes a study's prepare Jobs that are a day old and whose controller has ended; returns their names."""
    found = api.items("jobs", labels={names.NAME: "tunejob"})
    alive = {uid(job) for job in found if _of(job, names.COMPONENT) == "controller" and finished(job) is None}
    old = [
        job for job in found
        if (_of(job, names.STUDY), _of(job, names.TASK)) == (study, "prepare")
        and not owners(job) & alive
        and (datetime.now(UTC) - moment(job["metadata"]["creationTimestamp"])).total_seconds() >= DAY
    ]  # fmt: skip
    for job in old:
        api.delete("jobs", job["metadata"]["name"], uid=uid(job))
    return [str(job["metadata"]["name"]) for job in old]


def _of(job: Object, label: str) -> str:
    return str((job["metadata"].get("labels") or {}).get(label, ""))
