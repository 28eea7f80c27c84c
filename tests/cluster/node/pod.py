"""The life of one pod on the test node, in a thread of its own: wait for what it names, run, report, be deleted."""

import shutil
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, TypeVar

from cluster.api import path
from cluster.node import image as images
from cluster.node import status
from cluster.node.container import Container
from cluster.node.environment import ConfigError
from cluster.node.volumes import Contents, VolumeError, lay

if TYPE_CHECKING:
    from cluster.node.machine import Node

T = TypeVar("T")
Object = dict[str, Any]
_UNKNOWN = ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle")
_RETRY = 0.5  # seconds until something missing is looked for again


class PodRun:
    """A pod that is bound to the node."""

    def __init__(self, node: "Node", pod: Object) -> None:
        self.node = node
        self.pod = pod
        self.uid = str(pod["metadata"]["uid"])
        self.namespace = str(pod["metadata"]["namespace"])
        self.name = str(pod["metadata"]["name"])
        self.folder = node.folder / self.uid
        self.over = False
        self.containers: dict[str, Container] = {}
        self.sidecars: dict[str, Container] = {}
        self._stopped = threading.Event()
        self._starting = threading.Lock()  # a container starts before it is stopped, or never
        self._deleted = pod["metadata"].get("deletionTimestamp") is not None
        self._waits = ""
        self._begun: dict[str, Object] = {}  # states of init containers
        self._first = ""  # the init container that is started now
        self._contents = Contents(node.api, pod)
        self._forgotten = False
        self._evicted = ""
        self._thread = threading.Thread(target=self._live, name=f"pod {self.name}", daemon=True)

    def begin(self) -> None:
        """Starts its thread."""
        self._thread.start()

    def join(self) -> None:
        """Waits until nothing of it runs any more."""
        self._thread.join()

    def stop(self, grace: float, *, deleted: bool = True) -> None:
        """Ends the containers: SIGTERM, and SIGKILL after the grace period. Again with a shorter one: sooner."""
        self._deleted = self._deleted or deleted
        with self._starting:
            first = not self._stopped.is_set()
            self._stopped.set()
        if grace <= 0:
            self.kill(signal.SIGKILL)
            return
        if first:
            self.kill(signal.SIGTERM)
        timer = threading.Timer(grace, self.kill, [signal.SIGKILL])
        timer.daemon = True
        timer.start()

    def evict(self, why: str) -> None:
        """Ends it at once, as the kubelet of a node that runs out of something: the pod failed, evicted."""
        self._evicted = why
        self.stop(0, deleted=False)

    def processes(self) -> list[int]:
        """Its programs and all their children, the youngest last."""
        return [pid for container in self.containers.values() for pid in container.processes()]

    def kill(self, how: int) -> None:
        """Sends each container's program a signal."""
        for container in (*self.containers.values(), *self.sidecars.values()):
            container.kill(how)

    def forget(self) -> None:
        """Its object is gone: ends what runs at once and removes its folder, logs included."""
        self._forgotten = True
        self.stop(0, deleted=False)
        if self.over:
            shutil.rmtree(self.folder, ignore_errors=True)

    def finish(self) -> None:
        """Lets the API server delete a pod that is over."""
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.uid}}
        self.node.tell("DELETE", path("pods", self.namespace, self.name), options)

    def _live(self) -> None:
        try:
            last = self._outcome()
            if self._evicted:
                last["status"] |= {"phase": "Failed", "reason": "Evicted", "message": self._evicted}
            self.node.report(self, last)
        finally:
            self.over = True
            shutil.rmtree(self.folder if self._forgotten else self.folder / "volumes", ignore_errors=True)
        if self._deleted:
            self.finish()

    def _outcome(self) -> Object:
        """Runs the pod to its end; the last status."""
        spec = self.pod["spec"]
        if self.pod.get("status", {}).get("phase") == "Running":
            return status.lost(self.pod)  # from before this node's (re)start
        unknown = [name for name in _UNKNOWN if any(name in container for container in spec["containers"])]
        if unknown or spec["restartPolicy"] != "Never":
            what = ", ".join(unknown) or f"restartPolicy {spec['restartPolicy']}"
            return status.refused("NotSupported", f"the test node does not do {what}")
        mounts = self._when_there(self._volumes, VolumeError, "ContainerCreating")
        if mounts is None:
            return status.lost(self.pod)
        if (early := self._initialize(mounts)) is not None:
            return early
        if not all(self._start(each, mounts) for each in spec["containers"]):
            self.kill(signal.SIGKILL)
            return status.lost(self.pod)
        started = {name: container.started for name, container in self.containers.items()}
        self.node.report(self, status.running(self.pod, started))
        return status.ended(self.pod, self._ends(started))

    def _initialize(self, mounts: dict[str, Object]) -> Object | None:
        """Runs the init containers, and starts sidecars; the pod's last status where one fails."""
        begun = self._begun
        for each in self.pod["spec"].get("initContainers", []):
            self._first = name = each["name"]
            if not self._start(each, mounts):
                return status.lost(self.pod)
            begun[name] = {"running": {"startedAt": self.containers[name].started}}
            self.node.report(self, status.initializing(self.pod, begun))
            if each.get("restartPolicy") == "Always":  # a sidecar: it runs beside the others, and ends after them
                self.sidecars[name] = self.containers.pop(name)
                continue
            begun[name] = {"terminated": self.containers[name].wait()}
            del self.containers[name]
            if begun[name]["terminated"]["exitCode"]:
                return status.uninitialized(self.pod, begun)
        self._first = ""
        return None

    def _ends(self, started: dict[str, str]) -> dict[str, Object]:
        """How each container ended; while some go on, the status tells which have."""
        ends: dict[str, Object] = {}
        with ThreadPoolExecutor(len(self.containers)) as pool:
            waits = {pool.submit(container.wait): name for name, container in self.containers.items()}
            for done in as_completed(waits):
                ends[waits[done]] = done.result()
                if len(ends) < len(waits):
                    self.node.report(self, status.running(self.pod, started, ends))
        for sidecar in self.sidecars.values():
            sidecar.kill(signal.SIGTERM)
            sidecar.kill(signal.SIGKILL)
            sidecar.wait()
        return ends

    def _start(self, spec: Object, mounts: dict[str, Object]) -> bool:
        """Starts one container as soon as its image and words are there; False if the pod is deleted before."""
        image = self._image(spec)
        if image is None:
            return False
        folder = self.folder / spec["name"]
        container = Container(
            self.pod, spec, image, mounts, folder, self.folder / "hosts", self.node.base, self.node.capacity
        )
        return bool(self._when_there(lambda: self._launch(container), ConfigError, "CreateContainerConfigError"))

    def _launch(self, container: Container) -> bool | None:
        with self._starting:
            if self._stopped.is_set():
                return None
            container.start(self._contents.lookup)
            self.containers[container.spec["name"]] = container
        return True

    def _image(self, spec: Object) -> images.Image | None:
        """The image, once the node has it; None if the pod is deleted before."""
        name = spec["image"]
        if not images.valid(name):
            self._wait("InvalidImageName", f'Failed to apply default image tag "{name}": invalid reference format')
        turn = 0
        while (found := self.node.images.get(name)) is None and not self._stopped.is_set():
            if images.valid(name):
                told = f'failed to pull and unpack image "{name}": not found'
                reason = "ErrImagePull" if turn == 0 else "ImagePullBackOff"
                self._wait(reason, told if turn == 0 else f'Back-off pulling image "{name}": {told}')
            turn += 1
            self._stopped.wait(_RETRY)
        return found

    def _volumes(self) -> dict[str, Object]:
        hosts = self.folder / "hosts"
        hosts.parent.mkdir(parents=True, exist_ok=True)
        hosts.write_text(f"127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.0.1\t{self.name}\n")
        place = self.folder / "volumes"
        return {
            volume["name"]: lay(volume, place / volume["name"], self._contents)
            for volume in self.pod["spec"].get("volumes", [])
        }

    def _when_there(self, make: Callable[[], T | None], missing: type[Exception], reason: str) -> T | None:
        """Tries until nothing is missing; None if the pod is deleted before."""
        while not self._stopped.is_set():
            try:
                return make()
            except missing as error:
                self._wait(reason, str(error))
                self._stopped.wait(_RETRY)
        return None

    def _wait(self, reason: str, message: str) -> None:
        """Tells what the pod waits for, once."""
        if self._waits == reason:
            return
        self._waits = reason
        if reason == "ContainerCreating":
            self.node.event(self, "FailedMount", f"MountVolume.SetUp failed: {message}")
            message = ""
        elif reason != "ImagePullBackOff":
            self.node.event(self, "Failed", message)
        if self._first:
            self._begun[self._first] = status.waiting(reason, message)
            self.node.report(self, status.initializing(self.pod, self._begun))
        else:
            self.node.report(self, status.pending(self.pod, reason, message))
