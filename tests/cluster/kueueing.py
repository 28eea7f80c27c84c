"""Kueue's own controller beside the tests' control plane: as a process, with its kinds and its webhooks."""

import base64
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3
import yaml
from cluster.api import Api
from cluster.binary import KUEUE
from cluster.plane import Plane
from servers.processes import NotStartedError, free_ports

Object = dict[str, Any]
_HOOKS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
_KINDS = ("workloads", "localqueues", "clusterqueues", "resourceflavors", "workloadpriorityclasses")
_START = 60.0  # seconds


@contextmanager
def running(plane: Plane, folder: Path) -> Iterator[None]:
    """Installs it and runs it; other tests find the control plane as it was, without its kinds and webhooks."""
    api, (webhook, health, metrics) = plane.api(), free_ports(3)
    _install_kinds(plane, api)
    process = _start(plane, folder, webhook, health, metrics)
    try:
        _await_ready(process, health, folder)
        for kind, body in _webhooks(plane, webhook):
            api.create(kind, None, body)
        yield
    finally:
        for kind, body in _webhooks(plane, webhook):
            if any(one["metadata"]["name"] == body["metadata"]["name"] for one in api.items(kind)):
                api.delete(kind, None, body["metadata"]["name"])
        process.kill()
        process.wait()
        _remove_kinds(api)
        api.close()


def _install_kinds(plane: Plane, api: Api) -> None:
    done = plane.kubectl("apply", "--server-side", "-f", str(KUEUE.beside / "crd" / "bases"))
    assert done.returncode == 0, done.stderr
    for name in _KINDS:
        api.until("customresourcedefinitions", None, f"{name}.kueue.x-k8s.io", _is_served)


def _remove_kinds(api: Api) -> None:
    """Takes away all that is of its kinds first: nobody is left who would end what these wait for."""
    for kind in _KINDS:
        for one in api.items(kind):
            metadata = one["metadata"]
            api.patch(kind, metadata.get("namespace"), metadata["name"], {"metadata": {"finalizers": None}})
    installed = [one["metadata"]["name"] for one in api.items("customresourcedefinitions")]
    for name in installed:
        if name.endswith(".kueue.x-k8s.io"):
            api.delete("customresourcedefinitions", None, name)
            api.gone("customresourcedefinitions", None, name)


def _is_served(kind: Object) -> bool:
    conditions = kind.get("status", {}).get("conditions") or []
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def _start(plane: Plane, folder: Path, webhook: int, health: int, metrics: int) -> "subprocess.Popen[bytes]":
    for place in (folder / "tls", folder / "etc" / "kueue" / "metrics" / "certs"):
        place.mkdir(parents=True)
        shutil.copy(plane.ca, place / "tls.crt")
        shutil.copy(plane.folder / "tls.key", place / "tls.key")
    config = {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration",
        "health": {"healthProbeBindAddress": f"127.0.0.1:{health}"},
        "metrics": {"bindAddress": f"127.0.0.1:{metrics}"},
        "webhook": {"port": webhook, "certDir": str(folder / "tls")},
        "leaderElection": {"leaderElect": False}, "internalCertManagement": {"enable": False},
        "integrations": {"frameworks": ["batch/job"]},
    }  # fmt: skip
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    # It looks for one certificate in a place that can't be chosen: it gets an /etc of its own.
    command = f'mount --bind "{folder / "etc"}" /etc && exec "{KUEUE.place()}" --config "{folder / "config.yaml"}"'
    command += " --feature-gates=VisibilityOnDemand=false"
    environment = {
        "KUBECONFIG": str(plane.kubeconfig()),
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(folder),
        "USER": "root",
    }
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", command], stdout=log, stderr=log, env=environment, start_new_session=True
        )


def _await_ready(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    end = time.monotonic() + _START
    while time.monotonic() < end and process.poll() is None:
        try:
            if urllib3.request("GET", f"http://127.0.0.1:{port}/readyz", retries=False, timeout=1.0).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    raise NotStartedError(f"Kueue is not ready: {(folder / 'log').read_text(errors='replace')[-3000:]}")


def _webhooks(plane: Plane, port: int) -> Iterator[tuple[str, Object]]:
    """Those of its own kinds and of Jobs, asked on this machine: nothing routes Services here."""
    authority = base64.b64encode(plane.ca.read_bytes()).decode()
    for body in yaml.safe_load_all((KUEUE.beside / "webhook" / "manifests.yaml").read_text()):
        kept = []
        for hook in body["webhooks"]:
            path = hook["clientConfig"]["service"]["path"]
            if "kueue-x-k8s-io" in path or path.endswith("batch-v1-job"):
                client = {"url": f"https://127.0.0.1:{port}{path}", "caBundle": authority}
                kept.append({**hook, "clientConfig": client})
        yield body["kind"].lower() + "s", {**body, "webhooks": kept}


def flavor(api: Api, name: str, **labels: str) -> None:
    """A kind of node, by its labels."""
    _make(api, "ResourceFlavor", name, spec={"nodeLabels": labels})


def priority(api: Api, name: str, value: int) -> None:
    """A priority that Jobs may have in queues."""
    _make(api, "WorkloadPriorityClass", name, value=value)


def local(api: Api, namespace: str, queue: str) -> None:
    """The LocalQueue ``tunejob`` of a namespace, which is that of a ClusterQueue there."""
    _make(api, "LocalQueue", "tunejob", namespace, spec={"clusterQueue": queue})


def _make(api: Api, kind: str, name: str, namespace: str | None = None, **fields: Any) -> None:
    plural = kind.lower() + ("es" if kind.endswith("s") else "s")
    body = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": kind, "metadata": {"name": name}, **fields}
    api.create(plural, namespace, body)


def queue(api: Api, name: str, gpus: int, *, flavors: str = "any") -> None:
    """A ClusterQueue with so many GPUs, and enough of all else; higher priorities preempt lower ones."""
    amounts = {"cpu": "1000", "memory": "4Ti", "nvidia.com/gpu": str(gpus)}
    resources = [{"name": key, "nominalQuota": amount} for key, amount in amounts.items()]
    spec = {
        "namespaceSelector": {},
        "resourceGroups": [{"coveredResources": list(amounts), "flavors": [{"name": flavors, "resources": resources}]}],
        "preemption": {"withinClusterQueue": "LowerPriority"},
    }
    _make(api, "ClusterQueue", name, spec=spec)


def change(api: Api, name: str, gpus: int) -> None:
    """Gives a ClusterQueue another number of GPUs."""
    found = api.get("clusterqueues", None, name)
    for one in found["spec"]["resourceGroups"][0]["flavors"][0]["resources"]:
        if one["name"] == "nvidia.com/gpu":
            one["nominalQuota"] = str(gpus)
    api.patch("clusterqueues", None, name, {"spec": {"resourceGroups": found["spec"]["resourceGroups"]}})
