"""The manifests under k8s/, rendered by kubectl and checked without a cluster."""

import re

import pytest
import yaml
from launch import rendering, schema
from launch.test_manifests import launch

from job.launch import manifests, templates
from job.study.study import Cluster

GPU = "nvidia.com/gpu"


def pod_of(body):
    """The pod of a Job, a CronJob or a PodTemplate."""
    if body["kind"] == "CronJob":
        return body["spec"]["jobTemplate"]["spec"]["template"]
    return body["template"] if body["kind"] == "PodTemplate" else body["spec"]["template"]


def controller_of(found):
    """The controller's Job or CronJob."""
    return next(one for one in found if one["kind"] in ("Job", "CronJob"))


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


@pytest.mark.parametrize(("overlay", "components"), rendering.combinations())
def test_every_policy_selects_the_pods_it_is_made_for(overlay, components, owner):
    """The labels that policies select by are those of the pods that Python and the controller's Job make."""
    found = rendering.objects(f"overlays/{overlay}", components)
    worker = manifests.job(rendering.one(found, "PodTemplate"), launch(owner), Cluster())
    pods = {"tunejob-worker": pod_of(worker), "tunejob-controller": pod_of(controller_of(found))}
    policies = {one["metadata"]["name"]: one for one in found if one["kind"] == "NetworkPolicy"}
    assert policies.keys() == pods.keys()
    for name, policy in policies.items():
        wanted = policy["spec"]["podSelector"]["matchLabels"]
        assert wanted.items() <= pods[name]["metadata"]["labels"].items()
        other = next(pod for key, pod in pods.items() if key != name)
        assert not wanted.items() <= other["metadata"]["labels"].items()
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        assert "ingress" not in policy["spec"]


def ways_out(policy):
    """The (address or "", port) pairs a policy lets out."""
    return {
        (to.get("ipBlock", {}).get("cidr", ""), port["port"])
        for rule in policy["spec"]["egress"]
        for to in rule.get("to", [{}])
        for port in rule["ports"]
    }


@pytest.mark.parametrize(
    ("component", "more"),
    [
        ("s3", {("169.254.169.254/32", 80), ("169.254.170.23/32", 80)}),
        ("gcs", {(f"169.254.169.{last}/32", port) for last in (254, 252) for port in (80, 988)}),
        ("azure", {("169.254.169.254/32", 80)}),
    ],
)
def test_clouds_add_their_metadata_addresses_and_nothing_else(component, more):
    """Egress is DNS, TCP 443 and the cloud's metadata; the controller also reaches the API server on 6443."""
    found = rendering.objects("overlays/cpu", [component])
    worker, controller = (rendering.one(found, "NetworkPolicy", f"tunejob-{who}") for who in ("worker", "controller"))
    assert ways_out(worker) == {("", 53), ("", 443), *more}
    assert ways_out(controller) == {("", 53), ("", 443), ("", 6443), *more}


@pytest.mark.parametrize("overlay", rendering.OVERLAYS)
def test_installing_starts_nothing(overlay):
    """What an administrator installs has no workload in it."""
    kinds = {one["kind"] for one in rendering.objects(f"overlays/{overlay}/install")}
    assert kinds == {"NetworkPolicy", "PodTemplate", "Role", "RoleBinding", "ServiceAccount"}


def test_running_needs_jobs_and_configmaps_only():
    """What a user applies is what the Role tunejob-user allows."""
    assert sorted(one["kind"] for one in rendering.objects("run")) == ["ConfigMap", "Job"]


