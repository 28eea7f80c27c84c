"""Faults of every kind upon runs that go on, one after the other, as a seed draws them.

Each kind is a function that does one and undoes it; it returns whether there was something to do it to.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cluster.api import ApiError
from cluster.node.machine import Node
from cluster.plane import Plane
from cluster.site import Site
from servers.proxy import Proxy

from job.plan import launches, stored

Object = dict[str, Any]
OUTAGE = 6.0
"""Seconds that a store, a node's network or a part of the control plane is away."""


@dataclass
class Scene:
    """All that a fault may befall.

    Attributes:
        site: the namespace.
        plane: the control plane.
        proxy: before the store.
        make: makes nodes; those there are now by name.
        random: draws whom a fault befalls.
        study: whose run goes on now.
        children: pods whose training process was killed in this run.
    """

    site: Site
    plane: Plane
    proxy: Proxy
    make: Callable[[str], Node]
    random: random.Random
    nodes: dict[str, Node] = field(default_factory=dict)
    study: str = ""
    children: set[str] = field(default_factory=set)

    def pods(self, *tasks: str) -> list[Object]:
        """Pods of workers for these tasks that run on a node that lives."""
        found = [pod for task in tasks for pod in self.site.pods(task, "Running")]
        return [pod for pod in found if _lives(self, pod)]

    def worker(self) -> Object | None:
        """One of them with shards, or None."""
        found = self.pods("shards")
        return self.random.choice(found) if found else None

    def node(self) -> Node:
        """A node."""
        return self.nodes[self.random.choice(sorted(self.nodes))]

    def node_of(self, pod: Object) -> Node:
        """Where a pod runs."""
        return self.nodes[pod["spec"]["nodeName"]]


def _lives(scene: Scene, pod: Object) -> bool:
    """Whether its program runs: its node lives, and has started it."""
    node = scene.nodes.get(pod["spec"].get("nodeName", ""))
    return node is not None and pod["metadata"]["name"] in node.pods()


def _name(pod: Object) -> str:
    return str(pod["metadata"]["name"])


def worker_killed(scene: Scene) -> bool:
    """A worker's watching process gets SIGKILL."""
    if (pod := scene.worker()) is None:
        return False
    scene.node_of(pod).kill(scene.site.namespace, _name(pod))
    return True


def child_killed(scene: Scene) -> bool:
    """The process that trains gets SIGKILL, once in a run and never beside the culprit: it counts as the fit's own."""
    pods = [] if scene.children else [pod for pod in scene.pods("shards") if not _has_culprit(scene, pod)]
    for pod in pods:
        processes = scene.node_of(pod).processes(scene.site.namespace, _name(pod))
        if len(processes) > 1:
            scene.children.add(_name(pod))
            os.kill(processes[-1], signal.SIGKILL)
            return True
    return False


def _has_culprit(scene: Scene, pod: Object) -> bool:
    store, keys = scene.site.opened(), scene.site.run_of(scene.study)
    labels, notes = pod["metadata"]["labels"], pod["metadata"]["annotations"]
    number = int(labels["batch.kubernetes.io/job-name"].rpartition("-")[2])
    shard = launches.shards(store, keys, number)[int(notes["batch.kubernetes.io/job-completion-index"])]
    return any(trial.params["learning_rate"] == 0.2 for trial in stored.shard(store, keys, shard).trials)


def controller_killed(scene: Scene) -> bool:
    """The controller gets SIGKILL."""
    selector = "app.kubernetes.io/component%3Dcontroller"
    for pod in scene.site.api.items("pods", scene.site.namespace, labelSelector=selector):
        if pod["status"].get("phase") == "Running" and _lives(scene, pod):
            scene.node_of(pod).kill(scene.site.namespace, _name(pod))
            return True
    return False


def pod_deleted(scene: Scene) -> bool:
    """A worker's pod is deleted by hand."""
    if (pod := scene.worker()) is None:
        return False
    scene.site.api.delete("pods", scene.site.namespace, _name(pod))
    return True


def pod_evicted(scene: Scene) -> bool:
    """A worker's pod is evicted through the API."""
    if (pod := scene.worker()) is None:
        return False
    scene.site.api.evict(scene.site.namespace, _name(pod))
    return True


def disk_full(scene: Scene) -> bool:
    """A worker's pod has filled its part of its node's disk."""
    if (pod := scene.worker()) is None:
        return False
    why = "Pod ephemeral local storage usage exceeds the total limit of containers 10Gi."
    scene.node_of(pod).evict(scene.site.namespace, _name(pod), why)
    return True


