"""Fixtures of the cluster tier: a real control plane, nodes that run pods as processes, namespaces, users.

``cluster`` (session)   the tests' own, or, with TUNEJOB_TEST_CLUSTER=kubeconfig, that of $KUBECONFIG:
    ``cluster.api()``                       raw JSON as admin (``cluster.api.Api``: get, items, create, patch, delete,
                                            evict, logs, watch; to wait ``until(kind, ns, name, predicate)``,
                                            ``gone(kind, ns, name)``, ``until_said(ns, pod, text)``)
    ``cluster.user("alice", namespace)``    someone (alice, bob, carol) who may do nothing yet: ``.kubeconfig`` (a
                                            file), ``.subject`` (for a RoleBinding); ``"admin"`` may do all
    ``cluster.environment(user)``           a shell's environment: KUBECONFIG, and kubectl on the PATH
    ``cluster.kubectl("get", "pods", user=user, text=stdin)``   a CompletedProcess
    ``cluster.image``                       the image name for pods: this machine's root, read-only to it, with the
                                            tests' Python and its console scripts on the PATH, and an empty /tmp
``plane`` (session)     the same, but only the tests' own (skips in somebody's cluster):
    ``plane.restart("kube-apiserver")``, ``plane.stop("kube-controller-manager")`` and ``plane.start(...)``
    ``mark = plane.audit.now()`` ... ``plane.audit.requests(mark, agent="tunejob", user="alice", namespace=ns)``
``api`` (session)       ``cluster.api()``
``namespace``           a fresh namespace's name, deleted after the test; its labels by an indirect parameter
``nodes``               a factory: ``node = nodes(gpus=2)``, ``nodes("n2", capacity={"nvidia.com/mig-1g.5gb": 7},
                        labels={...}, taints=[{"key": ..., "value": ..., "effect": "NoSchedule"}], images={...})``.
    ``module_nodes``        the same, for nodes that stay for a module
    ``node.pods()``                         names of pods that run there now
    ``node.kill(namespace, pod, signal)``   a signal to a pod's program, from outside (default SIGKILL)
    ``node.die()``                          power loss. Pods are given up about 20 s later, if another node lives
    ``nodes(same_name)``                    the dead node boots again: what ran there has failed
    ``node.images["name:tag"] = Image(root_filesystem, ...)`` (``cluster.node.image.Image``)
    Memory and CPU limits hold (OOMKilled, 137). A node runs pods with ``restartPolicy: Never`` only, without probes.
``site``                a namespace where tunejob is installed, with an S3 store, and alice (``cluster.site.Site``):
    ``site.tunejob("submit", study)``, ``site.begin(...)``, ``site.table("tiny")``, ``site.hold()``, ``site.held(2)``
``stubbed``             the same, but for workers that make their fits up (``stub/tunejob``)
``tick(namespace, cronjob)``  makes the real CronJob controller run a CronJob now, not at the next full minute.
"""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cluster import binary, kustomizing, studies
from cluster.api import Api
from cluster.bodies import job
from cluster.foreign import Foreign
from cluster.launching import Launching
from cluster.node import cgroups
from cluster.node.image import Image
from cluster.node.machine import Node
from cluster.plane import Plane
from cluster.site import IMAGES, TUNEJOB, Site
from cluster.site import site as opened_site
from servers.processes import absent

from job.launch.cluster.names import Owner

Object = dict[str, Any]

PYTHON = Path(sys.prefix) / "bin" / "python"
STRICT = {"TUNEJOB_STRICT": "1"}
"""An error nobody foresaw fails the fits of pods too."""


def _foreign() -> bool:
    return os.environ.get("TUNEJOB_TEST_CLUSTER") == "kubeconfig"


def _obstacle() -> str | None:
    """Why the tests' own control plane and nodes can't run here; None if they can."""
    if PYTHON.is_relative_to("/tmp"):  # noqa: S108  # whose content pods do not see
        return f"the pods of the cluster tests have an empty /tmp: move {PYTHON.parents[2]} elsewhere"
    missing = [tool for tool in ("openssl", "setpriv", "unshare") if shutil.which(tool) is None]
    if missing:
        return f"the cluster tests need {', '.join(missing)}"
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        return "the cluster tests need root, to give pods mounts, users and limits of their own"
    return cgroups.obstacle() or binary.CONTROL_PLANE.obstacle()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Builds the control plane before the first test's time begins, if any test wants it and it never was built."""
    wanted = any("cluster" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and not session.config.option.collectonly and not _foreign() and not _obstacle():
        if not binary.CONTROL_PLANE.place().exists():
            capture = session.config.pluginmanager.getplugin("capturemanager")
            with capture.global_and_fixture_disabled():
                print("\nbuilding the control plane once, about 5 minutes", flush=True)  # noqa: T201
        binary.CONTROL_PLANE.build()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory) -> Iterator[Plane | Foreign]:
    """A Kubernetes with its controllers."""
    folder = tmp_path_factory.mktemp("cluster") / "plane"
    if _foreign():
        found: Plane | Foreign = Foreign(folder)
    else:
        if reason := _obstacle():
            absent(reason)
        cgroups.sweep()
        found = Plane(binary.CONTROL_PLANE.build(), folder)
    try:
        found.begin()
        yield found
    finally:
        found.end()


@pytest.fixture(scope="session")
def plane(cluster) -> Plane:
    """The tests' own control plane, whose parts may be stopped."""
    if not cluster.own:
        pytest.skip("it plays with nodes or parts of the control plane, which only the tests' own may be")
    return cluster


