"""Wrong set-ups of a namespace, its PodTemplate or its pods: what is told of each, and how the wait for it ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cluster.api import Api

from job.errors import DataError, Incomplete, NoGpuError, NotPermittedError, TunejobError, UsageError

Object = dict[str, Any]
Before = Callable[[Api, str], object]
FOREVER = "sleep 600"


@dataclass(frozen=True)
class SetUp:
    """One set-up.

    Attributes:
        name: of it.
        end: the error that the wait ends with; None where all is well in the end.
        says: what is told, the remedy among it.
        worker: fields of the worker's container.
        spec: other fields of the pod.
        script: what the worker runs.
        labels: of the PodTemplate itself, and so of the Job.
        before: what an administrator does to the namespace.
        events: reasons and messages of events about the pod, from parts of a cluster that the tests' has not.
        settings: the study's ``cluster``.
        account: whose token the controller shows; an administrator's, if none is named.
    """

    name: str
    end: type[TunejobError] | None
    says: tuple[str, ...]
    worker: Object = field(default_factory=dict)
    spec: Object = field(default_factory=dict)
    script: str = FOREVER
    labels: Object = field(default_factory=dict)
    before: Before = lambda _api, _namespace: None
    events: tuple[tuple[str, str], ...] = ()
    settings: Object = field(default_factory=dict)
    account: str = ""


def _make(kind: str, body: Object) -> Before:
    return lambda api, namespace: api.create(kind, namespace, body)


def _gone(kind: str, name: str) -> Before:
    return lambda api, namespace: api.delete(kind, namespace, name)


def _level(level: str) -> Before:
    labels = {"pod-security.kubernetes.io/enforce": level}
    return lambda api, namespace: api.patch("namespaces", None, namespace, {"metadata": {"labels": labels}})


def _labelled(**labels: str) -> Before:
    return lambda api, namespace: api.patch("namespaces", None, namespace, {"metadata": {"labels": labels}})


def _range(**limits: Object) -> Before:
    item = {"type": "Container", **limits}
    return _make("limitranges", {"metadata": {"name": "range"}, "spec": {"limits": [item]}})


def _quota(**hard: str) -> Before:
    named = {name.replace("_", ".").replace("DASH", "/"): value for name, value in hard.items()}
    return lambda api, namespace: _until_counted(api, namespace, {"metadata": {"name": "q"}, "spec": {"hard": named}})


def _until_counted(api: Api, namespace: str, body: Object) -> None:
    api.create("resourcequotas", namespace, body)
    api.until("resourcequotas", namespace, "q", lambda found: found["status"].get("hard"))


def _env(kind: str, name: str, key: str = "k") -> Object:
    return {"env": [{"name": "X", "valueFrom": {f"{kind}KeyRef": {"name": name, "key": key}}}]}


def _volume(**source: Object) -> Object:
    return {"volumes": [{"name": "more", **source}]}


def _resources(**amounts: str) -> Object:
    named = {name.replace("_", "/").replace("GPU", "nvidia.com/gpu"): value for name, value in amounts.items()}
    return {"resources": {"requests": named, "limits": named}}


def _beside(script: str, name: str = "proxy", **more: Object) -> Object:
    return {"name": name, "image": "tunejob-trainer-cpu:0.1.0", "command": ["/bin/sh", "-c", script], **more}


MOUNTED = {"volumeMounts": [{"name": "more", "mountPath": "/more"}]}
GPU = {"resources": {"limits": {"nvidia.com/gpu": 64}}}
PVC = {"metadata": {"name": "slow"}, "spec": {
    "accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": "1Gi"}},
}}  # fmt: skip
_GATED = {"schedulingGates": [{"name": "test.invalid/held"}]}

REFUSED = [
    SetUp("memory above the limit range", Incomplete, ("LimitRange", "maximum memory", "kubectl patch podtemplate"),
          before=_range(max={"memory": "1Gi"})),
    SetUp("cpu below the limit range", Incomplete, ("LimitRange", "minimum cpu", "describe limitrange"),
          before=_range(min={"cpu": "8"})),
    SetUp("a ratio of the limit range", Incomplete, ("LimitRange", "ratio", "describe limitrange"),
          _resources(cpu="1") | {"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "4Gi"}}},
          before=_range(maxLimitRequestRatio={"memory": "2"})),
    SetUp("no quota for pods", Incomplete, ("quota allows no more pods", "describe quota"), before=_quota(pods="0")),
    SetUp("no quota for cpu", Incomplete, ("quota allows no more pods", "requests.cpu"),
          before=_quota(requests_cpu="500m")),
    SetUp("no quota for memory", Incomplete, ("quota allows no more pods", "limits.memory"),
          before=_quota(limits_memory="1Gi")),
    SetUp("a quota that wants limits", Incomplete, ("must specify limits.cpu", "kubectl patch podtemplate"),
          before=_quota(limits_cpu="100")),
    SetUp("a host path where it is restricted", Incomplete, ("Pod Security refuses", "Fix the PodTemplate"),
          spec=_volume(hostPath={"path": "/usr"}), before=_level("restricted")),
    SetUp("root where it is restricted", Incomplete, ("Pod Security refuses", "runAsNonRoot"),
          spec={"securityContext": {"runAsNonRoot": False}}, before=_level("restricted")),
    SetUp("the host's network where it is baseline", Incomplete, ("Pod Security refuses", "host namespaces"),
          spec={"hostNetwork": True}, before=_level("baseline")),
    SetUp("privileged where it is baseline", Incomplete, ("Pod Security refuses", "privileged"),
          {"securityContext": {"privileged": True, "allowPrivilegeEscalation": True}}, before=_level("baseline")),
    SetUp("a policy for pods", Incomplete,
          ("the admission policy pods-have-a-team refuses", "needs a label team", "kubectl patch podtemplate"),
          before=_labelled(policy="pods")),
    SetUp("a policy for Jobs", UsageError,
          ("the admission policy jobs-have-a-team refuses", "needs a label team", "validatingadmissionpolicy"),
          before=_labelled(policy="jobs")),
    SetUp("a webhook that denies", Incomplete,
          ("webhook deny.test.invalid refuses the pods", "not on a Saturday", "kubectl patch podtemplate"),
          before=_labelled(webhook="deny")),
    SetUp("a webhook that is away", Incomplete,
          ("webhook away.test.invalid does not answer", "kubectl get validatingwebhookconfigurations"),
          before=_labelled(webhook="away")),
    SetUp("no such priority class", Incomplete, ('no PriorityClass "none"', "kubectl get priorityclass"),
          spec={"priorityClassName": "none"}),
    SetUp("no such runtime class", Incomplete, ('no RuntimeClass "none"', "kubectl get runtimeclass"),
          spec={"runtimeClassName": "none"}),
    SetUp("no account of workers", NotPermittedError, ('no ServiceAccount "tunejob-worker"', "kubectl apply -k"),
          before=_gone("serviceaccounts", "tunejob-worker")),
    SetUp("no PodTemplate", NotPermittedError, ("no PodTemplate tunejob-worker", "kubectl apply -k"),
          before=_gone("podtemplates", "tunejob-worker")),
    SetUp("no rights of the controller", NotPermittedError, ("The installation in the namespace", "kubectl apply -k"),
          before=_make("serviceaccounts", {"metadata": {"name": "tunejob-controller"}}), account="tunejob-controller"),
    SetUp("no quota for Jobs", NotPermittedError, ("exceeded quota", "describe quota"),
          before=lambda api, ns: _until_counted(
              api, ns, {"metadata": {"name": "q"}, "spec": {"hard": {"count/jobs.batch": "0"}}})),
]  # fmt: skip

UNMADE = [
    SetUp("an image that is not there", Incomplete, ("image test.invalid/none:1", "imagePullSecrets"),
          {"image": "test.invalid/none:1"}),
    SetUp("an image that is no name", Incomplete, ("InvalidImageName", "Check its name"), {"image": "Not A Name"}),
    SetUp("an image of the study's", Incomplete, ("image test.invalid/mine:1", "cluster: {image: …}"),
          settings={"image": "test.invalid/mine:1"}),
    SetUp("an init container's image", Incomplete, ("image test.invalid/none:2", "imagePullSecrets"),
          spec={"initContainers": [{"name": "first", "image": "test.invalid/none:2"}]}),
    SetUp("a variable from no Secret", Incomplete, ('Secret "none" is missing', "kubectl create secret"),
          _env("secret", "none")),
    SetUp("a variable from no ConfigMap", Incomplete, ('ConfigMap "none" is missing', "kubectl create configmap"),
          _env("configMap", "none")),
    SetUp("a key that a Secret lacks", Incomplete, ("k", "has no key", "kubectl edit secret"),
          _env("secret", "there"), before=_make("secrets", {"metadata": {"name": "there"}})),
    SetUp("a key that a ConfigMap lacks", Incomplete, ("has no key", "kubectl edit configmap"),
          _env("configMap", "there"), before=_make("configmaps", {"metadata": {"name": "there"}})),
    SetUp("all variables from no Secret", Incomplete, ('Secret "none" is missing', "kubectl create secret"),
          {"envFrom": [{"secretRef": {"name": "none"}}]}),
    SetUp("all variables from no ConfigMap", Incomplete, ('ConfigMap "none" is missing', "kubectl create configmap"),
          {"envFrom": [{"configMapRef": {"name": "none"}}]}),
    SetUp("a volume of no Secret", Incomplete, ("can't be mounted", '"none" not found', "kubectl create secret"),
          MOUNTED, _volume(secret={"secretName": "none"})),
    SetUp("a volume of no ConfigMap", Incomplete, ("can't be mounted", '"none" not found', "kubectl create configmap"),
          MOUNTED, _volume(configMap={"name": "none"})),
    SetUp("a volume of no claim", Incomplete, ('PersistentVolumeClaim "none" is not found', "Create it"),
          MOUNTED, _volume(persistentVolumeClaim={"claimName": "none"})),
    SetUp("a claim that is not bound", Incomplete, ("no node takes a pod", "PersistentVolumeClaims"),
          MOUNTED, _volume(persistentVolumeClaim={"claimName": "slow"}), before=_make("persistentvolumeclaims", PVC)),
    SetUp("root where the pod says never", Incomplete, ("breaks non-root policy", "kubectl patch podtemplate"),
          spec={"securityContext": {"runAsNonRoot": True, "runAsUser": 0}}),
    SetUp("an image that runs as root", Incomplete, ("image will run as root", "kubectl patch podtemplate"),
          spec={"securityContext": {"runAsNonRoot": True}}),
]  # fmt: skip

UNSCHEDULED = [
    SetUp("more GPUs than there are", Incomplete, ("no node takes a pod", "Insufficient nvidia.com/gpu"), GPU),
    SetUp("more memory than there is", Incomplete, ("no node takes a pod", "Insufficient memory", "ask for less"),
          _resources(memory="900Ti")),
    SetUp("more cores than there are", Incomplete, ("no node takes a pod", "Insufficient cpu", "ask for less"),
          {"resources": {"requests": {"cpu": "9000", "memory": "1Gi"}}}),
    SetUp("a node with a label that none has", Incomplete, ("no node takes a pod", "node affinity/selector"),
          spec={"nodeSelector": {"disk": "fast"}}),
    SetUp("a taint that is not tolerated", Incomplete, ("no node takes a pod", "untolerated taint"),
          spec={"nodeSelector": {"kubernetes.io/hostname": "tainted"}}),
    SetUp("a scheduler that is not there", Incomplete, ("waits for the cluster's scheduler", "startDeadline"),
          spec={"schedulerName": "none"}),
    SetUp("a gate", Incomplete, ("the pods are gated", "startDeadline"), spec=_GATED),
    SetUp("a node to come", Incomplete, ("nodes are being added", "pool-1 3->4"), GPU,
          events=(("TriggeredScaleUp", "pod triggered scale-up: [pool-1 3->4 (max: 9)]"),)),
    SetUp("a node to come from Karpenter", Incomplete, ("nodes are being added", "default-x7k2p"), GPU,
          events=(("Nominated", "Pod should schedule on: nodeclaim/default-x7k2p"),)),
    SetUp("an autoscaler at its limit", Incomplete, ("the autoscaler adds no node", "max node group size"), GPU,
          events=(("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached"),)),
    SetUp("a cloud without machines", Incomplete, ("the autoscaler adds no node", "GCE out of resources"), GPU,
          events=(("FailedScaleUp", "Node scale up in zones failed: GCE out of resources"),)),
    SetUp("a large image", Incomplete, ("the image is being pulled since", "may take minutes"),
          MOUNTED, _volume(secret={"secretName": "none"}), events=(("Pulling", 'Pulling image "trainer:1"'),)),
    SetUp("a slow volume", Incomplete, ("a volume can't be mounted", "Multi-Attach error"),
          MOUNTED, _volume(secret={"secretName": "none"}),
          events=(("FailedAttachVolume", "Multi-Attach error for volume pvc-1"),)),
    SetUp("a node without a network", Incomplete, ("the node cannot make the pod's network", "cni plugin"),
          MOUNTED, _volume(secret={"secretName": "none"}),
          events=(("FailedCreatePodSandBox", "failed to setup network: cni plugin not initialized"),)),
    SetUp("a claim for a device", Incomplete, ("what the pod claims cannot be created", "no class gpu"), GPU,
          events=(("FailedResourceClaimCreation", "no class gpu"),)),
    SetUp("a queue that is not there", Incomplete, ("waits in the queue none", "is not installed in this cluster"),
          labels={"kueue.x-k8s.io/queue-name": "none"}),
]  # fmt: skip

ENDING = [
    SetUp("a sidecar that outlives its worker", None, ("has ended, and its container 'proxy' has not", "restartPolicy"),
          script="true", spec={"containers": [_beside(FOREVER)]}),
    SetUp("a sidecar that outlives a worker that failed", DataError, ("restartPolicy: Always", "no such rows"),
          script="echo no such rows; exit 65", spec={"containers": [_beside(FOREVER)]}),
    SetUp("a native sidecar", None, (), script="true",
          spec={"initContainers": [_beside(FOREVER, restartPolicy="Always")]}),
    SetUp("an init container that waits", Incomplete, ("waits for the init container 'first'", "kubectl logs"),
          spec={"initContainers": [_beside(FOREVER, "first")]}),
    SetUp("an init container that fails", TunejobError, ("first 2 workers all ended",),
          spec={"initContainers": [_beside("exit 3", "first")]}),
    SetUp("a study that workers refuse", UsageError, ("no such field",), script="echo no such field; exit 64"),
    SetUp("data that workers refuse", DataError, ("no such rows",), script="echo no such rows; exit 65"),
    SetUp("a store that refuses workers", NotPermittedError, ("no such key",), script="echo no such key; exit 77"),
    SetUp("a GPU that is not seen", NoGpuError, ("first 2 workers", "none is seen"),
          script="echo none is seen; exit 76"),
    SetUp("a worker that crashes", TunejobError, ("first 2 workers", "exit code 1"), script="exit 1"),
    SetUp("a program that the image lacks", TunejobError, ("first 2 workers", "exit code 128", "no-such-program"),
          {"command": ["no-such-program"]}),
    SetUp("too little memory", Incomplete, ("out of memory", "Raise the PodTemplate's memory limit"),
          {"resources": {key: {"memory": "64Mi"} for key in ("limits", "requests")}},
          script='exec python -c "bytearray(10**9)"'),
    SetUp("a deadline that is over", Incomplete, ("reached its deadline", "cluster: {deadline: …}"),
          settings={"deadline": "8s"}),
    SetUp("a worker that takes long", Incomplete, ("runs: it imports the code", "at the latest until"),
          settings={"deadline": "12s"}),
]  # fmt: skip

SETUPS = [*REFUSED, *UNMADE, *UNSCHEDULED, *ENDING]
