"""ClusterLauncher with the real Job controller: what it launches, adopts, waits for, gives up, and says meanwhile."""

import threading

import pytest
from cluster import studies
from cluster.bodies import condition, job
from kubernetes.client import Configuration
from kubernetes.config import load_kube_config

from job.errors import TunejobError
from job.launch.cluster import job_follower
from job.launch.cluster.api import Api
from job.launch.cluster.events import Telling
from job.launch.cluster.launcher import ClusterLauncher
from job.launch.cluster.names import Owner
from job.plan import launches, stored
from job.plan.plan import Facts
from job.store.keys import RunKeys
from job.study import reading


@pytest.fixture
def planned(stubbed, prepared):
    """The small study, planned in the site's store: its keys and its plan of two shards."""
    study = reading.read(studies.write(stubbed.folder / "study"), stubbed.store)
    facts = stored.read(Facts, prepared["prepare.json"], "prepare.json")
    plan = stored.write(stubbed.opened(), study, facts, prepared["folds.npz"], 2)
    assert plan.shards == 2
    return RunKeys(plan.study, plan.run), plan


@pytest.fixture
def launcher(plane, stubbed):
    """Makes launchers, each of a controller's Job of its own."""
    configuration = Configuration()
    load_kube_config(str(plane.user("admin").kubeconfig), client_configuration=configuration)
    api = Api(configuration, stubbed.namespace)
    stubbed.api.create("configmaps", stubbed.namespace, {"metadata": {"name": "code"}, "data": {"study.yaml": ""}})

    def make(name="controller"):
        body = job("test.invalid/none:1", "true", suspend=True)
        made = stubbed.api.create("jobs", stubbed.namespace, {**body, "metadata": {"name": name}})
        owner = Owner(name, made["metadata"]["uid"])
        settings = reading.read(stubbed.folder / "study" / "study.yaml", stubbed.store).cluster
        return ClusterLauncher(api, stubbed.opened(), owner, "code", settings, Telling(api, owner), lambda _: None)

    return make


def _all(sentences):
    return [one for one in sentences if one is not None]


def _beside(sentences):
    """Follows in a thread of its own: the list that sentences are put into, and the thread."""
    told = []
    thread = threading.Thread(target=lambda: told.extend(_all(sentences)))
    thread.start()
    return told, thread


def test_a_job_that_lives_is_adopted(stubbed, planned, launcher):
    """A second launcher follows the first one's Job, makes it its own too, and both see its end."""
    keys, plan = planned
    stubbed.hold()
    first, one = _beside(launcher("first").shards(keys, plan, [0, 1]))
    stubbed.held(2)
    second = launcher("second")
    told, other = _beside(second.shards(keys, plan, [0, 1]))
    (live,) = stubbed.jobs("shards", live=True)
    name = live["metadata"]["name"]
    mine = second.controller.reference()
    stubbed.api.until("jobs", stubbed.namespace, name, lambda one: mine in one["metadata"]["ownerReferences"])
    stubbed.release()
    for thread in (one, other):
        thread.join(60)
    assert first == [f"launched the Job {name} of 2 shards"]
    assert told == [f"adopted the Job {name}, which is running"]
    assert len(stubbed.results("tiny")) == 8


def test_a_job_that_is_going_is_waited_for(stubbed, planned, launcher):
    """A Job that is being deleted is no Job to follow: once it is gone, another one does what is left."""
    keys, plan = planned
    stubbed.hold()
    _, one = _beside(launcher("first").shards(keys, plan, [0, 1]))
    held = stubbed.held(2)
    (live,) = stubbed.jobs("shards", live=True)
    for pod in held:  # keeps them for as long as the test looks
        stubbed.api.patch("pods", stubbed.namespace, pod, {"metadata": {"finalizers": ["test.invalid/look"]}})
    stubbed.api.delete("jobs", stubbed.namespace, live["metadata"]["name"], propagation="Foreground")
    told = []
    sentences = launcher("second").shards(keys, plan, [0, 1])
    told.append(next(sentences))
    for pod in held:
        stubbed.api.patch("pods", stubbed.namespace, pod, {"metadata": {"finalizers": None}})
    stubbed.release()
    told += _all(sentences)
    one.join(60)
    assert told[0].startswith(f"the Job {keys.run}-1 is being deleted, and its pods are ending")
    assert told[-1].startswith("launched the Job")
    (other,) = stubbed.jobs("shards")
    assert other["metadata"]["uid"] != live["metadata"]["uid"]
    assert len(stubbed.results("tiny")) == 8


def test_a_finished_job_is_never_reused(stubbed, planned, launcher):
    """What is still missing is launched under the next number, and holds no more than that."""
    keys, plan = planned
    _all(launcher("first").shards(keys, plan, [0]))
    told = _all(launcher("second").shards(keys, plan, [1]))
    assert told == [f"launched the Job {keys.run}-2 of 1 shards"]
    assert [launches.shards(stubbed.opened(), keys, number) for number in (1, 2)] == [(0,), (1,)]
    assert len(stubbed.results("tiny")) == 8