def node_without_power(scene: Scene) -> bool:
    """A node loses its power, is taken out of the cluster, and another comes."""
    node = scene.node()
    node.die()
    scene.site.api.delete("nodes", None, node.name)
    del scene.nodes[node.name]
    fresh = f"node-{scene.random.getrandbits(32):x}"
    scene.nodes[fresh] = scene.make(fresh)
    return True


def node_rebooted(scene: Scene) -> bool:
    """A node loses its power and boots again."""
    node = scene.node()
    node.die()
    scene.nodes[node.name] = scene.make(node.name)
    return True


def node_partitioned(scene: Scene) -> bool:
    """A node does not reach the API server for a while; its pods go on."""
    node = scene.node()
    node.cut(off=True)
    time.sleep(OUTAGE)
    node.cut(off=False)
    return True


def node_drained(scene: Scene) -> bool:
    """A node is cordoned, its pods are evicted, and it takes pods again."""
    node = scene.node()
    scene.site.api.patch("nodes", None, node.name, {"spec": {"unschedulable": True}})
    for pod in scene.pods("shards", "prepare"):
        if scene.node_of(pod) is node:
            scene.site.api.evict(scene.site.namespace, _name(pod))
    time.sleep(1)
    scene.site.api.patch("nodes", None, node.name, {"spec": {"unschedulable": None}})
    return True


def node_tainted(scene: Scene) -> bool:
    """A node gets a taint that no pod tolerates, and loses it."""
    node = scene.node()
    taint = {"key": "test.invalid/out", "value": "now", "effect": "NoExecute"}
    scene.site.api.patch("nodes", None, node.name, {"spec": {"taints": [taint]}})
    time.sleep(2)
    scene.site.api.patch("nodes", None, node.name, {"spec": {"taints": []}})
    return True


def _crash(part: str) -> Callable[[Scene], bool]:
    def crash(scene: Scene) -> bool:
        scene.plane.restart(part, signal.SIGKILL)
        return True

    return crash


def history_forgotten(scene: Scene) -> bool:
    """Watches from before can't go on."""
    scene.plane.forget()
    return True


def run_suspended(scene: Scene) -> bool:
    """The workers' Job is suspended, as queues do, and resumed."""
    for one in scene.site.jobs("shards", live=True)[:1]:
        name = one["metadata"]["name"]
        scene.site.api.patch("jobs", scene.site.namespace, name, {"spec": {"suspend": True}})
        time.sleep(2)
        scene.site.api.patch("jobs", scene.site.namespace, name, {"spec": {"suspend": False}})
        return True
    return False


def _harmed(kind: str, seconds: float = OUTAGE, **which: Any) -> Callable[[Scene], bool]:
    def harm(scene: Scene) -> bool:
        scene.proxy.harm(kind, **which)
        time.sleep(seconds)
        scene.proxy.calm()
        return True

    return harm


KINDS: dict[str, Callable[[Scene], bool]] = {
    "worker killed": worker_killed,
    "child killed": child_killed,
    "controller killed": controller_killed,
    "pod deleted": pod_deleted,
    "pod evicted": pod_evicted,
    "disk full": disk_full,
    "node without power": node_without_power,
    "node rebooted": node_rebooted,
    "node partitioned": node_partitioned,
    "node drained": node_drained,
    "node tainted": node_tainted,
    "API server crashed": _crash("kube-apiserver"),
    "Job controller crashed": _crash("kube-controller-manager"),
    "scheduler crashed": _crash("kube-scheduler"),
    "etcd crashed": _crash("etcd"),
    "history forgotten": history_forgotten,
    "run suspended": run_suspended,
    "store away": _harmed("reset-before"),
    "store silent": _harmed("silence", times=3),
    "store broken": _harmed("500"),
    "store throttling": _harmed("503", times=20),
    "write's answer lost": _harmed("reset-after", seconds=3.0, times=1, method="PUT"),
}
"""What may befall a run; that one fit runs out of memory befalls each run besides."""


def drawn(seed: int, count: int) -> Iterator[str]:
    """Yields kinds: all of them in an order, and then in another, so that few faults are of many kinds."""
    chance, left = random.Random(seed), list[str]()  # noqa: S311  # no secret
    for _ in range(count):
        if not left:
            left = chance.sample(sorted(KINDS), len(KINDS))
        yield left.pop()


def befall(scene: Scene, kind: str) -> bool:
    """Does it; whoever it was to befall may have ended a moment before, or the API server be away."""
    with _gone_meanwhile() as gone:
        return KINDS[kind](scene) and not gone
    return False


@contextmanager
def _gone_meanwhile() -> Iterator[list[str]]:
    gone: list[str] = []
    try:
        yield gone
    except LookupError as error:  # a pod that had just ended
        gone.append(str(error))
    except ApiError as error:
        if error.status not in (404, 409, 429):
            raise
        gone.append(str(error))
