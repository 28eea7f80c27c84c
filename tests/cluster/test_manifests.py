"""What lies under k8s/ at a real API server: admitted, restricted, and each step by whom it is meant for."""

import json
import sys
from pathlib import Path

import pytest
from cluster.api import ApiError
from cluster.kustomizing import COMPONENTS, EXAMPLES, NEEDS, OVERLAYS, bare_pods, only, overlay, rendered

from job.launch.cluster import manifests
from job.launch.cluster.manifests import Launch
from job.launch.cluster.names import Owner
from job.study.study import Cluster

sys.path.insert(0, str(Path(__file__).parents[1] / "launch"))
import schema

ALONE = [(), *((*NEEDS.get(one, ()), one) for one in COMPONENTS)]
TOGETHER = tuple(one for one in COMPONENTS if one not in ("cron", "gpu"))
CASES = [*ALONE, TOGETHER, (*TOGETHER, "cron")]
_ENFORCE = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}


@pytest.fixture
def restricted(api, namespace):
    """A namespace that enforces Pod Security's strictest level, with what pods of ours name in it."""
    api.patch("namespaces", None, namespace, _ENFORCE)
    for name in ("tunejob-controller", "tunejob-worker"):
        api.create("serviceaccounts", namespace, {"metadata": {"name": name}})
    return namespace


def _all(cluster, tmp_path, namespace, overlay_name, chosen):
    components = [f"components/{one}" for one in chosen if not (one == "gpu" and overlay_name == "gpu")]
    folder = overlay(tmp_path / "overlay", namespace, [f"overlays/{overlay_name}"], components)
    return rendered(cluster.kubectl, folder)


def _launched(objects, *, task="shards"):
    """The Job that Python makes of the rendered PodTemplate."""
    launch = Launch(
        name="study-0123456789-1", task=task, study="study", run="study-0123456789", arguments=["--run", "x"],
        completions=7, parallelism=3, code="tunejob-study", owner=Owner("controller", "0-0-0-0"),
    )  # fmt: skip
    return manifests.job(only(objects, "PodTemplate", "tunejob-worker"), launch, Cluster())


@pytest.mark.parametrize("chosen", CASES, ids=lambda chosen: "+".join(chosen) or "plain")
@pytest.mark.parametrize("name", OVERLAYS)
def test_every_manifest_is_admitted_and_every_pod_is_restricted(api, cluster, restricted, tmp_path, name, chosen):
    """The server takes each object strictly, and each pod that comes of it where Pod Security is at its strictest."""
    objects = _all(cluster, tmp_path, restricted, name, chosen)
    made = _launched(objects)
    for pod in bare_pods([*objects, made]):
        api.create("pods", restricted, pod, dryRun="All", fieldValidation="Strict")
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [*objects, made]})
    done = cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "-n", restricted, "-f", "-", text=text)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("(server dry run)") == len(objects) + 1


def test_who_is_told_of_retunes_is_known_to_the_controller_alone(cluster, tmp_path):
    """The Secret's keys are the scheduled controller's environment, and no worker's; it may reach a Pushgateway."""
    folder = overlay(tmp_path / "told", "t", ["overlays/gpu"], ["components/notify", "components/cron"])
    objects = rendered(cluster.kubectl, folder)
    holders = [(one["kind"], one["metadata"]["name"]) for one in objects if "tunejob-notify" in json.dumps(one)]
    assert holders == [("CronJob", "tunejob")]
    spec = only(objects, "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert {"secretRef": {"name": "tunejob-notify"}} in spec["containers"][0]["envFrom"]
    reaching = [
        one["metadata"]["name"] for one in objects if one["kind"] == "NetworkPolicy" and "9091" in json.dumps(one)
    ]
    assert reaching == ["tunejob-controller"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_of_a_patch_is_admitted(api, cluster, restricted, tmp_path, name):
    """What the examples under k8s/examples patch is a restricted pod still, once what they name is there."""
    api.request("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", {"metadata": {"name": "tunejob"}, "value": -10})
    api.request("POST", "/apis/node.k8s.io/v1/runtimeclasses", {"metadata": {"name": "nvidia"}, "handler": "nvidia"})
    try:
        objects = rendered(
            cluster.kubectl, overlay(tmp_path / "overlay", restricted, ["overlays/gpu"], [f"examples/{name}"])
        )
        plain = rendered(cluster.kubectl, overlay(tmp_path / "plain", restricted, ["overlays/gpu"]))
        assert objects != plain
        for pod in bare_pods([*objects, _launched(objects)]):
            api.create("pods", restricted, pod, dryRun="All", fieldValidation="Strict")
    finally:
        api.request("DELETE", "/apis/scheduling.k8s.io/v1/priorityclasses/tunejob")
        api.request("DELETE", "/apis/node.k8s.io/v1/runtimeclasses/nvidia")


def test_a_privileged_patch_is_refused(api, cluster, restricted, tmp_path):
    """Pod Security is really on: the same template with a privileged container is refused, as a Pod."""
    patch = [{"op": "add", "path": "/template/spec/containers/0/securityContext/privileged", "value": True}]
    target = {"kind": "PodTemplate", "name": "tunejob-worker"}
    patches = [
        {"target": target, "patch": json.dumps(patch)},
        {
            "target": target,
            "patch": json.dumps(
                [{"op": "remove", "path": "/template/spec/containers/0/securityContext/allowPrivilegeEscalation"}]
            ),
        },
    ]
    objects = rendered(
        cluster.kubectl, overlay(tmp_path / "overlay", restricted, ["overlays/cpu"], [], patches=patches)
    )
    (worker,) = bare_pods([_launched(objects)])
    with pytest.raises(ApiError, match="violates PodSecurity"):
        api.create("pods", restricted, worker, dryRun="All")


@pytest.mark.parametrize("name", OVERLAYS)
@pytest.mark.parametrize("task", ["prepare", "shards", "refit"])
def test_every_network_policy_selects_the_pods_that_come_of_it(api, cluster, restricted, tmp_path, name, task):
    """By the server's own matching of labels: each policy has its pods, and no pod is without one."""
    objects = _all(cluster, tmp_path, restricted, name, ())
    made = bare_pods([only(objects, "Job"), _launched(objects, task=task)])
    for pod in made:
        pod["spec"]["schedulingGates"] = [{"name": "tests.invalid/never"}]  # it need not run
        api.create("pods", restricted, pod)
    policies = [one for one in objects if one["kind"] == "NetworkPolicy"]
    selected = {}
    for policy in policies:
        wanted = policy["spec"]["podSelector"]["matchLabels"]
        selector = "%2C".join(f"{key}%3D{value}" for key, value in wanted.items())
        selected[policy["metadata"]["name"]] = {
            pod["metadata"]["name"] for pod in api.items("pods", restricted, labelSelector=selector)
        }
    assert selected == {"tunejob-controller": {"tunejob-controller"}, "tunejob-worker": {made[1]["metadata"]["name"]}}


def test_the_offline_schema_is_the_servers_own(plane, api):
    """The schema that checks manifests without a cluster is what this API server says of its kinds."""
    documents = [api.request("GET", f"/openapi/v3/{one}") for one in schema.DOCUMENTS]
    assert json.loads(schema.KEPT.read_text()) == schema.derived(documents)
