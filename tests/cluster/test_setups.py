"""Wrong set-ups on the real control plane: each told once, with its remedy, and waited for while that helps."""

import threading
import time
import uuid
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from cluster import admission, kustomizing
from cluster.api import Api as Witness
from cluster.api import path
from cluster.bodies import job
from cluster.setups import SETUPS, SetUp
from kubernetes.client import Configuration
from kubernetes.config import load_kube_config
from servers.processes import free_ports

from job.errors import TunejobError
from job.launch.cluster import diagnosis, job_follower
from job.launch.cluster.api import Api
from job.launch.cluster.events import Telling
from job.launch.cluster.launcher import ClusterLauncher
from job.launch.cluster.names import Owner
from job.launch.cluster.pod_troubles import gist
from job.store import open_store
from job.study import reading
from job.study.study import Cluster

LONGEST = 200.0  # seconds until all waits must have ended, on a machine that is busy
STUDY = "name: tiny\nmodel: model:build\ndata: data:load\nsearch: grid\nspace: {units: [2]}\ncv: 2\n"


@dataclass
class Told:
    """What was told of a set-up, and whether and how the wait for it ended; ``seconds`` until then, for its reader."""

    sentences: list[str] = field(default_factory=list)
    ended: bool = False
    error: TunejobError | None = None
    seconds: float = 0.0


@pytest.fixture(scope="module")
def waits():
    """Shorter waits than in production, where these are a minute at most."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diagnosis, "BLOCKED", 25.0)
        patch.setattr(job_follower, "LINGER", 2.0)
        patch.setattr(job_follower, "QUIET", 5.0)
        patch.setattr(job_follower, "_ASK", 1.0)
        yield


@pytest.fixture(scope="module")
def others(plane, api):
    """The policies and webhooks of the cluster."""
    admission.policy(api, "pods")
    admission.policy(api, "jobs")
    (free,) = free_ports(1)
    with admission.denying(plane, "not on a Saturday") as port:
        admission.webhook(api, plane, "deny", port)
        admission.webhook(api, plane, "away", free)
        yield
        for kind in ("deny", "away"):
            api.delete("validatingwebhookconfigurations", None, kind)
        for kind in ("pods", "jobs"):
            for what in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
                api.delete(what, None, f"{kind}-have-a-team")


def _template(installed, setup: SetUp):
    """The workers' PodTemplate of a set-up."""
    found = deepcopy(
        next(one for one in installed if one["kind"] == "PodTemplate" and "worker" in one["metadata"]["name"])
    )
    found["metadata"].pop("namespace", None)
    found["metadata"]["labels"] = {**found["metadata"]["labels"], **setup.labels}
    pod = found["template"]["spec"]
    worker = pod["containers"][0]
    worker["resources"] = {"requests": {"cpu": "1", "memory": "64Mi"}, "limits": {"memory": "4Gi"}}
    worker["command"] = ["/bin/sh", "-c", setup.script]
    mounts = setup.worker.get("volumeMounts", [])
    worker |= {**setup.worker, "volumeMounts": [*worker["volumeMounts"], *mounts]}
    pod["terminationGracePeriodSeconds"] = 1
    for name, value in setup.spec.items():
        pod[name] = [*pod.get(name, []), *value] if name in ("containers", "volumes") else value
    return found


def _install(api: Witness, namespace: str, installed, setup: SetUp):
    account = {"metadata": {"name": "tunejob-worker"}}
    api.create("namespaces", None, {"metadata": {"name": namespace}})
    api.until("serviceaccounts", namespace, "default", bool)
    api.create("serviceaccounts", namespace, account)
    api.create("configmaps", namespace, {"metadata": {"name": "code"}, "data": {"study.yaml": ""}})
    api.create("podtemplates", namespace, _template(installed, setup))
    owner = job("test.invalid/none:1", "true", suspend=True)
    made = api.create("jobs", namespace, {**owner, "metadata": {"name": "controller"}})
    setup.before(api, namespace)
    return Owner("controller", made["metadata"]["uid"])


def _shown(api: Witness, configuration: Configuration, namespace: str, account: str) -> Configuration:
    """How the cluster is called: as a ServiceAccount, where one is named."""
    if not account:
        return configuration
    asked = api.request("POST", path("serviceaccounts", namespace, account, "token"), {"spec": {}})
    bearer = {"authorization": f"Bearer {asked['status']['token']}"}
    return Configuration(host=configuration.host, ssl_ca_cert=configuration.ssl_ca_cert, api_key=bearer)


