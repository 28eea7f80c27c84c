"""The manifests under k8s/, rendered by kubectl and checked without a cluster."""

import re

import pytest
import yaml
from launch import rendering, schema
from launch.test_manifests import launch

from job.launch.client import templates
from job.launch.cluster import manifests
from job.study.study import Cluster

GPU = "nvidia.com/gpu"


@pytest.mark.parametrize(("overlay", "components"), rendering.combinations())
def test_every_combination_is_known_to_the_api_server_field_by_field(overlay, components, owner):
    """All rendered objects, and the worker's Job that is built from them, hold against the API server's schema."""
    found = rendering.objects(f"overlays/{overlay}", components)
    worker = manifests.job(rendering.one(found, "PodTemplate"), launch(owner), Cluster())
    assert [wrong for one in (*found, worker) for wrong in schema.mistakes(one)] == []


def test_the_offline_check_sees_a_field_that_is_none():
    """A field that Kubernetes does not know, and one of a wrong type, are both found."""
    found = rendering.one(rendering.objects("install"), "PodTemplate")
    found["template"]["spec"]["restartPolice"] = "Never"
    found["template"]["spec"]["terminationGracePeriodSeconds"] = "soon"
    assert len(schema.mistakes(found)) == 2


@pytest.mark.parametrize("overlay", rendering.OVERLAYS)
def test_installing_starts_nothing(overlay):
    """What an administrator installs has no workload in it."""
    kinds = {one["kind"] for one in rendering.objects(f"overlays/{overlay}/install")}
    assert kinds == {"NetworkPolicy", "PodTemplate", "Role", "RoleBinding", "ServiceAccount"}


def test_running_needs_jobs_and_configmaps_only():
    """What a user applies is what the Role tunejob-user allows."""
    assert sorted(one["kind"] for one in rendering.objects("run")) == ["ConfigMap", "Job"]


@pytest.mark.parametrize(("overlay", "components"), rendering.combinations())
def test_pods_are_restricted(overlay, components):
    """Every container is non-root by number, without privileges, with a read-only root; no host namespaces."""
    found = rendering.objects(f"overlays/{overlay}", components)
    for body in (rendering.one(found, "PodTemplate"), rendering.controller_of(found)):
        spec = rendering.pod_of(body)["spec"]
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert spec["enableServiceLinks"] is False
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
        assert not any("hostPath" in volume for volume in spec["volumes"])


def test_only_the_gpu_component_asks_for_a_gpu():
    """The cpu overlay knows no GPU; the gpu one asks for one, tolerates its taint and has the worker check it."""
    without = rendering.pod_of(rendering.one(rendering.objects("overlays/cpu"), "PodTemplate"))["spec"]
    assert "gpu" not in yaml.safe_dump(without).lower()
    spec = rendering.pod_of(rendering.one(rendering.objects("overlays/gpu"), "PodTemplate"))["spec"]
    worker = spec["containers"][0]
    assert worker["resources"]["limits"][GPU] == 1
    assert {"name": "TUNEJOB_REQUIRE_GPU", "value": "1"} in worker["env"]
    assert {"name": "TF_FORCE_GPU_ALLOW_GROWTH", "value": "true"} in worker["env"]
    assert spec["tolerations"] == [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}]
    assert worker["image"].startswith("tunejob-trainer:")


def test_a_slice_of_a_gpu_takes_the_place_of_a_whole_one():
    """Never both in one container."""
    found = rendering.one(rendering.objects("overlays/gpu", ["mig"]), "PodTemplate")
    limits = rendering.pod_of(found)["spec"]["containers"][0]["resources"]["limits"]
    assert limits == {"memory": "4Gi", "nvidia.com/mig-1g.10gb": 1}


@pytest.mark.parametrize(("overlay", "components"), rendering.combinations())
def test_controllers_stay_off_gpu_and_spot_nodes(overlay, components):
    """The controller asks for no GPU, tolerates nothing, and keeps away from nodes that clouds label as spot."""
    spec = rendering.pod_of(rendering.controller_of(rendering.objects(f"overlays/{overlay}", components)))["spec"]
    assert "tolerations" not in spec
    assert spec["containers"][0]["resources"] == {
        "requests": {"cpu": "200m", "memory": "512Mi"},
        "limits": {"memory": "1Gi"},
    }
    terms = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert {one["operator"] for one in terms[0]["matchExpressions"]} == {"NotIn"}


@pytest.mark.parametrize("components", [(), ("spot",)])
def test_autoscalers_may_move_workers_on_spot_only(components):
    """Workers ask autoscalers to look elsewhere, except under the spot component, which tolerates spot's taints."""
    pod = rendering.pod_of(rendering.one(rendering.objects("overlays/gpu", components), "PodTemplate"))
    kept = {"cluster-autoscaler.kubernetes.io/safe-to-evict", "karpenter.sh/do-not-disrupt"}
    assert (pod["metadata"].get("annotations") or {}).keys() == (set() if components else kept)
    keys = {one["key"] for one in pod["spec"]["tolerations"]}
    spot = {"cloud.google.com/gke-spot", "kubernetes.azure.com/scalesetpriority"}
    assert keys == ({GPU} | spot if components else {GPU})


def test_controllers_try_again_what_may_pass_and_nothing_else():
    """Crashes are retried, evictions and SIGTERM are not even counted, verdicts end the Job."""
    spec = rendering.controller_of(rendering.objects("run"))["spec"]
    rules = spec["podFailurePolicy"]["rules"]
    assert [rule["action"] for rule in rules] == ["Ignore", "Ignore", "FailJob"]
    assert rules[1]["onExitCodes"]["values"] == [143]
    assert rules[2]["onExitCodes"]["values"] == [64, 65, 75, 76, 77]
    assert spec["backoffLimit"] == 6


