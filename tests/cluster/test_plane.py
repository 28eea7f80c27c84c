"""The control plane: real controllers, a real scheduler, admission and users, with plain Jobs of /bin/sh."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cluster.api import ApiError
from cluster.bodies import condition, ended, finished, job, pod, running, state
from cluster.rights import give

_PRIVILEGED = {"securityContext": {"privileged": True}}
_RESTRICTED = {
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
        "readOnlyRootFilesystem": True,
    }
}


def _only_pod(api, namespace):
    return api.items("pods", namespace, labelSelector="job-name%3Djob")[0]["metadata"]["name"]


def _running_pod(api, namespace):
    api.until("jobs", namespace, "job", lambda found: found["status"].get("ready"))
    return _only_pod(api, namespace)


def test_an_indexed_job_runs_each_index_once(api, cluster, namespace, nodes):
    """Every index runs to its end and sees its own number."""
    nodes()
    spec = {"completions": 5, "parallelism": 2, "completionMode": "Indexed"}
    api.create("jobs", namespace, job(cluster.image, "echo index $JOB_COMPLETION_INDEX", **spec))
    done = api.until("jobs", namespace, "job", finished)
    assert done["status"]["completedIndexes"] == "0-4"
    pods = api.items("pods", namespace)
    said = {api.logs(namespace, each["metadata"]["name"]).strip() for each in pods}
    assert said == {f"index {number}" for number in range(5)}


def test_a_failure_policy_sees_the_true_exit_code(api, cluster, namespace, nodes):
    """The Job controller fails the Job by the rule for code 64, which it can only have from the pod's status."""
    nodes()
    rule = {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [64]}}
    api.create("jobs", namespace, job(cluster.image, "exit 64", backoffLimit=3, podFailurePolicy={"rules": [rule]}))
    done = api.until("jobs", namespace, "job", finished)
    assert condition(done, "Failed")["reason"] == "PodFailurePolicy"
    assert "exit code 64" in condition(done, "Failed")["message"]


def test_an_evicted_pod_is_a_disruption_and_is_replaced(api, plane, namespace, nodes):
    """Eviction sets DisruptionTarget, the pod gets SIGTERM, and a Job that ignores disruptions counts no failure."""
    nodes()
    script = (
        'trap "exit 143" TERM; [ -e /once/seen ] && exit 0; touch /once/seen; echo set; while :; do sleep 0.1; done'
    )
    body = job(plane.image, script, completions=1, completionMode="Indexed", backoffLimitPerIndex=0)
    del body["spec"]["backoffLimit"]
    body["spec"]["podFailurePolicy"] = {
        "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]
    }
    body["spec"]["template"]["spec"]["volumes"] = [
        {"name": "once", "hostPath": {"path": str(plane.folder / namespace)}}
    ]
    body["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = [{"name": "once", "mountPath": "/once"}]
    (plane.folder / namespace).mkdir()
    api.create("jobs", namespace, body)
    first = _running_pod(api, namespace)
    api.until_said(namespace, first, "set")
    api.evict(namespace, first)
    evicted = api.until("pods", namespace, first, lambda found: not found or ended(found))
    done = api.until("jobs", namespace, "job", finished)
    assert condition(done, "Complete")
    assert done["status"].get("failedIndexes", "") == ""
    if evicted:  # the deletion may overtake the watch
        assert condition(evicted, "DisruptionTarget")["reason"] == "EvictionByEvictionAPI"
        assert state(evicted, "terminated")["exitCode"] == 143


def test_deleting_a_job_removes_what_it_owns(api, cluster, namespace, nodes):
    """Garbage collection follows owner references from one Job to another, and ends the pods."""
    nodes()
    parent = api.create("jobs", namespace, job(cluster.image, "true"))
    child = job(cluster.image, "sleep 600")
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "job", "uid": parent["metadata"]["uid"]}
    child["metadata"] = {"name": "child", "ownerReferences": [{**owner, "controller": False}]}
    api.create("jobs", namespace, child)
    api.until("jobs", namespace, "child", lambda found: found["status"].get("active"))
    api.delete("jobs", namespace, "job")
    api.gone("jobs", namespace, "child")
    for each in api.items("pods", namespace):
        api.gone("pods", namespace, each["metadata"]["name"])


def test_a_finished_job_leaves_after_its_time(api, cluster, namespace, nodes):
    """The TTL controller deletes it."""
    nodes()
    api.create("jobs", namespace, job(cluster.image, "true", ttlSecondsAfterFinished=0))
    api.gone("jobs", namespace, "job")


def test_a_cron_job_ticks(api, plane, namespace, nodes, tick):
    """The CronJob controller makes a Job that runs."""
    nodes()
    template = {"spec": job(plane.image, "true")["spec"]}
    spec = {"schedule": "* * * * *", "jobTemplate": template}
    api.create("cronjobs", namespace, {"metadata": {"name": "cron"}, "spec": spec})
    tick(namespace, "cron")
    made = api.until("cronjobs", namespace, "cron", lambda found: found["status"].get("lastSuccessfulTime"))
    assert condition(api.items("jobs", namespace)[0], "Complete")
    assert made["status"]["lastScheduleTime"]


