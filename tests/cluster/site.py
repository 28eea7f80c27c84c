"""A namespace where tunejob is installed: a store, what pods need of it, and alice, who may run studies there."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cluster import tables
from cluster.api import Api
from cluster.plane import Plane
from cluster.rights import give
from cluster.users import User
from servers.seaweed import S3

from job.store import RunKeys, Store, open_store
from job.store.keys import runs_prefix

Object = dict[str, Any]
Ran = subprocess.CompletedProcess[str]

TUNEJOB = Path(sys.executable).with_name("tunejob")
IMAGES = ("tunejob-controller:0.1.0", "tunejob-trainer:0.1.0", "tunejob-trainer-cpu:0.1.0")
"""What the manifests call the images; the tests' nodes run this machine's own Python under these names."""


@dataclass
class Site:
    """The namespace, seen by alice.

    Attributes:
        api: the cluster as its admin sees it.
        namespace: its name.
        alice: who has the Role tunejob-user there, and nothing else.
        store: the URL of the store that its pods use.
        folder: alice's, for studies.
        environment: alice's shell.
        gate: a folder that pods see as /gate, by which a study's code can be held.
    """

    api: Api
    namespace: str
    alice: User
    store: str
    folder: Path
    environment: Mapping[str, str]
    gate: Path
    _started: list["subprocess.Popen[str]"] = field(default_factory=list)

    def tunejob(self, *args: str | Path, **settings: Any) -> Ran:
        """Runs the command as alice, to its end."""
        how = {"env": self.environment, "cwd": self.folder, **settings}
        return subprocess.run([TUNEJOB, *args], capture_output=True, text=True, check=False, **how)

    def begin(self, *args: str | Path) -> "subprocess.Popen[str]":
        """Starts the command as alice; what still runs at the end of the test is killed."""
        process = subprocess.Popen(
            ["env", "--default-signal=INT", TUNEJOB, *args],  # shells ignore it for what they start beside
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=self.folder,
        )  # fmt: skip
        self._started.append(process)
        return process

    def hold(self) -> None:
        """From now on, all fits but those of the first trial wait."""
        (self.gate / "hold").touch()

    def held(self, count: int = 1) -> list[str]:
        """Waits until so many pods wait in a fit; their names."""
        self.until(lambda: len(list(self.gate.glob("held-*"))) >= count, f"{count} pods wait in a fit")
        return sorted(file.name.removeprefix("held-") for file in self.gate.glob("held-*"))

    def held_of(self, index: str, before: Collection[str]) -> str:
        """Waits until another pod than those before waits in a fit, of one index (``<job>-<index>``); its name."""

        def found() -> list[str]:
            return [pod for pod in self.held(0) if pod.startswith(f"{index}-") and pod not in before]

        self.until(found, f"another pod of {index} waits in a fit")
        return found()[0]

    def controller(self) -> str:
        """Waits until a controller runs; its pod's name."""
        selector = "app.kubernetes.io/component%3Dcontroller"

        def found() -> list[str]:
            pods = self.api.items("pods", self.namespace, labelSelector=selector)
            return [pod["metadata"]["name"] for pod in pods if pod["status"].get("phase") == "Running"]

        self.until(found, "a controller runs")
        return found()[0]

    def release(self) -> None:
        """Lets all go on that wait, and forgets who waited."""
        (self.gate / "hold").unlink()
        for file in self.gate.glob("held-*"):
            file.unlink()

    def until(self, true: Callable[[], object], what: str, seconds: float = 240) -> None:
        """Waits until something is true of the store, the gate or the cluster.

        Raises:
            TimeoutError: it was not; with all pods and what they wrote.
        """
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                raise TimeoutError(f"not within {seconds} s: {what}\n{self.story()}")
            time.sleep(0.05)

    def story(self) -> str:
        """All pods and what they wrote: for messages of tests that fail."""
        told = []
        for pod in self.api.items("pods", self.namespace):
            name, status = pod["metadata"]["name"], pod["status"]
            told.append(f"--- {name} on {pod['spec'].get('nodeName')}: {status['phase']} {status['conditions'][-1]}")
            if status["phase"] != "Pending":
                told.append(self.api.logs(self.namespace, name)[-3000:])
        return "\n".join(told)

    def end(self) -> None:
        """Ends what was begun."""
        for process in self._started:
            process.kill()
            process.communicate()

    def jobs(self, task: str, *, live: bool = False) -> list[Object]:
        """The Jobs of workers for a task (prepare, shards, refit), the oldest first."""
        found = self.api.items("jobs", self.namespace, labelSelector=f"tunejob/task%3D{task}")
        ended = {"Complete", "Failed"}
        kept = [
            one
            for one in found
            if not live or not any(each["type"] in ended for each in one["status"].get("conditions", []))
        ]
        return sorted(kept, key=lambda one: int(one["metadata"]["resourceVersion"]))

    def pods(self, task: str, phase: str = "") -> list[Object]:
        """The pods of workers for a task."""
        found = self.api.items("pods", self.namespace, labelSelector=f"tunejob/task%3D{task}")
        return [pod for pod in found if not phase or pod["status"].get("phase") == phase]

    def opened(self) -> Store:
        """The store, opened by the test."""
        return open_store(self.store)

    def run_of(self, study: str) -> RunKeys:
        """The only run of a study."""
        prefix = runs_prefix(study)
        (run,) = {entry.key.removeprefix(prefix + "/").split("/")[0] for entry in self.opened().list(prefix)}
        return RunKeys(study, run)

    def table(self, study: str) -> list[dict[str, str]]:
        """The rows of the only run's cv_results.csv, without the columns of times."""
        return tables.rows(self.opened().read(self.run_of(study).cv_results))

    def begun(self, study: str) -> dict[str, int]:
        """How often the training of each fit was begun, by its identity."""
        store, keys = self.opened(), self.run_of(study)
        found: dict[str, int] = {}
        for _, data in store.read_many(entry.key for entry in store.list(keys.attempts_prefix)):
            for fit in json.loads(data).get("fits", ()):
                found[fit] = found.get(fit, 0) + 1
        return found

    def results(self, study: str) -> list[Object]:
        """Every result line of the only run."""
        store, keys = self.opened(), self.run_of(study)
        objects = store.read_many(entry.key for entry in store.list(keys.results_prefix))
        return [json.loads(line) for _, data in objects for line in data.decode().splitlines()]


