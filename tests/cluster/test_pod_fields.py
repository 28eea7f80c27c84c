"""Each field of the pods does its work: the real scheduler, admission and the tests' nodes act on it."""

import pytest
from cluster import kustomizing
from cluster.bodies import condition, finished, pod
from cluster.launching import waiting
from cluster.node.image import Image

HELD = "trap 'exit 143' TERM; while [ ! -e /gate/go ]; do sleep 0.05; done"
GPU = "nvidia.com/gpu"


@pytest.fixture
def overlaid(plane, launching, tmp_path):
    """Launches from the PodTemplate of an overlay with components, in place of the installed one."""

    def make(*components, name="gpu"):
        folder = kustomizing.overlay(
            tmp_path / "overlay", launching.site.namespace, [f"overlays/{name}/install"], components
        )
        template = kustomizing.only(kustomizing.rendered(plane.kubectl, folder), "PodTemplate", "tunejob-worker")
        spec = template["template"]["spec"]
        spec["containers"][0]["volumeMounts"].append({"name": "gate", "mountPath": "/gate"})
        spec["volumes"].append({"name": "gate", "hostPath": {"path": str(launching.site.gate)}})
        launching.template = template
        return launching

    return make


def _places(launching):
    return {one["metadata"]["name"].split("-")[-2]: one["spec"].get("nodeName") for one in launching.pods()}


@pytest.mark.parametrize("amount", [1, "1"])
def test_a_gpu_goes_to_one_worker_at_a_time(launching, nodes, amount):
    """GPU limits, written as a number or as a string: the second worker waits for the node's only GPU."""
    launching.node.end()
    nodes("small", gpus=1)
    launching.template["template"]["spec"]["containers"][0]["resources"]["limits"][GPU] = amount
    launching.go(HELD, completions=2)
    launching.running(1)
    launching.site.until(lambda: any(waiting(one) for one in launching.pods()), "one waits")
    (reason,) = [waiting(one) for one in launching.pods() if waiting(one)]
    assert f"Insufficient {GPU}" in reason
    (launching.site.gate / "go").touch()
    assert condition(launching.until(finished), "Complete")


def test_a_slice_of_a_gpu_is_asked_for_by_its_name(overlaid, nodes):
    """The mig component: the worker takes a slice, and no whole GPU."""
    launching = overlaid("components/mig")
    launching.node.end()
    nodes("whole", gpus=4)
    nodes("sliced", capacity={"nvidia.com/mig-1g.10gb": 1})
    launching.go("true")
    assert condition(launching.until(finished), "Complete")
    assert _places(launching) == {"0": "sliced"}


def test_a_worker_for_cpus_asks_for_no_gpu(overlaid, nodes):
    """The cpu overlay runs where there is none."""
    launching = overlaid(name="cpu")
    launching.node.end()
    nodes("plain")
    launching.go("true")
    assert condition(launching.until(finished), "Complete")


def test_workers_go_to_tainted_nodes_and_controllers_do_not(launching, nodes, plane):
    """Tolerations: the taint of GPU nodes keeps the controller away, and lets workers in."""
    launching.node.end()
    nodes("gpu", gpus=2, taints=[{"key": GPU, "value": "present", "effect": "NoSchedule"}])
    controller = _controller(launching)
    launching.go("true")
    assert condition(launching.until(finished), "Complete")
    api, namespace = launching.site.api, launching.site.namespace
    assert "untolerated taint" in waiting(api.until("pods", namespace, controller, waiting))


@pytest.mark.parametrize(
    ("label", "taints"),
    [
        ({"cloud.google.com/gke-spot": "true"}, [("cloud.google.com/gke-spot", "true")]),
        ({"kubernetes.azure.com/scalesetpriority": "spot"}, [("kubernetes.azure.com/scalesetpriority", "spot")]),
        ({"eks.amazonaws.com/capacityType": "SPOT"}, []),
    ],
    ids=["gke", "aks", "eks"],
)
def test_workers_go_to_spot_nodes_and_controllers_do_not(overlaid, nodes, label, taints):
    """The spot component's tolerations; and the controller's affinity, tainted or not."""
    launching = overlaid("components/spot")
    launching.node.end()
    nodes("spot", gpus=1, labels=label, taints=[{"key": k, "value": v, "effect": "NoSchedule"} for k, v in taints])
    controller = _controller(launching)
    launching.go("true")
    assert condition(launching.until(finished), "Complete")
    api, namespace = launching.site.api, launching.site.namespace
    assert "node(s)" in waiting(api.until("pods", namespace, controller, waiting))


def test_workers_are_spread_over_nodes(launching, nodes):
    """topologySpreadConstraints: evenly, though one node is so large that the scheduler would prefer it."""
    launching.node.end()
    for name, cpus in (("large", 640), ("small", 16)):
        nodes(name, capacity={GPU: 8, "cpu": cpus})
    launching.go(HELD, completions=4, parallelism=4)
    launching.running(4)
    assert sorted(_places(launching).values()) == ["large", "large", "small", "small"]


