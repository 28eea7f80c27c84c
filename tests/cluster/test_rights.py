"""Least privilege: who may do what once k8s/install is there, and that each step works as its own user."""

from itertools import product

import pytest
from cluster.kustomizing import overlay
from cluster.rights import give, may, until_known

_READ = ("get", "list", "watch")
_CHANGE = ("create", "patch", "delete")
_VERBS = (*_READ, *_CHANGE, "update", "deletecollection")
_RESOURCES = {
    "": (
        "pods", "pods/log", "pods/exec", "pods/eviction", "secrets", "configmaps", "events", "podtemplates",
        "serviceaccounts", "serviceaccounts/token", "services", "persistentvolumeclaims",
    ),
    "batch": ("jobs", "jobs/status", "cronjobs"),
    "apps": ("deployments", "daemonsets"),
    "networking.k8s.io": ("networkpolicies",),
    "rbac.authorization.k8s.io": ("roles", "rolebindings"),
    "coordination.k8s.io": ("leases",),
}  # fmt: skip
_RIGHTS = {
    "controller": {
        *product(["jobs"], (*_READ, *_CHANGE)), *product(["pods", "pods/log"], _READ),
        ("podtemplates", "get"), *product(["events"], ("create", "list", "patch")),
    },
    "user": {
        *product(["jobs", "configmaps"], (*_READ, *_CHANGE)), *product(["pods", "pods/log"], _READ),
        ("events", "list"),
    },
    "worker": set(),
}  # fmt: skip


@pytest.fixture
def installed(api, cluster, namespace, tmp_path):
    """A namespace where an administrator applied k8s/install, with the folder of the rest."""
    folder = overlay(tmp_path / "install", namespace, ["overlays/cpu/install"])
    done = cluster.kubectl("apply", "-k", str(folder))
    assert done.returncode == 0, done.stderr
    until_known(api, _account("controller", namespace), namespace)
    return namespace


def _account(who, namespace):
    return {"kind": "ServiceAccount", "name": f"tunejob-{who}", "namespace": namespace}


def _allowed(api, subject, namespace):
    """Every right of a subject among all that are asked for."""
    found = set()
    for group, resources in _RESOURCES.items():
        for resource, verb in product(resources, _VERBS):
            name, _, sub = resource.partition("/")
            if may(api, subject, namespace, {"group": group, "resource": name, "subresource": sub, "verb": verb}):
                found.add((resource, verb))
    return found


@pytest.mark.parametrize("who", _RIGHTS)
def test_each_may_do_exactly_what_it_must(api, cluster, installed, who):
    """Of 168 rights in the namespace each has its own and no other, and none in another namespace."""
    if who == "user":
        alice = cluster.user("alice", installed)
        give(api, installed, alice, "tunejob-user")
        subject = alice.subject
    else:
        subject = _account(who, installed)
    assert _allowed(api, subject, installed) == _RIGHTS[who]
    assert _allowed(api, subject, "default") == set()


def test_a_namespaces_admin_cannot_install_and_is_told_so(api, cluster, namespace, tmp_path):
    """The aggregated role ``admin`` has no PodTemplates: installing is the step of who may do all."""
    bob = cluster.user("bob", namespace)
    give(api, namespace, bob, "admin", "ClusterRole")
    folder = overlay(tmp_path / "install", namespace, ["overlays/cpu/install"])
    done = cluster.kubectl("apply", "-k", str(folder), user=bob)
    assert done.returncode == 1
    assert 'cannot get resource "podtemplates"' in done.stderr


def test_a_user_runs_with_kubectl_and_installs_nothing(api, cluster, installed, tmp_path):
    """The Role tunejob-user is enough for k8s/run, and for no part of k8s/install."""
    alice = cluster.user("alice", installed)
    run = overlay(tmp_path / "run", installed, ["run"])
    assert cluster.kubectl("apply", "-k", str(run), user=alice).returncode == 1
    give(api, installed, alice, "tunejob-user")
    done = cluster.kubectl("apply", "-k", str(run), user=alice)
    assert done.returncode == 0, done.stderr
    assert "job.batch/tunejob-controller created" in done.stdout
    refused = cluster.kubectl("apply", "-k", str(tmp_path / "install"), user=alice)
    assert refused.returncode == 1
    for kind in ("roles", "serviceaccounts", "podtemplates", "networkpolicies"):
        assert f'"{kind}"' in refused.stderr
