"""What is known of a Job from what was seen of it."""

import pytest
from launch import made

from job.launch.cluster import job_view, names, pod_troubles, pod_view
from job.launch.cluster.job_view import View
from job.launch.cluster.pod_view import End
from job.launch.cluster.watch import WatchEvent


@pytest.fixture
def seen():
    """A Job with one running pod, as seen."""
    found = View("wine-0123456789-1", made.UID)
    found.see(WatchEvent("jobs", "listed", [made.job()]))
    found.see(WatchEvent("pods", "listed", [made.pod()]))
    return found


@pytest.mark.parametrize(
    ("text", "indexes"), [(None, set()), ("", set()), ("3", {3}), ("0-2,5", {0, 1, 2, 5}), ("1,7-8", {1, 7, 8})]
)
def test_indexes_are_read_as_the_job_controller_writes_them(text, indexes):
    """Ranges and single numbers, or nothing."""
    assert job_view.indexes(text) == indexes


def test_pods_are_wanted_until_all_indexes_ended(seen):
    """As many as may run at once, but no more than indexes that neither succeeded nor failed."""
    assert seen.wanted == 2
    seen.see(WatchEvent("jobs", "changed", [made.job(completedIndexes="0-1", failedIndexes="3")]))
    assert seen.wanted == 1
    assert seen.completed == {0, 1}


def test_a_suspended_job_wants_no_pods(seen):
    """Nothing is missing while the Job waits for its queue."""
    suspended = made.job()
    suspended["spec"]["suspend"] = True
    seen.see(WatchEvent("jobs", "changed", [suspended]))
    assert seen.suspended
    assert seen.wanted == 0


@pytest.mark.parametrize(
    "event",
    [
        WatchEvent("jobs", "listed", []),
        WatchEvent("jobs", "listed", [made.job(uid="another")]),
        WatchEvent("jobs", "deleted", [made.job()]),
    ],
    ids=["not there", "another of its name", "deleted"],
)
def test_a_job_that_is_gone_is_gone(seen, event):
    """Deleted is deleted, even where another Job has its name by now."""
    seen.see(event)
    assert seen.gone


def test_pods_that_are_not_listed_any_more_are_gone(seen):
    """A new list replaces what was known."""
    assert seen.running == 1
    seen.see(WatchEvent("pods", "listed", []))
    assert not seen.pods
    assert seen.ran


def test_a_pods_end_is_kept_when_the_pod_is_gone(seen):
    """Code, message, reason and node of a failed pod outlive it."""
    dead = made.died(76, "no GPU is seen\n")
    seen.see(WatchEvent("pods", "changed", [dead]))
    seen.see(WatchEvent("pods", "deleted", [dead]))
    end = End("wine-0123456789-1-0-abcde", 0, 76, "no GPU is seen", "Error", "node-1")
    assert list(seen.ends.values()) == [end]
    assert not seen.pods


def test_only_the_workers_own_ends_count():
    """Evictions, SIGTERM and pods that never ran say nothing about the worker."""
    evicted = made.died(137)
    evicted["status"]["conditions"] = [{"type": "DisruptionTarget", "status": "True"}]
    never = made.pod(phase="Failed", state={})
    counted = [pod_view.end_of(one).counts for one in (made.died(70), made.died(143), evicted, never)]
    assert counted == [True, False, False, False]


def test_a_sidecar_that_succeeded_does_not_hide_the_workers_code():
    """The first container that ended with an error tells."""
    dead = made.died(65, "wrong rows")
    sidecar = {"name": "proxy", "state": {"terminated": {"exitCode": 0}}}
    dead["status"]["containerStatuses"].insert(0, sidecar)
    assert pod_view.end_of(dead).code == 65


def test_succeeded_pods_have_no_end_to_tell():
    """Success needs no message."""
    assert pod_view.end_of(made.pod(phase="Succeeded")) is None


def test_a_pod_is_stuck_after_its_grace_period(clock):
    """Counted from when it was first seen to be told, and through lists of what is there."""
    late = made.pod(deletionTimestamp="2026-01-01T00:02:30Z", deletionGracePeriodSeconds=30)
    known = View("wine-0123456789-1", made.UID)
    for _ in range(2):
        known.see(WatchEvent("pods", "listed", [late, made.pod("other")]))
        clock.now += 100
    assert [one["metadata"]["name"] for one in known.stuck(169.0)] == [late["metadata"]["name"]]
    assert known.stuck(171.0) == []


def test_a_pod_of_an_earlier_job_of_that_name_is_not_the_jobs(seen):
    """It stays on a lost node when its Job is gone, and says nothing of the next one."""
    mine, other = made.pod("mine"), made.pod("other")
    mine["metadata"]["labels"][names.JOB_UID], other["metadata"]["labels"][names.JOB_UID] = made.UID, "earlier"
    seen.see(WatchEvent("pods", "listed", [other, mine, made.pod("old-cluster", labels={})]))
    seen.see(WatchEvent("pods", "deleted", [other]))
    assert (list(seen.pods), seen.vanished) == (["mine", "old-cluster"], {})


