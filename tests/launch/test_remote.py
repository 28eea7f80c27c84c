"""A run as the cluster alone shows it."""

import pytest
from launch import made
from launch.stub import Answer, serving

from job.errors import UsageError
from job.launch.client import remote_run, status_text
from job.launch.client.remote_run import Remote
from job.launch.cluster import names
from job.launch.cluster.annotations import BestTrial, JobProgress, Verdict

BEST = (BestTrial(7, 0.97, {"units": 64}, 0.01), BestTrial(2, 0.95, {"units": 32}, 0.02))
DONE = Verdict(0, "the run wine-0123456789 is complete: 81 fits", "accuracy", BEST)


def controller(name="tunejob-wine-0a1b2c3d4e", created="2026-01-01T00:00:00Z", run="wine-0123456789", **noted):
    """A controller's Job with these annotations."""
    found = made.job(name, uid=f"uid-of-{name}")
    labels = {
        names.NAME: "tunejob",
        names.COMPONENT: "controller",
        names.STUDY: "wine",
        **({names.RUN: run} if run else {}),
    }
    found["metadata"] |= {"labels": labels, "creationTimestamp": created}
    found["metadata"]["annotations"] = {f"tunejob/{key}": value for key, value in noted.items()}
    return found


def worker(owner, **status):
    """A Job of shards of that controller's."""
    found = made.job(**status)
    found["metadata"]["labels"] = {**names.labels("wine", "wine-0123456789", "shards"), names.COMPONENT: "worker"}
    found["metadata"]["ownerReferences"] = [{"uid": owner["metadata"]["uid"]}]
    return found


def pod_of(job, phase="Running", **made_of):
    """The pod of a controller's Job."""
    found = made.pod("c-0", phase, labels={names.JOB_NAME: job["metadata"]["name"]}, **made_of)
    for one in found["status"]["containerStatuses"]:
        one["name"] = "controller"
    return found


def ended(job, kind="Complete"):
    """The same Job, ended."""
    return {**job, "status": made.ended(kind)}


def test_a_live_run_tells_progress_pods_and_cause():
    """What somebody without the store's credentials sees while it runs."""
    job = controller(progress=JobProgress(30, 81, 1, BEST[0]).dumps(), cause="no node takes a pod.")
    lines = status_text.status(Remote(job, [worker(job)], [made.pod(), pod_of(job)]))
    assert lines == [
        "wine/wine-0123456789: the Job tunejob-wine-0a1b2c3d4e is running",
        "30 of 81 fits, 1 failed; best 0.97 ± 0.01  trial 7: units=64",
        "1 of 1 pods run; Jobs of workers: wine-0123456789-1 (2 at once)",
        "last message: no node takes a pod.",
    ]


def test_a_finished_run_tells_its_verdict_and_where_the_files_are():
    """The ten best, and the command that fetches the files from the store."""
    job = ended(controller(verdict=DONE.dumps(), store="s3://bucket/runs"))
    found = Remote(job, [ended(worker(job))], [])
    assert found.state == "complete"
    *told, files = status_text.results(found)
    assert told == [
        "the run wine-0123456789 is complete: 81 fits",
        "best by accuracy:",
        "  1. 0.97 ± 0.01  trial 7: units=64",
        "  2. 0.95 ± 0.02  trial 2: units=32",
    ]
    assert "model.keras) are in s3://bucket/runs/wine/runs/wine-0123456789; " in files
    assert files.endswith(": tunejob fetch wine/wine-0123456789 --store s3://bucket/runs")


def test_a_run_that_nobody_watches_says_how_to_adopt_it():
    """Its controller ended, its workers live."""
    job = ended(controller(), "Failed")
    found = Remote(job, [worker(job)], [])
    assert found.state == "unwatched"
    assert any("nobody watches it" in line and "tunejob submit STUDY" in line for line in status_text.status(found))


@pytest.mark.parametrize(
    ("verdict", "state"), [(DONE, "complete"), (Verdict(75, "12 fits are missing"), "ended"), (None, "ended")]
)
def test_only_a_verdict_makes_a_run_complete(verdict, state):
    """The Job's own condition is not believed."""
    noted = {} if verdict is None else {"verdict": verdict.dumps()}
    assert Remote(ended(controller(**noted)), [], []).state == state


def test_suspended_and_cancelled_runs_are_told_as_such():
    """A Job in its queue, and one that was told to go."""
    job = controller()
    queued = worker(job)
    queued["spec"] = {**queued["spec"], "suspend": True}
    assert Remote(job, [queued], []).state == "suspended"
    going = controller()
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert Remote(going, [], []).state == "ending"


