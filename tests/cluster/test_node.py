"""The test node runs what a pod's spec says, as a kubelet would: words, volumes, users, limits, ends, reports."""

import base64
from pathlib import Path

import pytest
from cluster.bodies import ended, pod, running, state

_FOREVER = "echo set; while :; do sleep 0.1; done"


def _run(api, namespace, body):
    """The pod at its end, and what it said."""
    api.create("pods", namespace, body)
    found = api.until("pods", namespace, "main", ended)
    return found, api.logs(namespace, "main")


def test_variables_come_from_everywhere(api, cluster, namespace, nodes):
    """Plain values, references, the downward API, whole ConfigMaps and Secrets, and names within values."""
    nodes()
    api.create("configmaps", namespace, {"metadata": {"name": "map"}, "data": {"A": "from map", "B": "over"}})
    api.create("secrets", namespace, {"metadata": {"name": "key"}, "stringData": {"token": "s3cret"}})
    env = [
        {"name": "B", "value": "$(A), $$(A) and $(UNKNOWN)"},
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "key", "key": "token"}}},
        {"name": "NONE", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "x", "optional": True}}},
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": "NOTE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['note']"}}},
        {"name": "LABEL", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['label']"}}},
        {"name": "MEMORY", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
        {"name": "CPUS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
    ]
    sources = [{"configMapRef": {"name": "map"}}, {"prefix": "K_", "secretRef": {"name": "key"}}]
    limits = {"limits": {"memory": "256Mi", "cpu": "1500m"}}
    body = pod(cluster.image, "env", container={"env": env, "envFrom": sources, "resources": limits})
    body["metadata"] |= {"annotations": {"note": "a note"}, "labels": {"label": "b"}}
    found, said = _run(api, namespace, body)
    seen = dict(line.split("=", 1) for line in said.splitlines())
    expected = {
        "A": "from map", "B": "from map, $(A) and $(UNKNOWN)", "KEY": "s3cret", "K_token": "s3cret",
        "NODE": found["spec"]["nodeName"], "NOTE": "a note", "LABEL": "b",
        "MEMORY": "256", "CPUS": "2", "HOSTNAME": "main",
    }  # fmt: skip
    assert {name: seen.get(name) for name in expected} == expected
    assert "NONE" not in seen


def test_volumes_lie_where_they_are_mounted(api, cluster, namespace, nodes):
    """ConfigMap, Secret, projected and downward volumes, with their paths and modes; disk and memory emptyDirs."""
    nodes()
    binary = base64.b64encode(b"\x01\x02").decode()
    api.create(
        "configmaps", namespace, {"metadata": {"name": "map"}, "data": {"a.txt": "A"}, "binaryData": {"b": binary}}
    )
    api.create("secrets", namespace, {"metadata": {"name": "key"}, "stringData": {"token": "s3cret"}})
    items = [{"key": "a.txt", "path": "deep/er/a.txt"}]
    field = {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}
    sources = [{"configMap": {"name": "map", "items": items}}, {"downwardAPI": {"items": [field]}}]
    volumes = [
        {"name": "map", "configMap": {"name": "map"}},
        {"name": "key", "secret": {"secretName": "key", "defaultMode": 0o400}},
        {"name": "all", "projected": {"sources": sources}},
        {"name": "disk", "emptyDir": {}},
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "4Mi"}},
    ]
    places = {"map": "/etc/map", "key": "/etc/key", "all": "/all", "disk": "/tmp", "shm": "/dev/shm"}  # noqa: S108
    mounts = [{"name": name, "mountPath": place} for name, place in places.items()]
    mounts.append({"name": "map", "mountPath": "/etc/one.txt", "subPath": "a.txt"})
    script = """
        cat /etc/map/a.txt /etc/key/token /all/deep/er/a.txt /all/labels /etc/one.txt; echo
        stat -L -c %a /etc/map/a.txt /etc/key/token
        touch /etc/map/x 2>/dev/null || echo read-only
        touch /tmp/x && stat -f -c %T /dev/shm
        head -c 5M /dev/zero 2>/dev/null > /dev/shm/x || echo full
    """
    body = pod(cluster.image, script, container={"volumeMounts": mounts}, volumes=volumes)
    body["metadata"]["labels"] = {"l": "v"}
    _, said = _run(api, namespace, body)
    assert said.split() == ['As3cretAl="v"A', "644", "400", "read-only", "tmpfs", "full"]