@contextmanager
def site(plane: Plane, s3: S3, folder: Path, installation: Sequence[Object]) -> Iterator[Site]:
    """Makes a namespace with all that an administrator installs, if anything, and takes it away."""
    api, name = plane.api(), f"t-{uuid.uuid4().hex[:8]}"
    api.create("namespaces", None, {"metadata": {"name": name}})
    api.until("serviceaccounts", name, "default", bool)
    gate = folder / "gate"
    gate.mkdir(parents=True)
    gate.chmod(0o777)
    _install(api, name, installation, gate)
    alice, url = plane.user("alice", name), s3.url(name)
    if installation:  # the server hears of bindings in their order: with alice's it knows the controller's
        give(api, name, alice, "tunejob-user")
    _give_store(api, name, url, s3)
    found = Site(api, name, alice, url, folder, _shell(plane, alice), gate)
    try:
        yield found
    finally:
        found.end()
        api.delete("namespaces", None, name)
        api.close()


def _install(api: Api, namespace: str, objects: Sequence[Object], gate: Path) -> None:
    kinds = {
        "ServiceAccount": "serviceaccounts", "Role": "roles", "RoleBinding": "rolebindings",
        "NetworkPolicy": "networkpolicies", "PodTemplate": "podtemplates",
    }  # fmt: skip
    for one in deepcopy(list(objects)):
        one["metadata"]["namespace"] = namespace
        for subject in one.get("subjects", []):
            subject["namespace"] = namespace
        if one["kind"] == "PodTemplate":
            _patch(one, gate)
        api.create(kinds[one["kind"]], namespace, one)


def _patch(template: Object, gate: Path) -> None:
    """No GPU is asked of TensorFlow, which has none here, and the gate is mounted."""
    spec = template["template"]["spec"]
    worker = spec["containers"][0]
    worker["env"] = [each for each in worker["env"] if each["name"] != "TUNEJOB_REQUIRE_GPU"]
    worker["env"].append({"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}})
    worker["volumeMounts"].append({"name": "gate", "mountPath": "/gate"})
    spec["volumes"].append({"name": "gate", "hostPath": {"path": str(gate)}})


def _give_store(api: Api, namespace: str, url: str, s3: S3) -> None:
    """The namespace's own store: its address for all to see, its keys in a Secret."""
    keys = s3.env()
    open_ = {name: keys.pop(name) for name in ("AWS_REGION", "AWS_ENDPOINT_URL")}
    meta = {"metadata": {"name": "tunejob-store"}}
    api.create("configmaps", namespace, {**meta, "data": {"TUNEJOB_STORE": url, **open_}})
    api.create("secrets", namespace, {**meta, "stringData": keys})


def _shell(plane: Plane, user: User) -> dict[str, str]:
    """A shell without any credentials but the kubeconfig's."""
    kept = plane.environment(user)
    return {name: value for name, value in kept.items() if not name.startswith(("AWS_", "TUNEJOB_"))}