def listing(*jobs):
    """An API server with these Jobs and no pods."""

    def answer(request):
        if not request.path.endswith("jobs"):
            return Answer(body={"metadata": {}, "items": []})
        wanted = dict(part.split("=") for part in request.query.get("labelSelector", "").split(",") if part)
        kept = [job for job in jobs if wanted.items() <= job["metadata"]["labels"].items()]
        return Answer(body={"metadata": {}, "items": kept})

    return serving(answer)


@pytest.mark.parametrize("target", ["wine", "wine/wine-0123456789", "wine-0123456789", "tunejob-wine-new"])
def test_a_run_is_found_by_any_of_its_names(target):
    """By study (its newest run), study and run, run, or Job."""
    old = controller("tunejob-wine-old", "2026-01-01T00:00:00Z", "wine-9999999999")
    new = controller("tunejob-wine-new", "2026-01-02T00:00:00Z")
    with listing(old, new) as stub:
        assert remote_run.find(stub.api(), target).name == "tunejob-wine-new"


def test_other_live_runs_that_were_meant_are_named():
    """Two runs of one study live: the newest is found, the other is not forgotten; one that ended is no news."""
    jobs = [controller(f"tunejob-wine-{day}", f"2026-01-0{day}T00:00:00Z") for day in (1, 2, 3)]
    with listing(ended(jobs[0]), *jobs[1:]) as stub:
        found = remote_run.find(stub.api(), "wine")
    assert (found.name, found.others) == ("tunejob-wine-3", ["tunejob-wine-2"])


def test_workers_are_found_by_their_owner():
    """Another controller's workers of the same study are not ours."""
    ours, other = controller("tunejob-wine-a"), controller("tunejob-wine-b", "2025-01-01T00:00:00Z")
    with listing(ours, other, worker(ours), worker(other)) as stub:
        assert [one["metadata"]["ownerReferences"] for one in remote_run.find(stub.api(), "wine").workers] == [
            [{"uid": "uid-of-tunejob-wine-a"}]
        ]


def test_a_run_that_is_not_there_tells_which_are():
    """The namespace, and the runs in it."""
    with (
        listing(controller()) as stub,
        pytest.raises(UsageError, match=r"no run beer in .* tests .*: wine/wine-0123456789"),
    ):
        remote_run.find(stub.api(), "beer")
    with listing() as stub, pytest.raises(UsageError, match="there are: none at all"):
        remote_run.find(stub.api(), "beer")


def test_throttling_patches_the_live_job_alone():
    """Parallelism, of the Job of shards that is running."""
    job = controller()
    with serving(lambda _: Answer(body={})) as stub:
        told = remote_run.throttle(stub.api(), Remote(job, [ended(worker(job)), worker(job)], []), 1)
    assert told == "the Job wine-0123456789-1 takes 1 at once from now on (before: 2)"
    assert [one.body for one in stub.asked] == [{"spec": {"parallelism": 1}}]


def test_throttling_what_does_not_run_says_what_would_help():
    """Without a live Job of shards there is nothing to throttle."""
    job = controller()
    with serving(lambda _: Answer(body={})) as stub, pytest.raises(UsageError, match="nothing to throttle; `cluster:"):
        remote_run.throttle(stub.api(), Remote(job, [ended(worker(job))], []), 1)


def test_logs_are_of_the_controller_unless_workers_are_asked_for():
    """The controller's pods, the workers', or those of one index, the oldest first."""
    job = controller()
    own = made.pod("c-1", labels={names.JOB_NAME: job["metadata"]["name"]})
    first, second = made.pod("w-0", index=0), made.pod("w-1", index=1, creationTimestamp="2025-01-01T00:00:00Z")
    found = Remote(job, [worker(job)], [own, first, second])

    def chosen(**asked):
        return [one["metadata"]["name"] for one in remote_run.pods_of(found, **asked)]

    assert chosen(index=None, of_workers=False) == ["c-1"]
    assert chosen(index=None, of_workers=True) == ["w-1", "w-0"]
    assert chosen(index=1, of_workers=False) == ["w-1"]