def test_a_container_runs_as_its_user_within_walls(api, cluster, namespace, nodes, tmp_path):
    """Another user, a read-only root, no other processes in sight, an empty /tmp, and a service account's token."""
    nodes()
    context = {"runAsUser": 65532, "runAsGroup": 65532, "readOnlyRootFilesystem": True, "runAsNonRoot": True}
    script = """
        id -u; id -g; id -G; touch /x || echo read-only
        ls /tmp | wc -l; ls -d /proc/[0-9]* | head -1; cat $T/namespace
    """
    env = [{"name": "T", "value": "/var/run/secrets/kubernetes.io/serviceaccount"}]
    container = {"securityContext": context, "env": env}
    body = pod(cluster.image, script, container=container, securityContext={"fsGroup": 7})
    _, said = _run(api, namespace, body)
    lines = said.splitlines()
    assert [line for line in lines if "touch" not in line] == [
        *("65532", "65532", "65532 7", "read-only", "0", "/proc/1", namespace)
    ]


def test_what_a_container_writes_to_its_root_is_its_own(api, plane, namespace, nodes, tmp_path):
    """Without a read-only root it writes to a layer that goes with it, never to the image."""
    nodes()
    _, said = _run(api, namespace, pod(plane.image, "echo mine > /etc/of-a-container && cat /etc/of-a-container"))
    assert said == "mine\n"
    assert not Path("/etc/of-a-container").exists()


def test_the_service_account_is_known_to_the_api(api, cluster, namespace, nodes):
    """The projected token authenticates the pod at the address in its environment; the CA file verifies the server."""
    nodes()
    script = """
import os, ssl, urllib.request, urllib.error
folder = "/var/run/secrets/kubernetes.io/serviceaccount/"
server = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
bearer = "Bearer " + open(folder + "token").read()
request = urllib.request.Request(server + "/api/v1/nodes", headers={"Authorization": bearer})
try:
    urllib.request.urlopen(request, context=ssl.create_default_context(cafile=folder + "ca.crt"))
except urllib.error.HTTPError as error:
    print(error.read().decode())
"""
    _, said = _run(api, namespace, pod(cluster.image, "", container={"command": ["python", "-c", script]}))
    assert f'User \\"system:serviceaccount:{namespace}:default\\" cannot list resource' in said


@pytest.mark.parametrize(
    ("container", "reasons"),
    [
        ({"image": "test.invalid/none:1"}, ["ErrImagePull", "ImagePullBackOff"]),
        ({"image": "Not A Name"}, ["InvalidImageName"]),
        (
            {"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "no", "key": "x"}}}]},
            ["CreateContainerConfigError"],
        ),
        ({"securityContext": {"runAsNonRoot": True}}, ["CreateContainerConfigError"]),
        ({"volumeMounts": [{"name": "no", "mountPath": "/no"}]}, ["ContainerCreating"]),
    ],
    ids=["image", "image-name", "secret", "root", "volume"],
)
def test_a_pod_that_cannot_start_says_why(api, plane, namespace, nodes, container, reasons):
    """The waiting reasons are the kubelet's own; the pod stays Pending and can be deleted."""
    nodes()
    volumes = [{"name": "no", "secret": {"secretName": "no"}}] if "volumeMounts" in container else []
    api.create("pods", namespace, pod(plane.image, "true", container=container, volumes=volumes))
    for reason in reasons:
        found = api.until("pods", namespace, "main", lambda found, r=reason: state(found, "waiting").get("reason") == r)
        assert found["status"]["phase"] == "Pending"
    api.delete("pods", namespace, "main")
    api.gone("pods", namespace, "main", seconds=10)


def test_a_pod_starts_once_its_secret_is_there(api, cluster, namespace, nodes):
    """A missing Secret is waited for, in a variable as in a volume."""
    nodes()
    env = [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "late", "key": "x"}}}]
    api.create("pods", namespace, pod(cluster.image, "echo $X", container={"env": env}))
    api.until("pods", namespace, "main", lambda found: state(found, "waiting"))
    api.create("secrets", namespace, {"metadata": {"name": "late"}, "stringData": {"x": "here"}})
    api.until("pods", namespace, "main", ended)
    assert api.logs(namespace, "main") == "here\n"