OWN = {"FailedMount", "FailedScheduling"}
"""What the tests' node and scheduler say of the pods that a set-up's events are about."""


def _happen(api: Witness, namespace: str, setup: SetUp):
    """Creates the events of a set-up, after what the cluster itself said of the pod that they are about."""
    end = time.monotonic() + 60
    while not (own := [one for one in api.items("events", namespace) if one.get("reason") in OWN]):
        assert time.monotonic() < end, f"{setup.name}: nothing was said of any pod"
        time.sleep(0.2)
    for later, (reason, message) in enumerate(setup.events, 2):  # events are told in whole seconds
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + later))
        about = {"kind": "Pod", "namespace": namespace, "name": own[0]["involvedObject"]["name"]}
        meta = {"generateName": "e-", "namespace": namespace}
        body = {"metadata": meta, "involvedObject": about, "reason": reason, "message": message, "type": "Normal"}
        api.create("events", namespace, {**body, "firstTimestamp": now, "lastTimestamp": now, "source": {}})


@pytest.fixture(scope="module")
def told(plane, api, installed, others, waits, module_nodes):
    """All set-ups at once, each in a namespace of its own: most of them wait most of the time."""
    module_nodes("node", capacity={"cpu": "1000", "pods": "1000", "memory": "4Ti"})
    module_nodes("tainted", taints=[{"key": "kept", "value": "for-others", "effect": "NoSchedule"}])
    configuration = Configuration()
    load_kube_config(str(plane.user("admin").kubeconfig), client_configuration=configuration)
    study = reading.parse(STUDY, "study.yaml")

    found = {one.name: Told() for one in SETUPS}

    def wait(setup: SetUp) -> None:
        told, namespace = found[setup.name], f"s-{uuid.uuid4().hex[:8]}"
        owner = _install(plane.api(), namespace, installed, setup)
        mine = Api(_shown(plane.api(), configuration, namespace, setup.account), namespace)
        settings = Cluster.model_validate({"startDeadline": "40s", **setup.settings})
        store = open_store(f"memory://{namespace}")
        launcher = ClusterLauncher(mine, store, owner, "code", settings, Telling(mine, owner), told.sentences.append)
        if setup.events:
            threading.Thread(target=_happen, args=(plane.api(), namespace, setup), daemon=True).start()
        began = time.monotonic()
        try:
            launcher.prepare(study, "0123456789abcdef", measure=False)
        except TunejobError as error:
            told.error = error
        told.ended, told.seconds = True, time.monotonic() - began
        api.delete("namespaces", None, namespace)

    # Threads that nobody waits for at the end: a wait that never ends fails its own test, and not the whole module.
    waits = [threading.Thread(target=wait, args=(one,), daemon=True) for one in SETUPS]
    for one in waits:
        one.start()
    end = time.monotonic() + LONGEST
    for one in waits:
        one.join(max(end - time.monotonic(), 0.0))
    return found


@pytest.fixture(scope="module")
def installed(cluster):
    """What an administrator installs for workers on CPUs."""
    return kustomizing.rendered(cluster.kubectl, kustomizing.K8S / "overlays" / "cpu" / "install")


@pytest.mark.parametrize("setup", SETUPS, ids=lambda one: one.name.replace(" ", "-"))
def test_a_wrong_set_up_is_told_once_with_its_remedy_and_ended(told, setup):
    """What is told has the cause and the remedy, nothing is told twice, and the wait ends as it should."""
    found = told[setup.name]
    whole = "\n".join([*found.sentences, str(found.error or "")])
    assert found.ended, f"it waits still: {whole}"
    if setup.end is None:
        assert found.error is None, whole
    else:
        assert isinstance(found.error, setup.end), whole
    for said in setup.says:
        assert said in whole
    assert max(Counter(map(gist, found.sentences)).values(), default=1) == 1
    assert "Traceback" not in whole


def test_there_are_sixty_set_ups_and_more():
    """Each has a name of its own."""
    assert len({one.name for one in SETUPS}) == len(SETUPS) >= 60
