"""From a submission to its verdict, where the cluster does what it seldom does."""

import pytest
from launch import made
from launch.room import Room
from launch.stub import Answer, in_turn, serving, status

from job.errors import DataError, Incomplete, NotPermittedError, error_of
from job.launch.client import submit
from job.launch.client.submission import Submission
from job.launch.client.submit import Followed
from job.launch.cluster import names
from job.launch.cluster.annotations import JobProgress, Verdict
from job.launch.cluster.watch import WatchEvent

NAME = "tunejob-wine-0a1b2c3d4e"
SUBMISSION = Submission(
    NAME, "wine", {"metadata": {"name": NAME, "labels": {}}, "data": {}}, {"metadata": {"name": NAME}, "spec": {}}
)


def asked(stub):
    """What was asked: the verb, and the kind."""
    return [f"{one.verb} {one.path.split('/tests/')[1].split('/')[0]}" for one in stub.asked]


def test_a_config_that_vanishes_is_made_again():
    """It belonged to a Job that was just deleted, and went with it between two calls: the new Job still gets one."""
    answers = [
        status(404, "no such Job"),
        status(409, "the ConfigMap exists"),
        Answer(201, made.job(NAME, uid="new")),
        status(404, "the ConfigMap is gone"),
        Answer(201, {}),
    ]
    with serving(in_turn(*answers)) as stub:
        submitted = submit.submit(stub.api(), SUBMISSION)
    assert (submitted.sentence, submitted.is_new) == (f"submitted the Job {NAME}", True)
    assert submitted.job["metadata"]["uid"] == "new"
    assert asked(stub) == ["GET jobs", "POST configmaps", "POST jobs", "PATCH configmaps", "POST configmaps"]
    assert [one["uid"] for one in stub.asked[-1].body["metadata"]["ownerReferences"]] == ["new"]


def test_an_answer_that_was_lost_finds_its_own_job():
    """The Job was made though nobody said so: it is the one that is followed."""
    answers = [
        status(404, "no such Job"),
        Answer(201, {}),
        status(409, "the Job exists"),
        Answer(body=made.job(NAME, uid="ours")),
        Answer(body={}),
    ]
    with serving(in_turn(*answers)) as stub:
        submitted = submit.submit(stub.api(), SUBMISSION)
    assert (submitted.job["metadata"]["uid"], submitted.is_new) == ("ours", False)  # or another's, for all we know


def followed(job, *pods, gone=False):
    """Somebody who followed a Job to its end, and saw these pods."""
    found = Followed(None, job, 60.0)
    view = found._following.view
    view.job, view.gone = job, gone
    for pod in pods:
        view.see_pod(pod)
    return found


def finished(kind="Failed", **annotations):
    """A controller's Job that ended."""
    job = made.job(NAME, **made.ended(kind, "PodFailurePolicy", "a pod ended with 75"))
    job["metadata"]["annotations"] = annotations
    return job


def test_the_verdict_is_the_controllers_own():
    """What it wrote on its Job, whatever the Job's condition says."""
    verdict = Verdict(75, "12 fits are missing")
    assert followed(finished(**{names.VERDICT: verdict.dumps()}), made.died(1)).verdict() == verdict


def test_a_controller_that_could_not_tell_is_known_by_its_end():
    """Its pod's exit code and termination message take the annotation's place."""
    verdict = followed(finished(), made.died(65, "no fit succeeded", name="c-1")).verdict()
    assert verdict == Verdict(65, "the controller c-1 ended: no fit succeeded")
    with pytest.raises(DataError, match="no fit succeeded"):
        submit.raised(verdict)


def test_a_job_that_ended_without_a_word_is_incomplete():
    """Neither verdict nor pod is left: run again."""
    with pytest.raises(Incomplete, match=r"ended as PodFailurePolicy: a pod ended with 75\. Submit again"):
        followed(finished()).verdict()


@pytest.mark.parametrize("code", [137, 143])
def test_a_controller_that_was_ended_is_incomplete(code):
    """Killed until its Job gave up, or ended with its Job's deadline: no fault of its own, so run again."""
    with pytest.raises(Incomplete, match=r"ended as PodFailurePolicy: .* Submit again to resume"):
        followed(finished(), made.died(code)).verdict()


def test_a_complete_job_is_complete_whatever_ended_before():
    """A controller that died was followed by one that ended well, and could not tell."""
    assert followed(finished("Complete"), made.died(70)).verdict().code == 0


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (made.died(128, "exec: not found.", reason="StartError"), "128): exec: not found. Its image has not"),
        (made.died(255, "exec /usr/bin/tunejob: exec format error"), "Its image is for another processor"),
        (made.died(255), "Error 255): it left no message. Its image is for another processor"),
        (made.died(137, reason="OOMKilled"), "OOMKilled 137): it left no message. It ran out of memory: raise "),
        (made.died(137), "More may be told by: kubectl logs wine-0123456789-1-0-abcde; kubectl get events"),
    ],
)  # fmt: skip
def test_a_controller_that_could_not_run_is_told_with_the_remedy(end, said):
    """Its code and message, and whether it is the image, its architecture or its memory; at once and at the end."""
    with pytest.raises(Incomplete, match=r"Of its controller, its pod .* on node node-1 ended") as ended:
        followed(finished(), end).verdict()
    assert said in str(ended.value)
    found = followed(made.job(NAME), end)
    (told,) = list(found._new(found._following.view))
    assert told.startswith("the controller ended, and another takes over: its pod")
    assert said in told


