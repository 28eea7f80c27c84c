"""Which Job trains shards next: one that is running, or a new one of the shards that are left."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep

from job.errors import Incomplete
from job.launch.cluster import names, pod_troubles
from job.launch.cluster.api import Object
from job.launch.cluster.api_errors import ExistsError, QuotaError
from job.launch.cluster.job_view import finished
from job.launch.cluster.jobs import GOING, Jobs, holding, number_of
from job.plan import launches
from job.store import Store
from job.store.keys import RunKeys
from job.study import times

Told = tuple[str | None, str, Object | None]
"""A sentence, the reason of its event, and the Job that it is about."""

_AGAIN = 5.0  # seconds between two tries where a quota is used up
_WORD = 5.0  # seconds of waiting for a Job to go after which it is told


@dataclass
class Patience:
    """Waiting for a quota: told once, and not for ever."""

    most: float
    _waited: float = 0.0
    _told: set[str] = field(default_factory=set)

    def told(self, error: QuotaError) -> str | None:
        """Waits a while; returns what to say, once.

        Raises:
            Incomplete: that went on for too long.
        """
        if self._waited >= self.most:
            raise Incomplete(
                f"no Job could be created within {times.duration(self.most)} (cluster: {{startDeadline: …}}): {error}"
            )
        sleep(_AGAIN)
        self._waited += _AGAIN
        sentence = f"{error} Waited for at most {times.duration(self.most)}."
        if (gist := pod_troubles.gist(sentence)) in self._told:
            return None
        self._told.add(gist)
        return sentence


def launched(
    jobs: Jobs, store: Store, keys: RunKeys, left: Sequence[int]
) -> Generator[Told, None, tuple[Object, tuple[int, ...]]]:
    """Finds the Job to follow, with its shards; yields what is to be told meanwhile.

    Raises:
        Incomplete: a quota was used up for too long.
    """
    patience, since, told = Patience(jobs.settings.startDeadline), monotonic(), False
    while True:
        found = jobs.labelled(names.labels(keys.study, keys.run, "shards"))
        live = [job for job in found if finished(job) is None]
        if staying := [job for job in live if not job["metadata"].get("deletionTimestamp")]:
            adopted = max(staying, key=number_of)
            jobs.adopt(adopted)
            jobs.take_over(adopted)
            yield f"adopted the Job {adopted['metadata']['name']}, which is running", "Adopted", adopted
            return adopted, launches.shards(store, keys, number_of(adopted))
        if live and monotonic() - since < GOING:
            if not told and monotonic() - since >= _WORD:
                told = True
                yield (
                    f"{holding(jobs.api, live[0]['metadata']['name'])} Waited for at most {times.duration(GOING)}.",
                    "Waiting",
                    None,
                )
            sleep(1.0)
            continue
        try:
            new = _next(jobs, store, keys, left, [number_of(job) for job in found])
        except QuotaError as error:
            yield patience.told(error), "Waiting", None
            continue
        if new is not None:
            yield f"launched the Job {new[0]['metadata']['name']} of {len(new[1])} shards", "Launched", new[0]
            return new


def _next(
    jobs: Jobs, store: Store, keys: RunKeys, left: Sequence[int], taken: Sequence[int]
) -> tuple[Object, tuple[int, ...]] | None:
    """Creates the next Job; None when another controller was first."""
    number = launches.latest(store, keys)
    listed_only = number > max(taken, default=0)  # a controller died here, or another is about to create the Job
    if not listed_only or set(launches.shards(store, keys, number)) != set(left):
        number = max(number, *taken, 0) + 1
        launches.create(store, keys, number, left)
    shards = launches.shards(store, keys, number)
    name = names.shards_job(keys.run, number, len(shards))
    arguments = ["--study-name", keys.study, "--run", keys.run, "--attempt", str(number)]
    try:
        return jobs.create(jobs.launch(name, "shards", keys.study, keys.run, arguments, len(shards))), shards
    except ExistsError:
        return None