def test_workers_that_all_end_alike_are_given_up(stubbed, planned, launcher):
    """After twice as many ends as run at once, all by one code without a result: the Job goes, the code is told."""
    keys, plan = planned
    (stubbed.gate / "fail").touch()
    said = r"the first 4 workers all ended with exit code 70: .*because the test says so"
    with pytest.raises(TunejobError, match=said):
        _all(launcher().shards(keys, plan, [0, 1]))
    assert stubbed.jobs("shards") == []
    assert stubbed.pods("shards", "Running") == []


def test_a_suspended_job_is_told_and_waited_for(stubbed, planned, launcher):
    """A queue's Job starts suspended: it is said, counts against no limit, and goes on when it is let run."""
    keys, plan = planned
    labels = {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "tunejob"}}}
    stubbed.api.patch("podtemplates", stubbed.namespace, "tunejob-worker", labels)
    queued = launcher()
    sentences = queued.shards(keys, plan, [0, 1])
    while "is suspended" not in (next(sentences) or ""):
        assert queued.running_seconds == 0.0
    (waiting,) = stubbed.jobs("shards", live=True)
    assert not condition(waiting, "Failed")
    stubbed.api.patch("jobs", stubbed.namespace, waiting["metadata"]["name"], {"spec": {"suspend": False}})
    _all(sentences)
    assert len(stubbed.results("tiny")) == 8


@pytest.fixture
def beside(stubbed, monkeypatch):
    """The installed PodTemplate has a container beside the worker that never ends."""
    monkeypatch.setattr(job_follower, "LINGER", 1.0)
    template = stubbed.api.get("podtemplates", stubbed.namespace, "tunejob-worker")
    containers = template["template"]["spec"]["containers"]
    proxy = {"name": "proxy", "image": containers[0]["image"], "command": ["/bin/sh", "-c", "sleep 600"]}
    spec = {"containers": [*containers, proxy], "terminationGracePeriodSeconds": 1}
    stubbed.api.patch("podtemplates", stubbed.namespace, "tunejob-worker", {"template": {"spec": spec}})


def test_workers_that_ended_are_not_waited_for_by_what_is_beside_them(stubbed, planned, launcher, beside):
    """It is told once with the native form, the results count, and neither Job nor pod is left."""
    keys, plan = planned
    told = _all(launcher().shards(keys, plan, [0, 1]))
    (said,) = [one for one in told if "its container 'proxy' has not" in one]
    assert "restartPolicy: Always" in said
    assert len(stubbed.results("tiny")) == 8
    stubbed.until(lambda: not stubbed.jobs("shards") and not stubbed.pods("shards"), "nothing is left")


@pytest.mark.parametrize(("code", "said"), [(70, "the first 4 workers all ended"), (65, "the test says so")])
def test_workers_that_fail_beside_what_never_ends_are_given_up_too(stubbed, planned, launcher, beside, code, said):
    """Their pods do not fail, so that the Job controller counts nothing: refusals end the run, crashes after a few."""
    keys, plan = planned
    (stubbed.gate / "fail").write_text(str(code))
    with pytest.raises(TunejobError, match=said) as caught:
        _all(launcher().shards(keys, plan, [0, 1]))
    assert int(caught.value.exit_code) == code
    assert stubbed.jobs("shards") == []


def test_what_a_lost_node_holds_is_launched_again(stubbed, planned, launcher, nodes, stub_images, monkeypatch):
    """A pod that never ends is told with its node and the remedy; when nothing else is left, its shard is launched."""
    monkeypatch.setattr(job_follower, "LOST", 2.0)
    soon = {"template": {"spec": {"terminationGracePeriodSeconds": 1}}}
    stubbed.api.patch("podtemplates", stubbed.namespace, "tunejob-worker", soon)
    other = nodes("other", capacity={"nvidia.com/gpu": 16, "cpu": 1000, "memory": "4Ti"}, images=stub_images)
    keys, plan = planned
    stubbed.hold()
    told, thread = _beside(launcher().shards(keys, plan, [0, 1]))
    stubbed.held(2)
    on_it = [pod for pod in stubbed.pods("shards") if pod["spec"]["nodeName"] == "other"]
    assert len(on_it) == 1
    other.die()
    stubbed.release()
    thread.join(180)
    assert not thread.is_alive(), told
    lost = on_it[0]["metadata"]["name"]
    assert any(f"pod {lost} on node other does not end" in one and "kubectl delete node other" in one for one in told)
    assert told[-1] == f"launched the Job {keys.run}-2 of 1 shards"
    assert len(stubbed.results("tiny")) == 8