def test_jobs_survive_a_restart_of_the_api_server(api, plane, namespace, nodes):
    """What ran before runs on, and its end is seen."""
    node = nodes()
    api.create("jobs", namespace, job(plane.image, 'trap "exit 0" USR1; echo set; while :; do sleep 0.1; done'))
    name = _running_pod(api, namespace)
    api.until_said(namespace, name, "set")
    plane.restart("kube-apiserver", signal.SIGKILL)
    assert node.pods() == [name]
    node.kill(namespace, name, signal.SIGUSR1)
    assert condition(api.until("jobs", namespace, "job", finished), "Complete")


def test_nothing_is_made_while_the_controllers_are_stopped(api, plane, namespace, nodes):
    """A Job has no pods until the controller manager is back."""
    nodes()
    plane.stop("kube-controller-manager")
    try:
        api.create("jobs", namespace, job(plane.image, "true"))
        assert api.items("pods", namespace) == []
    finally:
        plane.start("kube-controller-manager")
    assert condition(api.until("jobs", namespace, "job", finished), "Complete")


def test_a_dead_nodes_pod_is_given_up_and_replaced(api, plane, namespace, nodes):
    """A node whose Lease runs out is unreachable: its pod is deleted as disrupted, and another node does the work."""
    first = nodes("first")
    api.create("jobs", namespace, job(plane.image, "sleep 600", backoffLimit=1))
    name = _running_pod(api, namespace)
    nodes("second")
    first.die()
    lost = api.until("pods", namespace, name, lambda found: found["metadata"].get("deletionTimestamp"), seconds=90)
    assert condition(lost, "DisruptionTarget")["reason"] == "DeletionByTaintManager"
    api.until(
        "jobs", namespace, "job", lambda found: found["status"].get("terminating") and found["status"].get("ready")
    )
    assert {each["spec"]["nodeName"] for each in api.items("pods", namespace)} == {"first", "second"}
    assert not condition(api.get("nodes", None, "first"), "Ready")


def test_the_scheduler_counts_gpus(api, plane, namespace, nodes):
    """Two pods that want one GPU each share a node of one GPU by waiting."""
    nodes("no-gpu")
    node = nodes("gpu", gpus=1, labels={"kind": "gpu"}, taints=[{"key": "gpu", "effect": "NoSchedule"}])
    wants = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    tolerates = [{"key": "gpu", "operator": "Exists"}]
    for name in ("one", "two"):
        body = pod(plane.image, "sleep 600", container=wants, tolerations=tolerates)
        api.create("pods", namespace, {**body, "metadata": {"name": name}})
        if name == "one":
            api.until("pods", namespace, "one", running)
    waiting = api.until("pods", namespace, "two", lambda found: found["status"].get("conditions"))
    assert "Insufficient nvidia.com/gpu" in waiting["status"]["conditions"][0]["message"]
    node.kill(namespace, "one")
    assert api.until("pods", namespace, "two", running)["spec"]["nodeName"] == "gpu"


@pytest.mark.parametrize("namespace", [{"pod-security.kubernetes.io/enforce": "restricted"}], indirect=True)
def test_a_restricted_namespace_refuses_a_privileged_pod(api, cluster, namespace, nodes):
    """Pod Security is enforced by admission; a pod of the restricted kind runs."""
    nodes()
    with pytest.raises(ApiError, match="violates PodSecurity") as refusal:
        api.create("pods", namespace, pod(cluster.image, "true", container=_PRIVILEGED), dryRun="All")
    assert refusal.value.status == 403
    api.create("pods", namespace, pod(cluster.image, "true", container=_RESTRICTED))
    assert api.until("pods", namespace, "main", ended)["status"]["phase"] == "Succeeded"


def test_a_user_may_do_what_a_binding_says(api, cluster, namespace):
    """An ordinary user is refused until bound to a role, and only there."""
    alice = cluster.user("alice", namespace)
    refused = cluster.kubectl("get", "pods", user=alice)
    assert refused.returncode == 1
    assert "Forbidden" in refused.stderr
    give(api, namespace, alice, "view", "ClusterRole")
    allowed = cluster.kubectl("get", "pods", user=alice)
    assert (allowed.returncode, allowed.stderr.strip()) == (0, f"No resources found in {namespace} namespace.")
    assert cluster.kubectl("get", "pods", "-n", "default", user=alice).returncode == 1


def test_the_audit_log_counts_each_request_once(plane, namespace):
    """Requests are told apart by user agent, and a watch is one request."""
    mark = plane.audit.now()
    counted = plane.api(agent="counted-agent")
    counted.items("pods", namespace)
    counted.items("jobs", namespace)
    list(counted.watch(f"/api/v1/namespaces/{namespace}/pods", "0", seconds=1))
    plane.api(agent="other-agent").items("pods", namespace)
    found = plane.audit.requests(mark, agent="counted-agent", namespace=namespace)
    assert sorted(each["verb"] for each in found) == ["list", "list", "watch"]


def test_a_killed_test_session_takes_its_control_plane_along(plane, tmp_path):
    """Even SIGKILL leaves no process behind."""
    script = (
        f"import sys, pathlib, time; sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from cluster import binary; from cluster.plane import Plane\n"
        f"plane = Plane(binary.CONTROL_PLANE.place(), pathlib.Path({str(tmp_path / 'plane')!r})); plane.begin()\n"
        "print(*(part.pid for part in plane._processes.values()), flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as session:
        pids = [os.pidfd_open(int(pid)) for pid in session.stdout.readline().split()]
        session.kill()
    assert len(pids) == 4
    for pid in pids:
        assert select.select([pid], [], [], 10)[0]
        os.close(pid)