def test_a_queued_run_has_no_pod_that_runs():
    """The controller's pod trains nothing, and a suspended Job has none: neither is told as a pod that runs."""
    job = controller()
    waiting = worker(job)
    waiting["spec"]["suspend"] = True
    waiting["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] = "gpus"
    pods = [made.pod("tunejob-wine-abc", labels={names.JOB_NAME: job["metadata"]["name"]}), made.pod(phase="Failed")]
    lines = status_text.status(Remote(job, [waiting], pods))
    assert "0 of 0 pods run; Jobs of workers: wine-0123456789-1 (suspended, in the queue gpus)" in lines


def test_a_pod_on_a_lost_node_does_not_run():
    """It is not ready there; one that was told to end and is ready still runs, whatever our own clock says."""
    job = controller()
    drained = made.pod("drained", deletionTimestamp="2026-01-01T00:00:30Z")
    lost = made.pod("lost", conditions=[{"type": "Ready", "status": "False"}])
    lines = status_text.status(Remote(job, [worker(job)], [drained, lost]))
    assert any(line.startswith("1 of 2 pods run (1 on nodes that are not ready: node-1; ") for line in lines)


def test_nodes_that_lose_workers_are_told():
    """By the workers' pods of each of the run's Jobs, not by those of an earlier Job of one's name."""
    job = controller()
    first, second = worker(job), worker(job)
    second["metadata"] |= {"name": "wine-0123456789-2", "uid": "second"}
    pods = [made.died(137, name=f"a-{number}") for number in range(2)]
    other = [made.died(137, name="b"), made.died(137, name="stale")]
    for pod, of in zip(other, ("second", "earlier"), strict=True):
        pod["metadata"]["labels"] = {names.JOB_NAME: "wine-0123456789-2", names.JOB_UID: of}
    lines = status_text.status(Remote(job, [first, second], [*pods, *other]))
    assert "node node-1 lost 3 of its 3 workers: kubectl cordon node-1" in lines


def test_a_job_that_no_queue_holds_tells_how_it_is_resumed():
    """Suspended, and no label of a queue."""
    job = controller()
    waiting = worker(job)
    waiting["spec"]["suspend"] = True
    lines = status_text.status(Remote(job, [waiting], []))
    assert any("suspended; no queue holds it: kubectl patch job wine-0123456789-1 --type" in line for line in lines)


@pytest.mark.parametrize(("failed", "asked"), [(0, 1), (2, 1), (3, 2)])
def test_pods_that_succeeded_are_asked_for_only_where_nodes_lose_workers(failed, asked):
    """There may be ten thousand; a node's losses are told by its share of all its workers."""
    job = controller()
    pods = [made.pod(f"p{number}", "Failed") for number in range(failed)]

    def answer(request):
        jobs = [job] if "component=controller" in request.query["labelSelector"] else [worker(job)]
        if request.path.endswith("/pods"):
            jobs = [] if request.query.get("fieldSelector") == "status.phase=Succeeded" else pods
        return Answer(body={"metadata": {}, "items": jobs})

    with serving(answer) as stub:
        assert len(remote_run.find(stub.api(), "wine").pods) == failed
        lists = [one.query.get("fieldSelector") for one in stub.asked if one.path.endswith("/pods")]
    assert lists == ["status.phase!=Succeeded", "status.phase=Succeeded"][:asked]


def test_thousands_of_pods_that_succeeded_are_not_asked_for():
    """Without them a node's losses are not told, which would seem to be all that it had."""
    job, workers = controller(), worker(controller(), succeeded=2001)
    pods = [made.pod(f"p{number}", "Failed", state={"terminated": {"exitCode": 137}}) for number in range(3)]

    def answer(request):
        jobs = [job] if "component=controller" in request.query["labelSelector"] else [workers]
        return Answer(body={"metadata": {}, "items": pods if request.path.endswith("/pods") else jobs})

    with serving(answer) as stub:
        found = remote_run.find(stub.api(), "wine")
    assert sum(one.path.endswith("/pods") for one in stub.asked) == 1
    assert not [line for line in status_text.status(found) if "lost" in line]


def test_of_pods_only_what_is_looked_at_is_kept():
    """Ten thousand of them are as many manifests."""
    job = controller()
    large = made.pod(managedFields=[{"manager": "kubelet"}], labels={names.JOB_NAME: job["metadata"]["name"]})
    large["spec"]["containers"][0]["env"] = [{"name": "X", "value": "1"}]
    with serving(lambda one: Answer(body={"metadata": {}, "items": [large] * one.path.endswith("pods")})) as stub:
        (kept,) = remote_run.look(stub.api(), job, every=True).pods
    assert "managedFields" not in kept["metadata"]
    assert "env" not in kept["spec"]["containers"][0]