@pytest.mark.parametrize("kind", ["Complete", "Failed"])
def test_a_jobs_end_is_its_condition(seen, kind):
    """Complete and failed alike, once the condition is true."""
    assert seen.condition is None
    seen.see(WatchEvent("jobs", "changed", [made.job(**made.ended(kind, "Because", "of that"))]))
    assert seen.condition == (kind, "Because", "of that")


def _ended(**meta):
    """A pod that was killed at 00:10, out of memory."""
    dead = made.died(137, reason="OOMKilled")
    dead["status"]["containerStatuses"][0]["state"]["terminated"]["finishedAt"] = "2026-01-01T00:10:00Z"
    dead["metadata"] |= meta
    return dead


def test_a_pod_that_was_told_to_end_did_not_end_by_itself():
    """Deleted before its end, it was disrupted; deleted afterwards, as the Job's cleaner does, it was not."""
    told = _ended(deletionTimestamp="2026-01-01T00:10:20Z", deletionGracePeriodSeconds=30)
    after = _ended(deletionTimestamp="2026-01-01T00:12:00Z", deletionGracePeriodSeconds=0)
    ends = [pod_view.end_of(one) for one in (told, after, _ended())]
    assert [(end.disruption, end.memory) for end in ends] == [("Deleted", True), ("", True), ("", True)]


def test_what_was_seen_first_is_asked_before_clocks(seen):
    """A node's clock may be behind or ahead of the API server's: whoever watched knows what came first."""
    at = {"deletionTimestamp": "2026-01-01T00:00:30Z", "deletionGracePeriodSeconds": 30}
    behind = {"deletionTimestamp": "2026-01-01T00:12:00Z", "deletionGracePeriodSeconds": 30}
    told, ended = made.pod("told", **behind), _ended(name="ended")
    seen.see(WatchEvent("pods", "listed", [told, ended]))
    later = [_ended(name="told", **behind), _ended(name="ended", **at)]
    for _ in range(2):
        seen.see(WatchEvent("pods", "listed", later))
        assert {name: end.disruption for name, end in seen.ends.items()} == {"told": "Deleted", "ended": ""}


def test_only_the_workers_own_memory_is_its_fits():
    """A sidecar out of memory says nothing of the worker, which was ended with it."""
    dead = made.died(137)
    sidecar = {"name": "proxy", "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
    dead["status"]["containerStatuses"].insert(0, sidecar)
    assert not pod_view.end_of(dead).memory


def test_a_pod_that_vanishes_was_disrupted(seen):
    """Deleted by force before anybody saw it end: its worker had no end of its own."""
    pod = made.pod()
    pod["metadata"]["uid"] = "u"
    seen.see(WatchEvent("pods", "deleted", [pod]))
    (end,) = seen.vanished.values()
    assert (end.uid, end.disruption, end.index) == ("u", "Deleted", 0)
    assert not end.counts


def test_a_worker_that_ended_beside_what_goes_on_has_an_end():
    """The pod runs, as something beside the worker does; how the worker failed is known all the same."""
    pod = made.pod()
    worker, proxy = made.died(65, "no such rows")["status"]["containerStatuses"][0], {"name": "proxy", "state": {}}
    proxy["state"] = {"running": {}}
    pod["status"]["containerStatuses"] = [worker, proxy]
    view = View("wine-0123456789-1", made.UID)
    view.see_pod(pod)
    assert [end.code for end in view.ends.values()] == [65]
    assert (view.running, len(view.lingering)) == (0, 1)
    view.see_pod(pod, deleted=True)
    assert view.vanished == {}


def test_what_is_beside_a_worker_is_not_its_run():
    """A proxy that runs, and an init container that ran, are no worker that ran: its image may be missing."""
    pod = made.waiting("ImagePullBackOff")
    pod["status"]["containerStatuses"].append({"name": "proxy", "state": {"running": {}}})
    pod["status"]["initContainerStatuses"] = [{"name": "first", "state": {"terminated": {"exitCode": 0}}}]
    assert not pod_view.is_running(pod)
    assert not pod_view.has_run(pod)


@pytest.mark.parametrize(
    "pod",
    [
        made.pod(),
        made.died(65, "no such rows"),
        made.waiting("ImagePullBackOff", "not found"),
        made.unscheduled("0/3 nodes are available"),
        made.pod(deletionTimestamp="2026-01-01T00:00:30Z", deletionGracePeriodSeconds=30),
    ],
)
def test_a_slim_pod_tells_what_the_whole_one_tells(pod):
    """Ten thousand pods are held in memory by a controller that starts again: without what all of them share."""
    pod["metadata"]["managedFields"] = [{"manager": "kubelet"}] * 9
    pod["spec"]["volumes"] = [{"name": f"v{number}"} for number in range(9)]
    small = pod_view.slim(pod)
    assert len(str(small)) < 0.8 * len(str(pod))
    assert pod_view.end_of(small) == pod_view.end_of(pod)
    assert pod_troubles.of_pods([small]) == pod_troubles.of_pods([pod])
    views = [View("wine-0123456789-1", made.UID) for _ in range(2)]
    for view, one in zip(views, (small, pod), strict=True):
        view.see_pod(one)
    assert (views[0].ran, views[0].places, views[0].running) == (views[1].ran, views[1].places, views[1].running)