def test_a_scheduled_run_is_the_run_itself():
    """The CronJob's Job is the controller's Job with all its patches; no Job starts at once."""
    plain = rendering.controller_of(rendering.objects("overlays/cpu"))
    found = rendering.objects("overlays/cpu", ["cron"])
    cron = rendering.controller_of(found)
    assert [one["kind"] for one in found if one["kind"] in ("Job", "CronJob")] == ["CronJob"]
    assert cron["spec"]["jobTemplate"]["spec"] == plain["spec"]
    assert cron["spec"]["concurrencyPolicy"] == "Forbid"


@pytest.mark.parametrize("components", [(), ("cron",), ("gpu", "spot", "s3")])
def test_an_overlay_says_where_everything_lives(components):
    """All objects are in one namespace: "tunejob", or the overlay's own."""
    where = {one["metadata"].get("namespace") for one in rendering.objects("overlays/cpu", components)}
    assert where == {"tunejob"}
    own = rendering.overlaid(["overlays/cpu"], components, namespace="mine")
    assert {one["metadata"].get("namespace") for one in own} == {"mine"}


@pytest.mark.parametrize("components", [(), ("cron",)])
def test_the_study_that_is_mounted_is_the_one_that_is_applied(components):
    """The ConfigMap's name, with the hash of its content, reaches the volume of the controller's pod."""
    found = rendering.objects("overlays/cpu", components)
    volumes = rendering.pod_of(rendering.controller_of(found))["spec"]["volumes"]
    mounted = [one["configMap"]["name"] for one in volumes if one["name"] == "study"]
    assert mounted == [rendering.one(found, "ConfigMap")["metadata"]["name"]]


def test_names_of_a_scheduled_run_fit():
    """A CronJob appends eleven characters to its name."""
    cron = rendering.controller_of(rendering.objects("overlays/cpu", ["cron"]))
    assert len(cron["metadata"]["name"]) + 11 <= 63


@pytest.mark.parametrize("folder", ["install", "run", "overlays/cpu", "overlays/gpu"])
def test_one_object_a_file(folder):
    """Every file under k8s/ holds one document, and every kustomization names files that are there."""
    for file in (rendering.K8S / folder).glob("*.yaml"):
        assert len([one for one in yaml.safe_load_all(file.read_text()) if one]) == 1
    assert rendering.objects(folder)


def test_no_manifest_holds_a_secret():
    """No manifest has a Secret, or an environment variable that looks like one."""
    found = rendering.objects("overlays/gpu")
    assert "Secret" not in {one["kind"] for one in found}
    names = [
        env["name"] for body in (rendering.one(found, "PodTemplate"), rendering.controller_of(found))
        for container in rendering.pod_of(body)["spec"]["containers"] for env in container.get("env", [])
    ]  # fmt: skip
    assert not [name for name in names if re.search(r"KEY|SECRET|TOKEN|PASSWORD", name)]


def test_the_package_carries_the_manifests_that_are_reviewed():
    """What ``submit`` sends is the file under k8s/run."""
    kept = yaml.safe_load((rendering.K8S / "run" / "controller.yaml").read_text())
    assert templates.controller() == kept


CHOOSING = ["spot", "mig", "kueue", "gpu-nodes", "runtime-class"]
"""Components and examples that choose nodes, or queue for them."""


@pytest.mark.parametrize("components", [(), *((one,) for one in CHOOSING), tuple(CHOOSING)], ids="+".join)
def test_preparing_needs_no_gpu(components):
    """The gpu overlay's pod that prepares is a worker on CPUs, whatever chooses nodes for workers, of their image."""
    found = rendering.objects("overlays/gpu", components)
    prepare = rendering.one(found, "PodTemplate", "tunejob-prepare")
    plain = rendering.one(rendering.objects("overlays/cpu"), "PodTemplate")
    worker = rendering.one(found, "PodTemplate")
    assert prepare["metadata"]["namespace"] == worker["metadata"]["namespace"]
    image = prepare["template"]["spec"]["containers"][0].pop("image")
    assert image == worker["template"]["spec"]["containers"][0]["image"]
    del plain["template"]["spec"]["containers"][0]["image"]
    assert prepare["template"] == plain["template"]
    assert GPU not in yaml.safe_dump(prepare)


@pytest.mark.parametrize("example", ["data-volume", "private-ca", "store-volume", "proxy", "pull-secret"])
@pytest.mark.parametrize("gpu_first", [True, False])
def test_what_workers_need_to_reach_their_data_those_that_prepare_need_too(example, gpu_first):
    """Volumes, certificates, proxies and pull secrets are in both, whichever component comes first."""
    order = ["gpu", example] if gpu_first else [example, "gpu"]
    found = rendering.overlaid(["install"], order)
    specs = [
        rendering.one(found, "PodTemplate", f"tunejob-{name}")["template"]["spec"] for name in ("worker", "prepare")
    ]
    names = [sorted(volume["name"] for volume in spec["volumes"]) for spec in specs]
    assert names[0] == names[1]
    keys = [spec.get("imagePullSecrets") for spec in specs]
    assert keys[0] == keys[1]


def test_where_no_gpus_are_those_that_prepare_are_workers():
    """The cpu overlay has one PodTemplate."""
    assert [one["metadata"]["name"] for one in rendering.objects("overlays/cpu") if one["kind"] == "PodTemplate"] == [
        "tunejob-worker"
    ]
