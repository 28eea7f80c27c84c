"""A large run on a real API server: what its controller asks of it and takes, and how long `status` does.

``python benchmarks/scale.py [SHARDS] [AT_ONCE] [RUNS]``, by default 10,000 shards, 1,000 of them at once, and then 20
runs of different studies side by side in one namespace. API server, controllers, scheduler, store and controller are
real; workers are made up by the node that they are bound to: it reports each pod as running, stores made-up fits a few
seconds later, and reports its success. Needs what the cluster tests need (Go once, root). Prints a table.
"""

import heapq
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from cluster import kustomizing, studies
from cluster.api import ApiError
from cluster.binary import CONTROL_PLANE
from cluster.node import status as reports
from cluster.node.container import now
from cluster.node.image import Image
from cluster.node.machine import Node
from cluster.plane import Plane
from cluster.site import IMAGES, TUNEJOB, Site, site
from servers.seaweed import seaweed

from job.plan import stored
from job.plan.plan import Facts, Plan
from job.store import Store, open_store
from job.store.keys import RunKeys
from job.study import reading

Object = dict[str, Any]
LASTS = 20.0
"""Seconds that a made-up worker takes."""
PYTHON = Path(sys.prefix) / "bin" / "python"
STUB = Path(__file__).parents[1] / "tests" / "cluster" / "stub"


class Hands(Node):
    """A node whose pods are never run: they are said to run, their fits are made up, and they are said to succeed."""

    store: Store
    most = 0

    def begin(self) -> None:
        """Starts, with threads that end pods when their time has come."""
        self._due: list[tuple[float, str, Object]] = []
        self._known: set[str] = set()
        self._more = threading.Condition()
        self._pool = ThreadPoolExecutor(16)
        threading.Thread(target=self._end_due, daemon=True).start()
        super().begin()

    def _see(self, pod: Object) -> None:
        uid = pod["metadata"]["uid"]
        if uid not in self._known and pod["status"].get("phase") == "Pending":
            self._known.add(uid)
            self._pool.submit(self._run, pod)

    def _forget(self, uid: str) -> None:
        """Nothing of it is here."""

    def _run(self, pod: Object) -> None:
        self._report(pod, reports.running(pod, {one["name"]: now() for one in pod["spec"]["containers"]}))
        with self._more:
            heapq.heappush(self._due, (time.monotonic() + LASTS, pod["metadata"]["uid"], pod))
            self.most = max(self.most, len(self._due))
            self._more.notify()

    def _end_due(self) -> None:
        while True:
            with self._more:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._more.wait(self._due[0][0] - time.monotonic() if self._due else None)
                _, _, pod = heapq.heappop(self._due)
            self._pool.submit(self._finish, pod)

    def _finish(self, pod: Object) -> None:
        labels, notes = pod["metadata"]["labels"], pod["metadata"]["annotations"]
        keys = RunKeys(labels["tunejob/study"], labels["tunejob/run"])
        attempt = int(labels["batch.kubernetes.io/job-name"].rpartition("-")[2])
        shards = json.loads(self.store.read(f"{keys.prefix}/jobs/{attempt:05d}.json"))
        shard = shards[int(notes["batch.kubernetes.io/job-completion-index"])]
        lines = [line(one.number, fold) for one in stored.shard(self.store, keys, shard).trials for fold in (0, 1)]
        text = "".join(json.dumps(one) + "\n" for one in lines)
        self.store.create(f"{keys.results_of(shard)}/all.jsonl", text.encode())
        end = {"exitCode": 0, "reason": "Completed", "startedAt": now(), "finishedAt": now()}
        self._report(pod, reports.ended(pod, {one["name"]: end for one in pod["spec"]["containers"]}))

    def _report(self, pod: Object, body: Object) -> None:
        target = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}/status"
        self.tell("PATCH", target, body, "application/strategic-merge-patch+json")


def line(trial: int, fold: int) -> Object:
    """A made-up fit."""
    return {
        "format": 1, "identity": f"{trial}-{fold}", "trial": trial, "fold": fold,
        "scores": {"accuracy": trial * 0.61803 % 1}, "train_scores": None, "fit_seconds": 1.0, "score_seconds": 0.0,
        "train_rows": 30, "test_rows": 30, "epochs": 2, "way": "fit", "group": "all", "attempt": 1,
        "finished": "2026-01-02T03:04:05+00:00", "error": None, "history": {}, "params": {}, "why": "",
    }  # fmt: skip


def prepared(folder: Path) -> dict[str, bytes]:
    """What a real worker finds out about the small study."""
    study = studies.write(folder / "prepared" / "study")
    place = folder / "prepared" / "store" / "tiny" / "prepared" / "once"
    place.mkdir(parents=True)
    (place / "study.yaml").write_bytes(study.read_bytes())
    where = ["--store", folder / "prepared" / "store", "--code", study.parent]
    command = [TUNEJOB, "work", *where, "--study-name", "tiny", "--prepare", "once", "--measure"]
    subprocess.run(command, check=True, capture_output=True)
    found = json.loads((place / "prepare.json").read_text())
    found["fit_time"]["seconds"] = 60.0  # so long that starting pods does not count
    (place / "prepare.json").write_text(json.dumps(found))
    return {name: (place / name).read_bytes() for name in ("prepare.json", "folds.npz")}


