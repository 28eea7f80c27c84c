"""Each field of the workers' Job does its work: the real Job controller acts on it."""

import pytest
from cluster.bodies import condition, finished, state

from job.launch.cluster import manifests

HELD = "trap 'exit 143' TERM; while [ ! -e /gate/go ]; do sleep 0.05; done"


def test_every_index_runs_once_and_only_so_many_at_a_time(launching):
    """completionMode, completions, parallelism."""
    launching.go(f"{HELD}; echo $JOB_COMPLETION_INDEX", completions=3, parallelism=2)
    launching.running(2)
    assert len(launching.pods()) == 2
    (launching.site.gate / "go").touch()
    done = launching.until(finished)
    assert condition(done, "Complete")
    assert done["status"]["completedIndexes"] == "0-2"
    assert launching.said() == ["0", "1", "2"]


def test_an_index_that_fails_is_tried_again_and_harms_no_other(launching, monkeypatch):
    """backoffLimitPerIndex, and maxFailedIndexes as high as completions: all run, whatever fails."""
    monkeypatch.setattr(manifests, "RETRIES", 1)
    launching.go("[ $JOB_COMPLETION_INDEX = 2 ] || exit 70", completions=3, parallelism=3)
    done = launching.until(finished)
    assert condition(done, "Failed")["reason"] == "FailedIndexes"
    assert (done["status"]["failedIndexes"], done["status"]["completedIndexes"]) == ("0,1", "2")
    assert sorted(state(pod, "terminated")["exitCode"] for pod in launching.pods()) == [0, 70, 70, 70, 70]


@pytest.mark.parametrize("how", ["evicted", "deleted"])
def test_disruptions_and_deletions_count_for_nothing(launching, monkeypatch, how):
    """podFailurePolicy: with no retry allowed at all, an index that was evicted or deleted is done again."""
    monkeypatch.setattr(manifests, "RETRIES", 0)
    api, namespace = launching.site.api, launching.site.namespace
    launching.go(f"echo set; {HELD}")
    (name,) = launching.running()
    api.until_said(namespace, name, "set")
    api.evict(namespace, name) if how == "evicted" else api.delete("pods", namespace, name)
    api.gone("pods", namespace, name)
    (launching.site.gate / "go").touch()
    done = launching.until(finished)
    assert condition(done, "Complete")
    assert done["status"].get("failedIndexes", "") == ""


@pytest.mark.parametrize("code", [64, 65, 77])
def test_a_study_that_is_wrong_ends_the_whole_job(launching, code):
    """podFailurePolicy: one worker that says so, and all others are ended, not tried again."""
    launching.go(f"[ $JOB_COMPLETION_INDEX = 1 ] && exit {code}; {HELD}", completions=3, parallelism=3)
    done = launching.until(finished)
    assert condition(done, "Failed")["reason"] == "PodFailurePolicy"
    assert f"exit code {code}" in condition(done, "Failed")["message"]
    assert not launching.pods("Running")


def test_a_pod_is_replaced_when_it_has_ended_and_no_sooner(launching):
    """podReplacementPolicy: never two workers of one index."""
    api, namespace = launching.site.api, launching.site.namespace
    launching.go("trap : TERM; echo set; while [ ! -e /gate/go ]; do sleep 0.05; done; exit 143")
    (name,) = launching.running()
    api.until_said(namespace, name, "set")
    api.delete("pods", namespace, name)
    found = launching.until(lambda job: job["status"].get("terminating"))
    assert not found["status"].get("active")
    assert len(launching.pods()) == 1
    (launching.site.gate / "go").touch()
    launching.until(lambda job: job["status"].get("active"))


def test_a_job_that_takes_too_long_is_ended(launching):
    """activeDeadlineSeconds, of ``cluster: {deadline: …}``."""
    launching.go("trap 'exit 143' TERM; while :; do sleep 0.05; done", settings={"deadline": "3s"})
    done = launching.until(finished)
    assert condition(done, "Failed")["reason"] == "DeadlineExceeded"
    assert not launching.pods("Running")


def test_a_finished_job_goes_after_its_time(launching):
    """ttlSecondsAfterFinished, of ``cluster: {ttl: …}``."""
    launching.go("true", settings={"ttl": "1s"})
    launching.site.api.gone("jobs", launching.site.namespace, "study-0123456789-1")


def test_a_queued_job_waits_until_it_is_let_run(launching):
    """suspend, where the PodTemplate names a queue of Kueue: created suspended, it has no pod until it is admitted."""
    labels = launching.template["metadata"]["labels"]
    launching.template["metadata"]["labels"] = {**labels, "kueue.x-k8s.io/queue-name": "tunejob"}
    made = launching.go("true")
    assert made["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "tunejob"
    suspended = launching.until(lambda job: condition(job, "Suspended"))
    assert not suspended["status"].get("active")
    assert launching.pods() == []
    launching.site.api.patch("jobs", launching.site.namespace, made["metadata"]["name"], {"spec": {"suspend": False}})
    assert condition(launching.until(finished), "Complete")


def test_a_job_goes_with_its_controllers_job(launching):
    """ownerReferences: the garbage collector takes it and its pods along."""
    api, namespace = launching.site.api, launching.site.namespace
    launching.go(HELD)
    (name,) = launching.running()
    api.delete("jobs", namespace, launching.owner.name)
    api.gone("jobs", namespace, "study-0123456789-1")
    api.gone("pods", namespace, name)
