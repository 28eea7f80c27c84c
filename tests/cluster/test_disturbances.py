"""Whatever befalls pods, nodes, controllers and the API server: the same results in the end, none trained in vain."""

import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cluster import studies
from cluster.bodies import state
from cluster.node.machine import Node
from cluster.plane import Plane
from cluster.site import TUNEJOB, Site
from cluster.tables import differences, rows


@dataclass(frozen=True)
class Scene:
    """A run whose two workers wait in the middle of a fit, each on a node of one GPU."""

    site: Site
    plane: Plane
    nodes: dict[str, Node]
    make: Callable[..., Node]

    def node_of(self, pod: str) -> Node:
        """Where a pod runs."""
        return self.nodes[self.site.api.get("pods", self.site.namespace, pod)["spec"]["nodeName"]]

    def kill(self, pod: str) -> None:
        """Ends a pod's processes, as nobody would wish."""
        self.node_of(pod).kill(self.site.namespace, pod)

    def gone(self, pod: str) -> None:
        """Waits until a pod does not run any more."""
        over = ("Succeeded", "Failed")
        self.site.api.until(
            "pods", self.site.namespace, pod, lambda found: not found or found["status"].get("phase") in over, 120
        )

    def shards_job(self) -> str:
        """The name of the workers' Job."""
        (job,) = self.site.jobs("shards", live=True)
        return str(job["metadata"]["name"])


def evicted(scene: Scene, held: list[str]) -> int:
    """A worker is evicted through the API."""
    scene.site.api.evict(scene.site.namespace, held[0])
    scene.gone(held[0])
    return 1


def killed(scene: Scene, held: list[str]) -> int:
    """A worker is killed with SIGKILL."""
    scene.kill(held[0])
    scene.gone(held[0])
    return 1


def out_of_memory(scene: Scene, held: list[str]) -> int:
    """A worker needs more memory than its limit, and the kernel ends its container."""
    (scene.site.gate / f"eat-{held[0]}").touch()
    scene.gone(held[0])
    found = scene.site.api.get("pods", scene.site.namespace, held[0])
    assert state(found, "terminated")["reason"] == "OOMKilled"
    return 1


def deleted_thrice(scene: Scene, held: list[str]) -> int:
    """The pods of one index are deleted by hand, three times."""
    pod, seen = held[0], {held[0]}
    index = pod.rpartition("-")[0]
    for _ in range(3):
        scene.site.api.delete("pods", scene.site.namespace, pod)
        scene.gone(pod)
        pod = scene.site.held_of(index, seen)
        seen.add(pod)
    return 3


def controller_killed_twice(scene: Scene, held: list[str]) -> int:
    """The controller is killed, and its successor too."""
    for _ in range(2):
        pod = scene.site.controller()
        scene.kill(pod)
        scene.gone(pod)
    return 0


def api_server_restarted(scene: Scene, held: list[str]) -> int:
    """The API server crashes and comes back."""
    scene.plane.restart("kube-apiserver", signal.SIGKILL)
    return 0


def node_gone(scene: Scene, held: list[str]) -> int:
    """A node loses its power, and whoever runs the cluster takes it out."""
    node = scene.node_of(held[0])
    on_it = [pod for pod in held if scene.node_of(pod) is node]
    node.die()
    scene.make("third", gpus=1)
    scene.site.api.delete("nodes", None, node.name)
    for pod in on_it:
        scene.site.api.gone("pods", scene.site.namespace, pod, seconds=180)
    return len(on_it)


def suspended_and_resumed(scene: Scene, held: list[str]) -> int:
    """The workers' Job is suspended, as queues do, until no pod is left, and resumed."""
    job = scene.shards_job()
    scene.site.api.patch("jobs", scene.site.namespace, job, {"spec": {"suspend": True}})
    for pod in held:
        scene.gone(pod)
    scene.site.api.patch("jobs", scene.site.namespace, job, {"spec": {"suspend": False}})
    return len(held)


def throttled(scene: Scene, held: list[str]) -> int:
    """Alice lets the run have one worker, and then two again."""
    done = scene.site.tunejob("throttle", "1", "tiny")
    assert done.returncode == 0, done.stderr
    scene.site.until(lambda: len(scene.site.pods("shards", "Running")) == 1, "one worker is left")
    done = scene.site.tunejob("throttle", "2", "tiny")
    assert done.returncode == 0, done.stderr
    return len(held) - 1


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The table of a run on this machine."""
    folder = tmp_path_factory.mktemp("undisturbed")
    study = studies.write(folder / "study")
    subprocess.run([TUNEJOB, "run", study, "--workers", "1"], check=True, capture_output=True)
    (table,) = folder.glob("study/runs/tiny/runs/*/cv_results.csv")
    return rows(table.read_bytes())


@pytest.mark.parametrize(
    "disturbance",
    [
        evicted,
        killed,
        out_of_memory,
        deleted_thrice,
        controller_killed_twice,
        api_server_restarted,
        node_gone,
        suspended_and_resumed,
        throttled,
    ],
    ids=lambda disturbance: disturbance.__name__,
)
def test_a_disturbed_run_ends_like_an_undisturbed_one(site, plane, nodes, undisturbed, disturbance):
    """The same rows, params, masks, scores; no fit is missing, and none trained more often than the loss explains."""
    scene = Scene(site, plane, {name: nodes(name, gpus=1) for name in ("first", "second")}, nodes)
    study = studies.write(site.folder / "study")
    site.hold()
    submitted = site.begin("submit", study)
    held = site.held(2)
    losses = disturbance(scene, held)
    site.release()
    _, said = submitted.communicate(timeout=300)
    assert submitted.returncode == 0, said
    assert differences(site.table("tiny"), undisturbed) == []
    begun = site.begun("tiny")
    assert len(begun) == len(site.results("tiny")) == 8
    assert max(begun.values()) <= 1 + losses
    assert sum(begun.values()) <= 8 + losses * _largest_group(site)


def _largest_group(site: Site) -> int:
    groups = [line["group"] for line in site.results("tiny")]
    return max(groups.count(one) for one in groups)
