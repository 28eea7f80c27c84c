"""Runs through the queues of Kueue's own controller: each is told, none loses a fit, none counts as a failure."""

import threading
from types import SimpleNamespace

import pytest
from cluster import kueueing, kustomizing, studies
from cluster.binary import KUEUE
from cluster.bodies import condition, job
from kubernetes.client import Configuration
from kubernetes.config import load_kube_config

from job.errors import Incomplete
from job.launch.cluster import diagnosis
from job.launch.cluster.api import Api
from job.launch.cluster.events import Telling
from job.launch.cluster.launcher import ClusterLauncher
from job.launch.cluster.names import Owner
from job.study import reading

pytestmark = pytest.mark.skipif(
    not KUEUE.place().exists(), reason="Kueue's controller was not built here: make test-kueue builds it and keeps it"
)
POOL = {"pool": "gold"}


@pytest.fixture(scope="module")
def kueue(plane, api, tmp_path_factory):
    """The controller, with flavors of any node and of those with a label."""
    with kueueing.running(plane, tmp_path_factory.mktemp("kueue")):
        kueueing.flavor(api, "any")
        kueueing.flavor(api, "gold", **POOL)
        for name, value in (("low", 1), ("high", 1000)):
            kueueing.priority(api, name, value)
        yield


@pytest.fixture(scope="session")
def installation(cluster, tmp_path_factory):
    """What an administrator installs for workers with GPUs that are queued."""
    parts = ["overlays/gpu/install"], ["components/kueue"]
    folder = kustomizing.overlay(tmp_path_factory.mktemp("queued"), "tunejob", *parts)
    return kustomizing.rendered(cluster.kubectl, folder)


@pytest.fixture
def queued(kueue, stubbed):
    """Makes the site's queue, of so many GPUs; its name."""

    def make(gpus, flavors="any"):
        name = f"q-{stubbed.namespace}"
        kueueing.queue(stubbed.api, name, gpus, flavors=flavors)
        kueueing.local(stubbed.api, stubbed.namespace, name)
        return name

    return make


def begun(site, **fields):
    """A submitted run; its command."""
    return site.begin("submit", studies.write(site.folder / "study", **fields))


def completed(site, submitted):
    """Waits for its end: all fits are there, and no pod counted as a failure of its index."""
    _, said = submitted.communicate(timeout=240)
    assert submitted.returncode == 0, said
    assert len(site.results("tiny")) == 8
    for one in site.jobs("shards"):
        assert not one["status"].get("failedIndexes")
    return said


def admitted(site):
    """The only live Job of shards, once it was let run."""
    site.until(lambda: any(not one["spec"]["suspend"] for one in site.jobs("shards", live=True)), "it is admitted")
    (found,) = site.jobs("shards", live=True)
    return found


def test_a_run_goes_through_its_queue(stubbed, queued):
    """Workers and what prepares are admitted, the controller is never queued, and status names the queue."""
    queued(16)
    stubbed.hold()
    submitted = begun(stubbed)
    stubbed.held(2)
    workloads = stubbed.api.items("workloads", stubbed.namespace)
    owners = {one["metadata"]["ownerReferences"][0]["name"] for one in workloads}
    assert admitted(stubbed)["metadata"]["name"] in owners
    (controller,) = stubbed.api.items(
        "jobs", stubbed.namespace, labelSelector="app.kubernetes.io/component%3Dcontroller"
    )
    assert controller["metadata"]["name"] not in owners
    assert "2 of 2 pods run" in stubbed.tunejob("status", "tiny").stdout
    stubbed.release()
    completed(stubbed, submitted)


def test_a_short_quota_lets_fewer_workers_run(stubbed, queued):
    """One GPU for two workers: the shards are trained one after the other."""
    queued(1)
    stubbed.hold()
    submitted = begun(stubbed)
    stubbed.held(1)
    assert admitted(stubbed)["spec"]["parallelism"] == 1
    assert len(stubbed.pods("shards")) == 1
    stubbed.release()
    completed(stubbed, submitted)


def test_a_higher_priority_preempts_and_the_run_is_resumed(stubbed, queued):
    """All workers end, are waited for, and go on where they were; by whom it was sent back is told."""
    queued(2)
    stubbed.hold()
    submitted = begun(stubbed)
    held = stubbed.held(2)
    urgent = job(stubbed.api.get("podtemplates", stubbed.namespace, "tunejob-worker")["template"]["spec"]["containers"][
        0]["image"], "while [ ! -e /gate/go ]; do sleep 0.1; done", suspend=True)  # fmt: skip
    container = urgent["spec"]["template"]["spec"]["containers"][0]
    container["resources"] = {"requests": {"cpu": "1", "memory": "64Mi"}, "limits": {"nvidia.com/gpu": 2}}
    container["volumeMounts"] = [{"name": "gate", "mountPath": "/gate"}]
    urgent["spec"]["template"]["spec"]["volumes"] = [{"name": "gate", "hostPath": {"path": str(stubbed.gate)}}]
    labels = {"kueue.x-k8s.io/queue-name": "tunejob", "kueue.x-k8s.io/priority-class": "high"}
    urgent["metadata"] = {"name": "urgent", "labels": labels}
    stubbed.api.create("jobs", stubbed.namespace, urgent)
    stubbed.until(lambda: stubbed.jobs("shards", live=True)[0]["spec"]["suspend"], "it is preempted")
    for pod in held:
        stubbed.api.gone("pods", stubbed.namespace, pod, 120)
    stubbed.until(lambda: "0 of 0 pods run" in stubbed.tunejob("status", "tiny").stdout, "status knows")
    stubbed.until(lambda: "reempted" in stubbed.tunejob("logs", "tiny").stdout, "it is told who sent it back")
    stubbed.release()
    (stubbed.gate / "go").touch()
    stubbed.api.until("jobs", stubbed.namespace, "urgent", lambda one: condition(one, "Complete"), 120)
    completed(stubbed, submitted)