def test_a_node_selector_chooses_the_kind_of_gpu(overlaid, nodes):
    """The example gpu-nodes: the worker goes to the node of that label, and to no other."""
    launching = overlaid("examples/gpu-nodes")
    nodes("l4", gpus=1, labels={"nvidia.com/gpu.product": "NVIDIA-L4"})
    launching.go("true")
    assert condition(launching.until(finished), "Complete")
    assert _places(launching) == {"0": "l4"}


def test_a_worker_of_low_priority_is_preempted_and_comes_back(overlaid, nodes, plane):
    """The example priority-class: the scheduler takes its GPU for another, and nothing is counted against it."""
    api = plane.api()
    classes = "/apis/scheduling.k8s.io/v1/priorityclasses"
    api.request("POST", classes, {"metadata": {"name": "tunejob"}, "value": -10, "preemptionPolicy": "Never"})
    try:
        launching = overlaid("examples/priority-class")
        namespace = launching.site.namespace
        launching.node.end()
        nodes("small", gpus=1)
        launching.go(f"echo set; {HELD}")
        (name,) = launching.running()
        api.until_said(namespace, name, "set")
        wants = {"resources": {"limits": {GPU: 1}}}
        api.create("pods", namespace, pod(plane.image, "echo mine now", container=wants))
        api.gone("pods", namespace, name)
        (launching.site.gate / "go").touch()
        done = launching.until(finished)
        assert condition(done, "Complete")
        assert not done["status"].get("failedIndexes")
    finally:
        api.request("DELETE", f"{classes}/tunejob")


def test_a_runtime_class_decides_how_and_where_pods_run(overlaid, nodes, plane):
    """The example runtime-class: admission adds what the class says of nodes, and the scheduler follows it."""
    api = plane.api()
    classes = "/apis/node.k8s.io/v1/runtimeclasses"
    body = {"metadata": {"name": "nvidia"}, "handler": "nvidia", "scheduling": {"nodeSelector": {"runtime": "nvidia"}}}
    api.request("POST", classes, body)
    try:
        launching = overlaid("examples/runtime-class")
        nodes("nvidia", gpus=1, labels={"runtime": "nvidia"})
        launching.go("true")
        assert condition(launching.until(finished), "Complete")
        assert _places(launching) == {"0": "nvidia"}
    finally:
        api.request("DELETE", f"{classes}/nvidia")


def test_data_on_a_volume_is_read_by_workers(overlaid, tmp_path):
    """The example data-volume: a claim, bound by the real binder, whose files lie at /data and can't be changed."""
    launching = overlaid("examples/data-volume")
    api, namespace = launching.site.api, launching.site.namespace
    (launching.site.gate / "train.csv").write_text("a,b\n")
    size = {"storage": "1Gi"}
    volume = {"capacity": size, "accessModes": ["ReadOnlyMany"], "hostPath": {"path": str(launching.site.gate)}}
    claim = {"accessModes": ["ReadOnlyMany"], "resources": {"requests": size}, "volumeName": namespace}
    unnamed = {"storageClassName": ""}
    api.create("persistentvolumes", None, {"metadata": {"name": namespace}, "spec": {**volume, **unnamed}})
    try:
        body = {"metadata": {"name": "training-data"}, "spec": {**claim, **unnamed}}
        api.create("persistentvolumeclaims", namespace, body)
        launching.go("cat /data/train.csv; touch /data/x || echo read-only")
        assert condition(launching.until(finished), "Complete")
        assert launching.said()[0].splitlines()[0] == "a,b"
        assert launching.said()[0].endswith("read-only")
    finally:
        api.delete("persistentvolumes", None, namespace)


def test_an_image_is_taken_by_its_digest(launching, nodes):
    """``cluster: {image: …@sha256:…}``: the worker runs from that image and not from the PodTemplate's."""
    name = "registry.example.com/trainer@sha256:" + "5" * 64
    there = launching.node.images
    there[name] = Image.of_machine(launching.python, {"FROM": "the digest"})
    launching.go("echo $FROM", settings={"image": name})
    assert condition(launching.until(finished), "Complete")
    assert launching.said() == ["the digest"]


def test_a_worker_has_no_token_and_writes_only_where_it_may(launching):
    """Security: no API token, another user than root, a read-only root; /tmp and a memory-backed /dev/shm to write."""
    script = """
        id -u; ls /var/run/secrets/kubernetes.io 2>/dev/null; touch /x 2>/dev/null || echo read-only
        touch /tmp/x && stat -f -c %T /dev/shm; df -m --output=size /dev/shm | tail -1
    """
    launching.go(script)
    assert condition(launching.until(finished), "Complete")
    assert launching.said()[0].split() == ["65532", "read-only", "tmpfs", "256"]


def _controller(launching):
    """A controller's pod as k8s/run has it, by itself; its name."""
    (body,) = kustomizing.bare_pods([kustomizing.read(kustomizing.K8S / "run" / "controller.yaml")])
    body["spec"]["containers"][0]["args"] = ["--version"]
    launching.site.api.create("pods", launching.site.namespace, body)
    return body["metadata"]["name"]
