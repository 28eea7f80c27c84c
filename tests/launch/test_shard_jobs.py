"""Which Job trains shards next, where a quota is used up or an old Job does not go."""

import json
from uuid import uuid4

import pytest
from launch import made

from job.errors import Incomplete
from job.launch.cluster import names, refusals, shard_jobs
from job.launch.cluster.api_errors import QuotaError, error
from job.store import RunKeys, open_store
from job.study.study import Cluster

KEYS = RunKeys("wine", "wine-0123456789")


class Clock:
    """Time that passes by sleeping."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        """Passes it."""
        self.now += seconds


class Room:
    """Jobs of a cluster that refuses what its quota does not allow; what it has is a list."""

    def __init__(self, *jobs, refuses: int = 0):
        self.there, self.refuses, self.settings = list(jobs), refuses, Cluster(startDeadline=60)
        self.api = self

    def labelled(self, _labels):
        """The Jobs that are there."""
        return self.there

    def items(self, kind, labels=None, fields=None, slim=None):
        """No pods; the Jobs."""
        return [] if kind == "pods" else self.there

    def launch(self, name, *_more):
        """What is launched is a name here."""
        return name

    def create(self, name):
        """Refuses a while."""
        if self.refuses > 0:
            self.refuses -= 1
            quota = "requested: count/jobs.batch=1, used: count/jobs.batch=3, limited: count/jobs.batch=3"
            message = json.dumps({"message": f'jobs.batch "{name}" is forbidden: exceeded quota: q, {quota}'})
            raise error(403, message.encode(), "POST", "tests")
        return made.job(name)


@pytest.fixture
def clock(monkeypatch):
    """No test waits."""
    found = Clock()
    monkeypatch.setattr(shard_jobs, "monotonic", lambda: found.now)
    monkeypatch.setattr(shard_jobs, "sleep", found.sleep)
    return found


def followed(room):
    """What is told, and the Job that came of it."""
    steps = shard_jobs.launched(room, open_store(f"memory://{uuid4().hex}"), KEYS, [0, 1])
    told = []
    while True:
        try:
            told.append(next(steps)[0])
        except StopIteration as end:
            return [one for one in told if one], end.value


def test_a_quota_of_jobs_that_is_used_up_is_waited_for(clock):
    """Told once, with what to do; it passes when others' Jobs go."""
    told, (job, shards) = followed(Room(refuses=4))
    assert len(told) == 2
    assert "allows no more Jobs now" in told[0]
    assert "kubectl get jobs" in told[0]
    assert told[1].startswith("launched the Job wine-0123456789-1")
    assert (job["metadata"]["name"], shards) == ("wine-0123456789-1", (0, 1))
    assert clock.now == 20.0


def test_a_quota_is_not_waited_for_for_ever(clock):
    """As long as the study waits for a first worker."""
    with pytest.raises(Incomplete, match=r"no Job could be created within 1 min .*exceeded quota"):
        followed(Room(refuses=1000))
    assert clock.now == 60.0


def test_only_a_quota_is_a_quota():
    """Other refusals are for an administrator, at once."""
    refused = error(403, b'{"message": "jobs.batch is forbidden: User \\"x\\" cannot create"}', "POST", "tests")
    assert not isinstance(refused, QuotaError)


def test_a_job_that_does_not_go_holds_up_nothing_for_ever(clock):
    """Deleted, and kept by a finalizer: told after some seconds, by whom, and after three minutes the run goes on."""
    dying = made.job()
    dying["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/audit"]}
    told, (job, _) = followed(Room(dying))
    assert "is being deleted, held by its finalizers (example.com/audit)" in told[0]
    assert "at most 3 min" in told[0]
    assert job["metadata"]["name"] == "wine-0123456789-2"
    assert 180.0 <= clock.now < 185.0


def test_what_remedies_name_is_the_template_of_the_pods():
    """Pods that prepare may come from a PodTemplate of their own."""
    sentence = refusals.told("it is invalid: spec.x").sentence
    assert names.WORKER_TEMPLATE in sentence
    other = refusals.of_template(sentence, names.PREPARE_TEMPLATE)
    assert names.WORKER_TEMPLATE not in other
    assert "kubectl edit podtemplate tunejob-prepare" in other