def rights(role):
    """A Role as (group, resource) and its verbs."""
    return {
        (group, resource): set(rule["verbs"])
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def test_roles_allow_what_is_needed_and_no_more():
    """The rights of the controller and of users, as they were decided."""
    found = rendering.objects("install")
    look, change = {"get", "list", "watch"}, {"create", "patch", "delete"}
    assert rights(rendering.one(found, "Role", "tunejob-controller")) == {
        ("batch", "jobs"): look | change,
        ("", "pods"): look,
        ("", "pods/log"): look,
        ("", "podtemplates"): {"get"},
        ("", "configmaps"): {"get"},
        ("", "events"): {"create", "list", "patch"},
    }
    assert rights(rendering.one(found, "Role", "tunejob-user")) == {
        ("batch", "jobs"): look | change,
        ("", "configmaps"): look | change,
        ("", "pods"): look,
        ("", "pods/log"): look,
        ("", "events"): {"list"},
    }


def test_workers_are_nobody_in_the_cluster():
    """Workers have no token and no binding."""
    found = rendering.objects("install")
    assert pod_of(rendering.one(found, "PodTemplate"))["spec"]["automountServiceAccountToken"] is False
    accounts = [one for one in found if one["kind"] == "ServiceAccount"]
    assert all(one["automountServiceAccountToken"] is False for one in accounts)
    bound = [subject["name"] for one in found if one["kind"] == "RoleBinding" for subject in one["subjects"]]
    assert bound == ["tunejob-controller"]


@pytest.mark.parametrize(("overlay", "components"), rendering.combinations())
def test_pods_are_restricted(overlay, components):
    """Every container is non-root by number, without privileges, with a read-only root; no host namespaces."""
    found = rendering.objects(f"overlays/{overlay}", components)
    for body in (rendering.one(found, "PodTemplate"), controller_of(found)):
        spec = pod_of(body)["spec"]
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
    without = pod_of(rendering.one(rendering.objects("overlays/cpu"), "PodTemplate"))["spec"]
    assert "gpu" not in yaml.safe_dump(without).lower()
    spec = pod_of(rendering.one(rendering.objects("overlays/gpu"), "PodTemplate"))["spec"]
    worker = spec["containers"][0]
    assert worker["resources"]["limits"][GPU] == 1
    assert {"name": "TUNEJOB_REQUIRE_GPU", "value": "1"} in worker["env"]
    assert {"name": "TF_FORCE_GPU_ALLOW_GROWTH", "value": "true"} in worker["env"]
    assert spec["tolerations"] == [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}]
    assert worker["image"].startswith("tunejob-trainer:")


def test_a_slice_of_a_gpu_takes_the_place_of_a_whole_one():
    """Never both in one container."""
    found = rendering.one(rendering.objects("overlays/gpu", ["mig"]), "PodTemplate")
    limits = pod_of(found)["spec"]["containers"][0]["resources"]["limits"]
    assert limits == {"memory": "4Gi", "nvidia.com/mig-1g.10gb": 1}


@pytest.mark.parametrize(("overlay", "components"), rendering.combinations())
def test_controllers_stay_off_gpu_and_spot_nodes(overlay, components):
    """The controller asks for no GPU, tolerates nothing, and keeps away from nodes that clouds label as spot."""
    spec = pod_of(controller_of(rendering.objects(f"overlays/{overlay}", components)))["spec"]
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
    pod = pod_of(rendering.one(rendering.objects("overlays/gpu", components), "PodTemplate"))
    kept = {"cluster-autoscaler.kubernetes.io/safe-to-evict", "karpenter.sh/do-not-disrupt"}
    assert (pod["metadata"].get("annotations") or {}).keys() == (set() if components else kept)
    keys = {one["key"] for one in pod["spec"]["tolerations"]}
    spot = {"cloud.google.com/gke-spot", "kubernetes.azure.com/scalesetpriority"}
    assert keys == ({GPU} | spot if components else {GPU})


def test_controllers_try_again_what_may_pass_and_nothing_else():
    """Crashes are retried, evictions and SIGTERM are not even counted, verdicts end the Job."""
    spec = controller_of(rendering.objects("run"))["spec"]
    rules = spec["podFailurePolicy"]["rules"]
    assert [rule["action"] for rule in rules] == ["Ignore", "Ignore", "FailJob"]
    assert rules[1]["onExitCodes"]["values"] == [143]
    assert rules[2]["onExitCodes"]["values"] == [64, 65, 75, 76, 77]
    assert spec["backoffLimit"] == 6


def test_a_scheduled_run_is_the_run_itself():
    """The CronJob's Job is the controller's Job with all its patches; no Job starts at once."""
    plain = controller_of(rendering.objects("overlays/cpu"))
    found = rendering.objects("overlays/cpu", ["cron"])
    cron = controller_of(found)
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
    volumes = pod_of(controller_of(found))["spec"]["volumes"]
    mounted = [one["configMap"]["name"] for one in volumes if one["name"] == "study"]
    assert mounted == [rendering.one(found, "ConfigMap")["metadata"]["name"]]


def test_names_of_a_scheduled_run_fit():
    """A CronJob appends eleven characters to its name."""
    cron = controller_of(rendering.objects("overlays/cpu", ["cron"]))
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
        env["name"] for body in (rendering.one(found, "PodTemplate"), controller_of(found))
        for container in pod_of(body)["spec"]["containers"] for env in container.get("env", [])
    ]  # fmt: skip
    assert not [name for name in names if re.search(r"KEY|SECRET|TOKEN|PASSWORD", name)]


def test_the_package_carries_the_manifests_that_are_reviewed():
    """What ``submit`` sends is the file under k8s/run."""
    kept = yaml.safe_load((rendering.K8S / "run" / "controller.yaml").read_text())
    assert templates.controller() == kept