def test_controllers_that_end_by_one_cause_are_told_once():
    """Their names and nodes differ, and that is nothing new; another cause is."""
    ends = [made.died(69, "the store does not answer", name=f"{NAME}-{tail}") for tail in ("k2x9z", "p4qrs")]
    ends[1]["spec"]["nodeName"] = "node-b"
    found = followed(made.job(NAME), *ends, made.died(70, "a crash", name=f"{NAME}-w7vut"))
    told = list(found._new(found._following.view))
    assert [(f"{NAME}-k2x9z" in one, "a crash" in one) for one in told] == [(True, False), (False, True)]


def test_a_controller_that_left_no_word_says_so():
    """An empty message is none."""
    assert (
        followed(finished(), made.died(70, name="c-1")).verdict().message
        == "the controller c-1 ended: it left no message"
    )


def test_a_job_that_was_deleted_is_incomplete():
    """Somebody cancelled it while it was followed."""
    with pytest.raises(Incomplete, match=r"was deleted\. Submit again to resume"):
        followed(finished(), gone=True).verdict()


@pytest.mark.parametrize("before", [(), (made.died(70, "a crash", name="c-0"),)])
def test_a_controller_on_a_lost_node_is_told_with_what_helps(clock, before):
    """Its Job makes no other one while the pod is there: not that it ended, nor how one before it did."""
    pod = made.pod("c-1", deletionTimestamp="2026-01-01T00:00:30Z")
    found = followed(made.job(NAME), *before, pod)
    clock.now += 121
    found._following._overdue()
    with pytest.raises(Incomplete) as ended:
        found.verdict()
    assert str(ended.value).startswith("pod c-1 on node node-1 does not end: ")
    assert "kubectl delete node node-1" in str(ended.value)
    assert "kubectl delete pod c-1 -n tests --force. The Job tunejob-wine-0a1b2c3d4e makes no" in str(ended.value)
    assert "workers go on unwatched meanwhile" in str(ended.value)


@pytest.mark.parametrize(("code", "said"), [(143, "To end it now: kubectl delete pod c-1. The Job"), (65, None)])
def test_a_controller_that_ended_beside_what_goes_on_is_told_with_what_helps(code, said):
    """Stopped, it has no verdict, and no other one comes while a sidecar keeps its pod; its own end is one."""
    pod = made.died(code, "no fit succeeded", name="c-1")
    pod["status"]["phase"] = "Running"
    pod["status"]["containerStatuses"].append({"name": "proxy", "state": {"running": {}}})
    found = followed(made.job(NAME), pod)
    found._following.lost = [pod]
    if said is None:
        assert found.verdict() == Verdict(65, "the controller c-1 ended: no fit succeeded")
        return
    with pytest.raises(Incomplete, match=said) as ended:
        found.verdict()
    assert "the controller of pod c-1 has ended, and its container 'proxy' has not" in str(ended.value)


BEGUN = {names.PROGRESS: JobProgress(3, 27).dumps()}


@pytest.mark.parametrize(
    ("is_new", "noted", "gave_up", "goes"),
    [
        (True, {}, True, True),
        (False, {}, True, False),
        (True, BEGUN, True, False),
        (True, {}, False, False),
    ],
    ids=["ours, and did nothing", "another's", "a controller wrote on it", "what we may not see"],
)
def test_only_a_job_of_ours_that_did_nothing_is_deleted(monkeypatch, is_new, noted, gave_up, goes):
    """With a controller's Job go all its workers: its pod may be gone just now, or be none that we may see."""
    job, here = made.job(NAME), Room()
    job["metadata"]["annotations"] = noted
    found = Followed(here, job, 60.0, is_new=is_new)

    def gives_up():
        found._following.view.see(WatchEvent("jobs", "listed", [job]))
        yield None
        error = Incomplete("the controller could not start: no pull secret.")
        raise found._following.diagnosis.given_up(error) if gave_up else NotPermittedError("we may not list pods.")

    monkeypatch.setattr(found._following, "until_it_ends", gives_up)
    with pytest.raises((Incomplete, NotPermittedError)) as ended:
        list(found.until_it_ends())
    assert here.done == [f"delete {NAME} Background"] * goes
    assert (f"The Job {NAME} is left as it is, and any workers go on" in str(ended.value)) is not goes


def test_what_is_still_so_is_said_again_where_nothing_is_new(monkeypatch):
    """A pod that waits, and later how far the run was; seldom after the first minutes, and nothing beside news."""
    found = followed(made.job(NAME), made.waiting("ContainerCreating"))
    seconds = iter(range(1000, 10_000, 4))
    monkeypatch.setattr(submit, "monotonic", lambda: float(next(seconds)))
    found._began = found._heard = 1000.0
    progress = JobProgress(3, 27)

    def ticks():
        yield from [None] * 4
        yield "news"
        yield from [None] * 3
        found._following.view.job["metadata"].setdefault("annotations", {})[names.PROGRESS] = progress.dumps()
        yield from [None] * 60

    monkeypatch.setattr(found._following, "until_it_ends", ticks)
    said = list(found.until_it_ends())
    assert said[0].startswith("still pod ")
    assert "is being started" in said[0]
    assert said[0].endswith(", for 12 s")
    assert said[1] == "news"
    after = said[said.index(str(progress)) + 1 :]
    assert after[0].startswith(f"still {progress}, for ")
    assert len(set(after)) == len(after) < 30


@pytest.mark.parametrize("code", [64, 65, 69, 75, 76, 77])
def test_submit_ends_as_the_run_did(code):
    """The verdict's code is the command's."""
    with pytest.raises(type(error_of(code, ""))) as ended:
        submit.raised(Verdict(code, "why"))
    assert int(ended.value.exit_code) == code
    submit.raised(Verdict(0, "complete"))