def test_a_container_over_its_memory_limit_is_oom_killed(api, cluster, namespace, nodes):
    """The kernel ends it, and the status says so; within, the limits can be read where programs look for them."""
    nodes()
    look = "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null"
    script = f'{look}; exec python -c "bytearray(10**9)"'
    found, said = _run(
        api, namespace, pod(cluster.image, script, container={"resources": {"limits": {"memory": "64Mi"}}})
    )
    last = state(found, "terminated")
    assert (last["exitCode"], last["reason"], found["status"]["phase"]) == (137, "OOMKilled", "Failed")
    assert said.split() == [str(64 * 2**20)]


@pytest.mark.parametrize(
    ("script", "code"), [(f'trap "exit 143" TERM; {_FOREVER}', 143), (f'trap "" TERM; {_FOREVER}', 137)]
)
def test_a_deleted_pod_gets_sigterm_and_then_sigkill(api, plane, namespace, nodes, script, code):
    """Its own exit code counts if it ends within the grace period."""
    nodes()
    body = pod(plane.image, script, terminationGracePeriodSeconds=2)
    body["metadata"]["finalizers"] = ["test.invalid/look"]  # keeps the object to be looked at
    api.create("pods", namespace, body)
    api.until_said(namespace, "main", "set")
    api.delete("pods", namespace, "main")
    found = api.until("pods", namespace, "main", ended)
    assert state(found, "terminated")["exitCode"] == code
    api.patch("pods", namespace, "main", {"metadata": {"finalizers": None}})
    api.gone("pods", namespace, "main", seconds=10)


def test_a_program_that_is_killed_from_outside_exits_137(api, plane, namespace, nodes):
    """As on a machine whose administrator kills it."""
    node = nodes()
    api.create("pods", namespace, pod(plane.image, _FOREVER))
    api.until("pods", namespace, "main", running)
    assert node.pods() == ["main"]
    node.kill(namespace, "main")
    last = state(api.until("pods", namespace, "main", ended), "terminated")
    assert (last["exitCode"], last["reason"]) == (137, "Error")


@pytest.mark.parametrize(
    ("script", "policy", "message"),
    [
        ("echo said; echo cause > /dev/termination-log; exit 3", "File", "cause\n"),
        ("echo said; exit 3", "FallbackToLogsOnError", "said\n"),
        ("echo said; exit 3", "File", None),
        ("echo said", "FallbackToLogsOnError", None),
    ],
)
def test_the_termination_message_is_reported(api, cluster, namespace, nodes, script, policy, message):
    """From its file, or from the log where the policy says so and the program failed."""
    nodes()
    found, _ = _run(api, namespace, pod(cluster.image, script, container={"terminationMessagePolicy": policy}))
    assert state(found, "terminated").get("message") == message


def test_a_program_that_is_not_there_is_a_start_error(api, cluster, namespace, nodes):
    """Exit code 128, and the name that was not found."""
    nodes()
    found, _ = _run(api, namespace, pod(cluster.image, "", container={"command": ["no-such-program"]}))
    last = state(found, "terminated")
    assert (last["exitCode"], last["reason"]) == (128, "StartError")
    assert "no-such-program" in last["message"]


def test_logs_are_followed_through_the_api(cluster, api, namespace, nodes):
    """``kubectl logs -f`` shows what is written, until the program ends; ``--tail`` its last lines."""
    nodes()
    api.create("pods", namespace, pod(cluster.image, "echo one; sleep 1; echo two; echo three"))
    api.until("pods", namespace, "main", running)
    assert cluster.kubectl("logs", "-f", "main", "-n", namespace).stdout == "one\ntwo\nthree\n"
    assert cluster.kubectl("logs", "--tail=1", "main", "-n", namespace).stdout == "three\n"


def test_init_containers_run_first_and_share_volumes(api, cluster, namespace, nodes):
    """In their order, each to its end, before the pod's containers."""
    nodes()
    mounts = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    first = {"name": "first", "image": cluster.image, "command": ["/bin/sh", "-c", "echo made > /data/file"], **mounts}
    body = pod(cluster.image, "cat /data/file", container=mounts)
    body["spec"] |= {"initContainers": [first], "volumes": [{"name": "data", "emptyDir": {}}]}
    _, said = _run(api, namespace, body)
    assert said == "made\n"