@pytest.fixture(scope="session")
def api(cluster) -> Iterator[Api]:
    """The API as its admin sees it."""
    found = cluster.api()
    yield found
    found.close()


@pytest.fixture
def namespace(api, request) -> Iterator[str]:
    """A namespace of the test's own, with the labels that an indirect parameter gives."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    api.create("namespaces", None, {"metadata": {"name": name, "labels": getattr(request, "param", {})}})
    api.until("serviceaccounts", name, "default", bool)
    yield name
    api.delete("namespaces", None, name)


@contextmanager
def _node_factory(cluster: Plane | Foreign, folder: Path) -> Iterator[Callable[..., Node | None]]:
    made: list[Node] = []

    def make(
        name: str = "node-1",
        gpus: int = 0,
        capacity: Mapping[str, object] | None = None,
        images: Mapping[str, Image] | None = None,
        **settings: Any,
    ) -> Node | None:
        if not cluster.own:
            return None
        resources = {**({"nvidia.com/gpu": gpus} if gpus else {}), **(capacity or {})}
        node = Node(
            lambda: cluster.api("system:node:test", agent="node"),
            name,
            folder / f"{name}-{len(made)}",
            (cluster.ca, cluster.folder / "tls.key"),
            images={**dict.fromkeys((cluster.image, *IMAGES), Image.of_machine(PYTHON, STRICT)), **(images or {})},
            capacity=resources,
            **settings,
        )
        made.append(node)
        node.begin()
        return node

    try:
        yield make
    finally:
        for node in made:
            node.end()


@pytest.fixture
def nodes(cluster, tmp_path) -> Iterator[Callable[..., Node | None]]:
    """Makes nodes, which leave with the test. In somebody's cluster, its own nodes have to do."""
    with _node_factory(cluster, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def module_nodes(cluster, tmp_path_factory) -> Iterator[Callable[..., Node | None]]:
    """Makes nodes that leave with the module."""
    with _node_factory(cluster, tmp_path_factory.mktemp("nodes")) as make:
        yield make


@pytest.fixture(scope="session")
def installation(cluster) -> list[Object]:
    """What an administrator installs for workers with GPUs."""
    return kustomizing.rendered(cluster.kubectl, kustomizing.K8S / "overlays" / "gpu" / "install")


@pytest.fixture
def site(plane, s3_env, tmp_path, installation) -> Iterator[Site]:
    """A namespace where tunejob is installed, and alice who may use it."""
    with opened_site(plane, s3_env, tmp_path / "site", installation) as found:
        yield found


@pytest.fixture
def launching(site, nodes) -> Launching:
    """Jobs as the product makes them, in a site with a node of many GPUs (``launching.node``)."""
    node = nodes("node", gpus=16)
    owner = job("test.invalid/none:1", "true", suspend=True)
    made = site.api.create("jobs", site.namespace, {**owner, "metadata": {"name": "controller"}})
    site.api.create("configmaps", site.namespace, {"metadata": {"name": "code"}, "data": {"study.yaml": ""}})
    template = site.api.get("podtemplates", site.namespace, "tunejob-worker")
    return Launching(site, Owner("controller", made["metadata"]["uid"]), template, node, PYTHON)


@pytest.fixture(scope="session")
def stub_images() -> dict[str, Image]:
    """Images of workers whose ``tunejob`` is the one in ``stub/``, which makes fits up."""
    stub = Image.of_machine(PYTHON, {})
    path = f"{Path(__file__).parent / 'stub'}:{stub.environment['PATH']}"
    stub = Image.of_machine(PYTHON, {"PATH": path})
    return {name: stub for name in IMAGES if "trainer" in name}


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> dict[str, bytes]:
    """What a real worker finds out about the small study; made once, since every run of it is prepared alike."""
    folder = tmp_path_factory.mktemp("prepared")
    study = studies.write(folder / "study")
    arguments = ["--store", folder / "store", "--code", study.parent, "--study-name", "tiny", "--prepare", "once"]
    (folder / "store" / "tiny" / "prepared" / "once").mkdir(parents=True)
    shutil.copy(study, folder / "store" / "tiny" / "prepared" / "once" / "study.yaml")
    subprocess.run([TUNEJOB, "work", *arguments, "--measure"], check=True, capture_output=True)
    return {
        name: (folder / "store" / "tiny" / "prepared" / "once" / name).read_bytes()
        for name in ("prepare.json", "folds.npz")
    }


@pytest.fixture
def stubbed(plane, s3_env, tmp_path, installation, prepared, nodes, stub_images) -> Iterator[Site]:
    """A site whose workers make their fits up, on one node that runs 16 of them at a time."""
    nodes("node", capacity={"nvidia.com/gpu": 16, "cpu": 1000, "memory": "4Ti"}, images=stub_images)
    with opened_site(plane, s3_env, tmp_path / "site", installation) as found:
        (found.gate / "prepared").mkdir()
        for name, data in prepared.items():
            (found.gate / "prepared" / name).write_bytes(data)
        yield found


@pytest.fixture
def tick(api) -> Callable[[str, str], None]:
    """Makes a CronJob's last tick lie in the past, so that the next is due at once."""

    def make(namespace: str, cronjob: str) -> None:
        past = (datetime.now(UTC) - timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        api.patch("cronjobs", namespace, cronjob, {"status": {"lastScheduleTime": past}}, "status")

    return make