def test_a_quota_that_shrinks_under_a_run_loses_nothing(stubbed, queued):
    """What was admitted goes on, and what is sent back is let run again with less."""
    name = queued(2)
    stubbed.hold()
    submitted = begun(stubbed)
    stubbed.held(2)
    kueueing.change(stubbed.api, name, 1)
    stubbed.release()
    completed(stubbed, submitted)


def test_a_queue_that_is_drained_and_opened_again_loses_nothing(stubbed, queued):
    """HoldAndDrain ends all pods; without it the run goes on."""
    name = queued(2)
    stubbed.hold()
    submitted = begun(stubbed)
    held = stubbed.held(2)
    stubbed.api.patch("clusterqueues", None, name, {"spec": {"stopPolicy": "HoldAndDrain"}})
    for pod in held:
        stubbed.api.gone("pods", stubbed.namespace, pod, 120)
    assert stubbed.jobs("shards", live=True)[0]["spec"]["suspend"]
    stubbed.release()
    stubbed.api.patch("clusterqueues", None, name, {"spec": {"stopPolicy": "None"}})
    completed(stubbed, submitted)


def test_throttle_asks_the_queue_anew(stubbed, queued):
    """The queue takes no change of a Job that runs: another Job with the other number has the shards that are left."""
    queued(2)
    stubbed.hold()
    submitted = begun(stubbed)
    stubbed.held(2)
    before = admitted(stubbed)["metadata"]
    done = stubbed.tunejob("throttle", "1", "tiny")
    assert done.returncode == 0, done.stderr
    assert "asks the queue tunejob anew" in done.stdout
    stubbed.until(
        lambda: before["uid"] not in {one["metadata"]["uid"] for one in stubbed.jobs("shards")}, "the Job goes"
    )
    after = admitted(stubbed)
    assert after["spec"]["parallelism"] == 1
    assert after["metadata"]["annotations"]["tunejob/parallelism"] == "1"
    stubbed.release()
    completed(stubbed, submitted)


def test_a_flavors_nodes_are_taken(stubbed, queued, nodes, stub_images):
    """Workers run where the flavor's label is, and nowhere else."""
    nodes("golden", capacity={"nvidia.com/gpu": 4, "cpu": 100, "memory": "1Ti"}, labels=POOL, images=stub_images)
    queued(4, "gold")
    stubbed.hold()
    submitted = begun(stubbed)
    stubbed.held(2)
    assert {pod["spec"]["nodeName"] for pod in stubbed.pods("shards")} == {"golden"}
    stubbed.release()
    completed(stubbed, submitted)


@pytest.fixture
def prepared_alone(plane, stubbed, kueue, monkeypatch):
    """Has what prepares launched by itself: what was told, and how it ended."""
    monkeypatch.setattr(diagnosis, "BLOCKED", 15.0)
    configuration = Configuration()
    load_kube_config(str(plane.user("admin").kubeconfig), client_configuration=configuration)
    api = Api(configuration, stubbed.namespace)
    stubbed.api.create("configmaps", stubbed.namespace, {"metadata": {"name": "code"}, "data": {"study.yaml": ""}})
    body = {**job("test.invalid/none:1", "true", suspend=True), "metadata": {"name": "controller"}}
    owner = Owner("controller", stubbed.api.create("jobs", stubbed.namespace, body)["metadata"]["uid"])
    study = reading.read(studies.write(stubbed.folder / "study"), stubbed.store)
    # The gpu overlay prepares without a queue, on the CPU; here what prepares comes from the workers' own template.
    stubbed.api.delete("podtemplates", stubbed.namespace, "tunejob-prepare")
    found = SimpleNamespace(sentences=[], error=None)
    launcher = ClusterLauncher(
        api, stubbed.opened(), owner, "code", study.cluster, Telling(api, owner), found.sentences.append
    )

    def run():
        def go():
            try:
                launcher.prepare(study, "0123456789abcdef", measure=False)
            except Incomplete as error:
                found.error = error

        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        thread.join(90)
        assert not thread.is_alive(), found.sentences
        return found

    return run


def test_a_quota_that_never_suffices_is_told_and_ended(queued, prepared_alone):
    """No GPU at all: the queue's own words, that it never passes, and what to do; then the end."""
    queued(0)
    found = prepared_alone()
    told = "\n".join([*found.sentences, str(found.error)])
    assert isinstance(found.error, Incomplete), told
    assert "waits in the queue tunejob, where 0 wait before it" in told
    assert "maximum capacity" in told
    assert "It cannot be admitted as it is" in told


def test_a_queue_that_is_not_there_is_told_and_ended(prepared_alone):
    """With the command that shows which there are."""
    found = prepared_alone()
    told = "\n".join([*found.sentences, str(found.error)])
    assert isinstance(found.error, Incomplete), told
    assert "waits in the queue tunejob, which does not exist" in told
    assert "kubectl get localqueues" in told
