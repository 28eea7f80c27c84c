"""Trouble of the controller's own pod and objects, in words about its Job."""

import re

import pytest
from launch import made
from launch.stub import Answer, serving, status
from launch.test_remote import controller, pod_of

from job.errors import Incomplete, NotPermittedError
from job.launch.client import controllers_words, replacing
from job.launch.client.submission import Submission
from job.launch.client.submit import Followed
from job.launch.cluster import ends, event_troubles, pod_troubles, pod_view, queues, refusals

OF_WORKERS = re.compile(r"podtemplate|cluster: \{(?!startDeadline)|trainer|\bworkers?\b", re.IGNORECASE)
NONE = "0/3 nodes are available: "


def ended(code, reason="Error", message=""):
    """The words for a pod that ended so."""
    return ends.told(pod_view.end_of(made.died(code, message, reason=reason))) or ""


def scheduling():
    """The scheduler's words."""
    yield "3 Insufficient cpu."
    yield "3 node(s) had untolerated taint(s)."
    yield "3 node(s) didn't match Pod's node affinity/selector."
    yield "3 node(s) didn't match pod topology spread constraints."
    yield "1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode."
    yield "words that nobody knows"


def troubles():
    """All sentences that tell what to change where workers come from."""
    unready = ["ErrImagePull", "CreateContainerConfigError", "CrashLoopBackOff"]
    pods = [*map(made.waiting, unready), made.waiting("CreateContainerError", "runAsNonRoot and root")]
    for pod in pods:
        pod["status"]["containerStatuses"][0] |= {"name": "controller", "image": "tunejob:1"}
    pods += [made.unscheduled(NONE + words) for words in scheduling()]
    pods.append(made.unscheduled('persistentvolumeclaim "data" not found'))
    events = [made.event(one, "words") for one in ("FailedCreate", "NotTriggerScaleUp", "FailedScaleUp", "Unhealthy")]
    events.append(made.event("FailedAttachVolume", "Multi-Attach error"))
    yield from (one.sentence for one in pod_troubles.of_pods(pods))
    yield from (one.sentence for one in event_troubles.of_events(events))
    for message in (
        'pods "x" is forbidden: exceeded quota: q, requested: cpu=500m, used: cpu=1, limited: cpu=1',
        'pods "x" is forbidden: exceeded quota: q, requested: cpu=2, used: cpu=0, limited: cpu=1',
        'pods "x" is forbidden: failed quota: q: must specify cpu', "minimum memory usage per Container is 1Gi",
        'pods "x" is forbidden: violates PodSecurity "restricted"', 'admission webhook "w" denied the request: no',
        "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", "no PriorityClass with name p was found",
        'RuntimeClass "r" not found', 'Job "x" is invalid: spec.template: Required',
    ):  # fmt: skip
        yield refusals.told(message).sentence
    yield from (ended(137, "OOMKilled"), ended(128, "StartError", "no such file"), ended(128, "StartError"))


@pytest.mark.parametrize("sentence", list(troubles()))
def test_nothing_of_workers_is_said_of_the_controller(sentence):
    """Whatever is to be changed is in its Job, which an overlay changes."""
    told = controllers_words.told(sentence, "tunejob-wine-0a1b")
    assert not OF_WORKERS.search(told), told
    assert "  " not in told


def test_where_the_job_is_changed_is_said_once():
    """With its name, the overlay's parts, and the command; where nothing is to be changed, the words stay."""
    (trouble,) = pod_troubles.of_pods([made.unscheduled(f"{NONE}3 Insufficient cpu.")])
    told = controllers_words.told(trouble.sentence, "tunejob-wine-0a1b")
    assert "ask for less in the controller's Job's resources" in told
    assert told.endswith(
        "The controller's Job tunejob-wine-0a1b is changed by an overlay, in its `images` or by a patch of "
        "run/controller.yaml: tunejob submit -k DIR"
    )
    told = controllers_words.told(refusals.told("Pod: minimum cpu usage per Pod is 1").sentence, "x")
    assert '"path":"/spec/template/spec/containers/0/resources"' in told
    assert controllers_words.told("nodes are cordoned", "x") == "nodes are cordoned"


def test_a_controller_is_resumed_and_never_queued():
    """Suspended by hand, or by a Kueue that holds what is not queued: its namespace is exempted."""
    said = controllers_words.told(queues.unqueued(controller()), "x")
    assert "kubectl patch job" in said
    assert "exempt this namespace" in said
    assert "queue-name" not in said
    assert "PodTemplate" not in said


def test_submit_gives_up_in_the_controllers_words():
    """An image that can't be pulled is not set by what sets the workers'."""
    job = controller()
    job["spec"]["completions"] = job["spec"]["parallelism"] = 1
    pod = pod_of(job, "Pending", state={"waiting": {"reason": "ErrImagePull"}})

    def answer(request):
        items = {"jobs": [job], "pods": [pod]}.get(request.path.rpartition("/")[2], [])
        return Answer(body={"metadata": {"resourceVersion": ""}, "items": items})

    with serving(answer) as stub, pytest.raises(Incomplete, match="it is the image of the controller's Job") as raised:
        list(Followed(stub.api(), job, 3.5).until_it_ends())
    assert "cluster: {image" not in str(raised.value)


def test_submit_is_refused_in_the_controllers_words():
    """A policy that refuses the controller's Job is met by an overlay."""
    refused = status(403, "jobs \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no")
    sent = Submission("tunejob-wine-0a1b", "wine", {"metadata": {}}, {"metadata": {}})
    with serving(lambda _: refused) as stub, pytest.raises(NotPermittedError, match="a patch of the controller's Job"):
        replacing.created(stub.api(), sent)


@pytest.mark.parametrize(
    ("requested", "said"),
    [
        ("configmaps", "allows no more configmaps now: .*kubectl get configmaps.*or have the quota raised"),
        ("count/configmaps", "allows no more configmaps now: "),
        ("requests.storage", "kubectl get persistentvolumeclaims"),
        ("services.loadbalancers", "kubectl get services"),
        ("pods", "pods start when others end"),
        ("requests.nvidia.com/gpu", "pods start when others end"),
    ],
)
def test_a_quota_of_other_objects_is_not_told_as_one_of_pods(requested, said):
    """What is used up is named, and what makes room."""
    tail = f"requested: {requested}=1, used: {requested}=5, limited: {requested}=5"
    told = refusals.told(f'configmaps "x" is forbidden: exceeded quota: q, {tail}')
    assert told.kind == "waiting"
    assert re.search(said, told.sentence)
    assert ("parallelism" in told.sentence) == ("pods start" in said)
