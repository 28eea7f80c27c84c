"""A node: registers itself, renews its Lease, runs the pods that are bound to it, and serves their logs.

It knows nothing of what it runs: only what pods' specs say. One watch; a thread for each pod that runs.
"""

import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cluster.api import Api, ApiError, UnreachableError, path
from cluster.node.container import now
from cluster.node.image import Image
from cluster.node.logs import LogServer
from cluster.node.pod import PodRun

Object = dict[str, Any]
_RENEW = 2.0
_CAPACITY = {"cpu": "64", "memory": "64Gi", "pods": "110", "ephemeral-storage": "100Gi"}
_OVER = ("Succeeded", "Failed")
_NOT_READY = "node.kubernetes.io/not-ready"


class Node:
    """One node, in threads of this process.

    ``capacity`` is added to 64 CPUs, 64 GiB and 110 pods, such as ``{"nvidia.com/gpu": 2}``; ``images`` says what the
    names in pods' specs stand for, and may change at any time. ``certificate`` and ``key`` are for the logs' HTTPS.
    """

    def __init__(
        self,
        api: Callable[[], Api],
        name: str,
        folder: Path,
        tls: tuple[Path, Path],
        *,
        images: dict[str, Image],
        capacity: Mapping[str, object] | None = None,
        labels: Mapping[str, str] | None = None,
        taints: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self.name = name
        self.folder = folder
        self.images = images
        self.capacity = {key: str(value) for key, value in {**_CAPACITY, **(capacity or {})}.items()}
        self.api = api()
        self._watcher = api()
        self._labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", **(labels or {})}
        self._taints = list(taints)
        self._runs: dict[str, PodRun] = {}
        self._ended = threading.Event()
        address = urlsplit(self.api.server)
        self.base = {
            "KUBERNETES_SERVICE_HOST": str(address.hostname),
            "KUBERNETES_SERVICE_PORT": str(address.port),
            "KUBERNETES_SERVICE_PORT_HTTPS": str(address.port),
        }
        self._logs = LogServer(tls, self._log_of)

    def begin(self) -> None:
        """Registers and starts; waits until the scheduler may use it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._logs.begin()
        self._renew_lease()
        self._register()
        for work in (self._renew, self._follow):
            threading.Thread(target=work, name=f"node {self.name}", daemon=True).start()
        taints = {taint["key"] for taint in self._taints}
        self.api.until("nodes", None, self.name, lambda node: _taints(node) <= taints)

    def end(self) -> None:
        """Ends all pods at once and takes the node and its pods out of the cluster."""
        self.die()
        for run in list(self._runs.values()):
            run.join()
        self.tell("DELETE", path("nodes", name=self.name))
        for pod in self._unfinished():
            target = path("pods", pod["metadata"]["namespace"], pod["metadata"]["name"])
            self.tell("DELETE", target, {"gracePeriodSeconds": 0})
        shutil.rmtree(self.folder, ignore_errors=True)

    def die(self) -> None:
        """Plays a machine that lost its power: processes end, and nobody is told anything."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._logs.end()
        for run in list(self._runs.values()):
            run.stop(0, deleted=False)

    def cut(self, *, off: bool) -> None:
        """Cuts the network to the API server, or mends it: pods go on, and nobody is told anything meanwhile."""
        self.api.cut = self._watcher.cut = off

    def evict(self, namespace: str, pod: str, why: str) -> None:
        """Ends a pod as a kubelet does whose disk it has filled: at once, and without a word in its conditions."""
        self._run_of(namespace, pod).evict(why)

    def processes(self, namespace: str, pod: str) -> list[int]:
        """The processes of a pod's programs and their children, the youngest last."""
        return self._run_of(namespace, pod).processes()

    def kill(self, namespace: str, pod: str, how: int = signal.SIGKILL) -> None:
        """Sends the program of a pod a signal, as somebody on the machine would."""
        self._run_of(namespace, pod).kill(how)

    def pods(self) -> list[str]:
        """The names of pods whose containers run here now."""
        return sorted(run.name for run in self._runs.values() if run.containers and not run.over)

    def report(self, run: PodRun, body: Object) -> None:
        """Writes a pod's status."""
        target = path("pods", run.namespace, run.name, "status")
        self.tell("PATCH", target, body, "application/strategic-merge-patch+json")

    def event(self, run: PodRun, reason: str, message: str) -> None:
        """Tells something of a pod, as ``kubectl describe`` shows it."""
        about = {"kind": "Pod", "namespace": run.namespace, "name": run.name, "uid": run.uid, "apiVersion": "v1"}
        body = {
            "metadata": {"generateName": f"{run.name}.", "namespace": run.namespace},
            "involvedObject": about,
            "type": "Warning",
            "reason": reason,
            "message": message,
            "source": {"component": "kubelet", "host": self.name},
            "firstTimestamp": now(),
            "lastTimestamp": now(),
            "count": 1,
        }
        self.tell("POST", path("events", run.namespace), body)

    def tell(self, verb: str, url: str, body: Object | None = None, content: str = "application/json") -> None:
        """One call, again until the API server is there; a dead node says nothing. What is gone needs no telling."""
        while not self._ended.is_set() or verb == "DELETE":
            try:
                self.api.request(verb, url, body, content=content)
            except UnreachableError:
                if self._ended.wait(0.2):
                    return
            except ApiError as error:
                if error.status not in (403, 404, 409):  # 403: its namespace is being deleted
                    raise
                return
            else:
                return

    def _register(self) -> None:
        conditions = [
            {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": now()},
            *(
                {"type": kind, "status": "False", "reason": "KubeletHasSufficient", "lastHeartbeatTime": now()}
                for kind in ("MemoryPressure", "DiskPressure", "PIDPressure")
            ),
        ]
        status = {
            "capacity": self.capacity,
            "allocatable": self.capacity,
            "conditions": conditions,
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": self.name}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._logs.port}},
            "nodeInfo": {"kubeletVersion": "v1.36.3-test", "operatingSystem": "linux", "architecture": "amd64"},
        }
        metadata = {"name": self.name, "labels": self._labels}
        body = {"metadata": metadata, "spec": {"taints": self._taints}, "status": status}
        self.tell("DELETE", path("nodes", name=self.name))  # one that died under this name
        self.api.create("nodes", None, body)

    def _renew(self) -> None:
        while not self._ended.wait(_RENEW):
            try:
                self._renew_lease()
            except (ApiError, UnreachableError):
                continue  # the API server restarts

    def _renew_lease(self) -> None:
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {"holderIdentity": self.name, "leaseDurationSeconds": 15, "renewTime": moment}
        body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": self.name}, "spec": spec}
        target = path("leases", "kube-node-lease", self.name)
        query = {"fieldManager": "node", "force": "true"}
        self.api.request("PATCH", target, body, content="application/apply-patch+yaml", **query)

    def _follow(self) -> None:
        selector = f"spec.nodeName%3D{self.name}"
        while not self._ended.is_set():
            try:
                listed = self._watcher.request("GET", path("pods"), fieldSelector=selector)
                present = {pod["metadata"]["uid"] for pod in listed["items"]}
                for pod in listed["items"]:
                    self._see(pod)
                for uid in set(self._runs) - present:
                    self._forget(uid)
                version = listed["metadata"]["resourceVersion"]
                for kind, pod in self._watcher.watch(path("pods"), version, 10, fieldSelector=selector):
                    if self._ended.is_set() or kind == "ERROR":
                        break
                    self._forget(pod["metadata"]["uid"]) if kind == "DELETED" else self._see(pod)
            except (UnreachableError, ApiError):
                time.sleep(0.2)  # the API server restarts

    def _see(self, pod: Object) -> None:
        uid = pod["metadata"]["uid"]
        run = self._runs.get(uid)
        if run is None and pod["status"].get("phase") not in _OVER:
            run = self._runs[uid] = PodRun(self, pod)
            run.begin()
        if pod["metadata"].get("deletionTimestamp") and run is not None:
            run.finish() if run.over else run.stop(pod["metadata"].get("deletionGracePeriodSeconds", 30))

    def _forget(self, uid: str) -> None:
        if run := self._runs.pop(uid, None):
            run.forget()

    def _unfinished(self) -> list[Object]:
        try:
            bound = self.api.items("pods", fieldSelector=f"spec.nodeName%3D{self.name}")
        except UnreachableError:
            return []
        return [pod for pod in bound if pod["status"].get("phase") not in _OVER]

    def _run_of(self, namespace: str, pod: str) -> PodRun:
        for run in self._runs.values():
            if (run.namespace, run.name) == (namespace, pod):
                return run
        raise LookupError(f"no pod {namespace}/{pod} on node {self.name}, only {self.pods()}")

    def _log_of(self, namespace: str, pod: str, container: str) -> tuple[Path, Callable[[], bool]]:
        run = self._run_of(namespace, pod)
        return run.folder / container / "log", lambda: run.over


def _taints(node: Object) -> set[str]:
    return {taint["key"] for taint in node.get("spec", {}).get("taints", [])} if node else {_NOT_READY}