def planned(found: Site, file: Path, facts: dict[str, bytes], shards: int) -> Plan:
    """Plans a study for four times fewer workers than shards; the controller takes up the run that is planned."""
    study = reading.read(file, found.store)
    known = stored.read(Facts, facts["prepare.json"], "prepare.json")
    return stored.write(found.opened(), study, known, facts["folds.npz"], max(shards // 4, 1))


def memory_of(pid: int) -> int:
    """The most memory that a process had so far, in MB; 0 of one that has just ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        if words := Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2].split():
            return int(words[0]) // 1024
    return 0


def large(
    found: Site, plane: Plane, real: Node, hands: Hands, facts: dict[str, bytes], shards: int, at_once: int
) -> None:
    """One run of many shards."""
    space = {"units": [3], "learning_rate": {"linspace": [0.001, 0.1, shards]}}
    file = studies.write(found.folder / "large", name="large", space=space, cluster={"parallelism": at_once})
    plan = planned(found, file, facts, shards)
    mark, began = plane.audit.now(), time.monotonic()
    submitted = found.begin("submit", file)
    threading.Thread(target=submitted.stdout.read, daemon=True).start()
    threading.Thread(target=submitted.stderr.read, daemon=True).start()
    memory, asked, slow, busy = 0, 0.0, 0.0, 0.0
    while submitted.poll() is None:
        time.sleep(1)
        for pod in real.pods():
            memory = max([memory, *(memory_of(pid) for pid in _alive(real, found.namespace, pod))])
        if time.monotonic() - asked > 30:
            asked = time.monotonic()
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            found.tunejob("status", "large")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            slow = max(slow, time.monotonic() - asked)
            busy = max(busy, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    seconds = time.monotonic() - began
    requests = plane.audit.requests(mark, namespace=found.namespace)
    controller = [one for one in requests if one["user"]["username"].endswith(":tunejob-controller")]
    lists = [one for one in controller if one["verb"] == "list" and one["objectRef"]["resource"] == "pods"]
    ended = f"{seconds:.0f} s, exit code {submitted.returncode}"
    print(f"{plan.shards:,} shards, at most {hands.most:,} pods at once, {ended}")
    print(f"  fits stored: {len(found.results('large')):,} of {plan.fits:,}")
    print(f"  the controller's memory: at most {memory} MB")
    print(f"  its requests: {len(controller):,}, {len(controller) / seconds:.2f} a second; lists of pods: {len(lists)}")
    print(f"  tunejob status: at most {slow:.1f} s, {busy:.1f} s of a processor's time in it", flush=True)


def _alive(node: Node, namespace: str, pod: str) -> list[int]:
    try:
        return [pid for pid in node.processes(namespace, pod) if Path(f"/proc/{pid}").exists()]
    except (LookupError, OSError):
        return []


def many(found: Site, runs: int) -> None:
    """Runs of different studies side by side."""
    began = time.monotonic()
    submitted = [found.begin("submit", studies.write(found.folder / f"r{n}", name=f"r{n}")) for n in range(runs)]
    with ThreadPoolExecutor(runs) as pool:
        list(pool.map(lambda one: one.communicate(), submitted))
    codes = [one.returncode for one in submitted]
    fits = sum(len(found.results(f"r{number}")) for number in range(runs))
    print(f"{runs} runs at once: {time.monotonic() - began:.0f} s, exit codes {sorted(set(codes))}, {fits} fits")


def main(shards: int = 10_000, at_once: int = 1000, runs: int = 20) -> None:
    """Runs all of it."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as place, seaweed(Path(place) / "s3") as s3:
        folder = Path(place)
        facts = prepared(folder)
        plane = Plane(CONTROL_PLANE.build(), folder / "plane")
        plane.begin()
        tls = (plane.ca, plane.folder / "tls.key")
        stub = Image.of_machine(PYTHON, {})
        stub = Image.of_machine(PYTHON, {"PATH": f"{STUB}:{stub.environment['PATH']}"})
        machine = Image.of_machine(PYTHON, {})
        images = {name: stub if "trainer" in name else machine for name in IMAGES}
        api = lambda: plane.api("system:node:test", agent="node")  # noqa: E731
        amounts = {"cpu": "20000", "memory": "64Ti", "pods": "20000"}
        real = Node(api, "real", folder / "real", tls, images=images, capacity=amounts)
        hands = Hands(api, "hands", folder / "hands", tls, images={}, capacity={**amounts, "nvidia.com/gpu": at_once},
                      taints=[{"key": "nvidia.com/gpu", "value": "yes", "effect": "NoSchedule"}])  # fmt: skip
        try:
            for name, value in s3.env().items():
                os.environ[name] = value
            installation = kustomizing.rendered(plane.kubectl, kustomizing.K8S / "overlays" / "gpu" / "install")
            with site(plane, s3, folder / "site", installation) as found:
                (found.gate / "prepared").mkdir()
                for name, data in facts.items():
                    (found.gate / "prepared" / name).write_bytes(data)
                hands.store = open_store(found.store)
                real.begin()
                hands.begin()
                large(found, plane, real, hands, facts, shards, at_once)
                many(found, runs)
        except ApiError as error:
            raise SystemExit(f"the API server said: {error}") from error
        finally:
            real.end()
            plane.end()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
