"""What manifests permit: ways out of the pods, and rights in the cluster; rendered by kubectl."""

import pytest
from launch import rendering
from launch.test_manifests import launch

from job.launch.cluster import manifests
from job.study.study import Cluster


@pytest.mark.parametrize(("overlay", "components"), rendering.combinations())
def test_every_policy_selects_the_pods_it_is_made_for(overlay, components, owner):
    """The labels that policies select by are those of the pods that Python and the controller's Job make."""
    found = rendering.objects(f"overlays/{overlay}", components)
    worker = manifests.job(rendering.one(found, "PodTemplate"), launch(owner), Cluster())
    pods = {
        "tunejob-worker": rendering.pod_of(worker),
        "tunejob-controller": rendering.pod_of(rendering.controller_of(found)),
    }
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
    assert rendering.pod_of(rendering.one(found, "PodTemplate"))["spec"]["automountServiceAccountToken"] is False
    accounts = [one for one in found if one["kind"] == "ServiceAccount"]
    assert all(one["automountServiceAccountToken"] is False for one in accounts)
    bound = [subject["name"] for one in found if one["kind"] == "RoleBinding" for subject in one["subjects"]]
    assert bound == ["tunejob-controller"]
