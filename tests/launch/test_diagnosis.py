"""When to say why nothing runs, and when to give up."""

from uuid import uuid4

import pytest
from launch import made

from job.errors import DataError, Incomplete, NoGpuError, NotPermittedError, TunejobError, UsageError
from job.launch.cluster.diagnosis import Diagnosis, Hope
from job.launch.cluster.ends import error_from, same_end
from job.launch.cluster.job_view import View
from job.launch.cluster.pod_troubles import Trouble
from job.launch.cluster.pod_view import end_of
from job.launch.cluster.queues import QUEUE
from job.launch.cluster.watch import WatchEvent
from job.store import RunKeys, open_store

IMAGE = Trouble("blocked", "the image cannot be pulled.")
NODES = Trouble("waiting", "no node takes a pod.")
ABSENT = Trouble("absent", "not installed: no ServiceAccount.")


def view(*pods, **spec):
    """A Job with these pods."""
    found = View("wine-0123456789-1", made.UID)
    job = made.job()
    job["spec"] |= spec
    found.see(WatchEvent("jobs", "listed", [job]))
    found.see(WatchEvent("pods", "listed", pods))
    return found


def told(diagnosis, seconds, seen, troubles):
    """What is told second by second."""
    return [one for _ in range(seconds) if (one := diagnosis.after(1.0, seen, troubles))]


def test_a_cause_is_told_once_when_it_lasts():
    """Schedulers pass through many causes; one that lasts three seconds is told, and not again."""
    diagnosis = Diagnosis(3600)
    assert told(diagnosis, 2, view(), [NODES]) == []
    assert told(diagnosis, 30, view(), [NODES]) == ["no node takes a pod."]


def test_what_passes_meanwhile_begins_anew():
    """A cause that came and went is not counted together."""
    diagnosis = Diagnosis(3600)
    assert told(diagnosis, 2, view(), [NODES]) == []
    diagnosis.after(1.0, view(), [])
    assert told(diagnosis, 2, view(), [NODES]) == []


def test_what_does_not_pass_ends_the_wait_within_a_minute():
    """A bad image is told at once and ends the run before 60 seconds are over, with what to do."""
    diagnosis = Diagnosis(86400)
    assert told(diagnosis, 50, view(), [IMAGE]) == ["the image cannot be pulled."]
    with pytest.raises(Incomplete, match=r"a worker could not start: the image cannot be pulled\. Then submit again"):
        told(diagnosis, 10, view(), [IMAGE])


def test_while_any_worker_ran_it_only_warns():
    """One pod with a bad image beside others that run is told and nothing more."""
    assert told(Diagnosis(60), 500, view(made.pod()), [IMAGE]) == ["the image cannot be pulled."]


def test_what_may_pass_is_waited_for_until_the_start_deadline():
    """Full nodes and quotas are waited for as long as the study says."""
    diagnosis = Diagnosis(120)
    assert told(diagnosis, 119, view(), [NODES]) == ["no node takes a pod."]
    with pytest.raises(Incomplete, match=r"did not start within 2 min .*startDeadline.*no node takes a pod"):
        diagnosis.after(1.0, view(), [NODES])


def test_a_silent_cluster_is_told_as_such():
    """Where there is no cause, the error says so."""
    with pytest.raises(Incomplete, match="the cluster says nothing about why"):
        told(Diagnosis(5), 6, view(), [])


def test_time_suspended_counts_against_nothing():
    """A Job in its queue waits for days; that is told once, and when it is over, as often as it happens."""
    suspended = view(suspend=True)
    suspended.job["metadata"]["labels"][QUEUE] = "gpus"
    diagnosis = Diagnosis(10, held_deadline=10)
    assert told(diagnosis, 100_000, suspended, []) == [
        "the Job wine-0123456789-1 is suspended; its pods start when it is resumed by its queue"
    ]
    assert diagnosis.waited == 0.0
    resumed = view()
    assert told(diagnosis, 9, resumed, []) == ["the Job wine-0123456789-1 is resumed"]
    assert len(told(diagnosis, 9, suspended, [])) == 1


def test_a_job_that_no_queue_holds_says_how_it_is_resumed():
    """Suspended by hand, or by a Kueue that holds what is not queued: whoever pauses a run may do so for ever."""
    (said,) = told(Diagnosis(10), 1000, view(suspend=True), [])
    assert said.startswith(
        "the Job wine-0123456789-1 is suspended, and no queue holds it. If that was by hand: kubectl"
    )
    assert """-1 --type=merge -p '{"spec":{"suspend":false}}'; if by Kueue""" in said
    assert "by the label kueue.x-k8s.io/queue-name of the PodTemplate tunejob-worker. It is waited for until" in said


def test_a_controller_that_no_queue_holds_is_waited_for_until_the_start_deadline():
    """It was created to run at once: told until when, and ended then; not once it ran, when somebody paused it."""
    diagnosis = Diagnosis(100, held_deadline=100)
    (said,) = told(diagnosis, 90, view(suspend=True), [])
    assert said.endswith("Waited for at most 1 min 40 s (cluster: {startDeadline: …}).")
    ran = view(suspend=True)
    ran.ran = True
    assert told(diagnosis, 1000, ran, []) == []
    with pytest.raises(Incomplete, match=r"did not start within 1 min 40 s: the Job .* is suspended, and no queue"):
        told(diagnosis, 20, view(suspend=True), [])
    assert diagnosis.gave_up


def test_what_is_not_installed_is_not_waited_for():
    """An administrator must act: not permitted, as soon as it lasts."""
    with pytest.raises(NotPermittedError, match="not installed"):
        told(Diagnosis(3600), 5, view(), [ABSENT])


@pytest.mark.parametrize(
    ("code", "kind"), [(64, UsageError), (65, DataError), (76, NoGpuError), (70, TunejobError), (1, TunejobError)]
)
def test_an_end_is_the_error_of_its_code(code, kind):
    """The worker's own words, its pod and its node."""
    error = error_from(end_of(made.died(code, "so it was")))
    assert type(error) is kind
    assert str(error) == "worker wine-0123456789-1-0-abcde on node node-1: so it was"


@pytest.mark.parametrize(("code", "reason"), [(137, "OOMKilled"), (1, "OOMKilled")])
def test_memory_that_ran_out_says_which_limit_to_raise(code, reason):
    """Out of memory is nobody's bug."""
    with pytest.raises(Incomplete, match=r"out of memory.*Raise the PodTemplate's memory limit"):
        raise error_from(end_of(made.died(code, reason=reason)))


def test_a_kill_that_nobody_saw_the_cause_of_is_not_said_to_be_memory():
    """A restarted node leaves 137 too: nothing is claimed, and how to find out is said."""
    with pytest.raises(Incomplete, match=r"does not say why.*kubectl get events.*Submit again; where .* memory"):
        raise error_from(end_of(made.died(137, reason="Error")))


def ends(*codes):
    """Ends of pods with these codes."""
    return [end_of(made.died(code, "no GPU", name=f"pod-{number}")) for number, code in enumerate(codes)]


@pytest.mark.parametrize(
    "codes",
    [(76, 76, 76), (76, 76, 76, 70), (143,) * 5, (137,) * 9],
    ids=["few", "mixed", "told to stop", "killed, nobody knows why"],
)
def test_going_on_while_there_is_hope(codes):
    """Fewer than twice as many as run at once, different ends, or ends that do not count."""
    assert same_end(ends(*codes), 2) is None


def test_giving_up_when_the_first_workers_all_end_alike():
    """Twice as many as run at once, all with one code: the error has the code and the last one's words."""
    error = same_end(ends(76, 76, 143, 76, 76), 2)
    assert isinstance(error, NoGpuError)
    assert str(error).startswith("the first 4 workers all ended with exit code 76: worker pod-4 on node node-1: no GPU")


def test_a_result_is_hope_enough():
    """Once a worker stored a result, equal ends are no reason to give up."""
    store, keys = open_store(f"memory://{uuid4().hex}"), RunKeys("wine", "wine-0123456789")
    seen = view(*(made.died(70, name=f"pod-{number}") for number in range(4)))
    assert Hope(store, keys).lost(seen) is not None
    hope = Hope(store, keys)
    store.create(keys.result(0, "g0"), b"{}")
    assert hope.lost(seen) is None
    store.delete(keys.result(0, "g0"))
    assert hope.lost(seen) is None


def test_results_of_an_earlier_attempt_are_no_hope():
    """Only what was stored since this Job began counts."""
    store, keys = open_store(f"memory://{uuid4().hex}"), RunKeys("wine", "wine-0123456789")
    store.create(keys.result(0, "g0"), b"{}")
    seen = view(*(made.died(70, name=f"pod-{number}") for number in range(4)))
    assert Hope(store, keys).lost(seen) is not None


def test_workers_that_something_keeps_stopping_are_not_started_for_ever():
    """SIGTERM that neither Kubernetes nor tunejob explains, six times and without a result: told, and ended."""
    error = same_end(ends(*[143] * 6), 2)
    assert isinstance(error, Incomplete)
    assert "a probe or a hook in the PodTemplate that fails" in str(error)
    assert "kubectl get events --field-selector involvedObject.name=pod-5" in str(error)


def test_what_one_node_cannot_do_another_may():
    """A pod whose image its node can't pull ends nothing while another pod is being made without trouble."""
    diagnosis = Diagnosis(3600)
    assert [one for _ in range(300) if (one := diagnosis.after(1.0, view(), [IMAGE], hopeful=True))] == [IMAGE.sentence]
    with pytest.raises(Incomplete, match="could not start"):
        told(diagnosis, 60, view(), [IMAGE])


def test_one_image_is_one_trouble_whatever_the_kubelet_calls_it():
    """ErrImagePull and ImagePullBackOff take turns: told once, and ended within a minute all the same."""
    diagnosis = Diagnosis(86400)
    turns = [Trouble("blocked", f"cannot be pulled: {reason}", "image x") for reason in ("Err", "BackOff")]
    said = [one for second in range(50) if (one := diagnosis.after(1.0, view(), [turns[second // 5 % 2]]))]
    assert said == ["cannot be pulled: Err"]
    with pytest.raises(Incomplete, match="could not start"):
        told(diagnosis, 10, view(), [turns[0]])


def test_what_keeps_workers_from_running_again_is_given_ten_minutes():
    """A Secret deleted amid a run: told, and ended when nothing has run for so long; not while anything runs."""
    diagnosis, ran = Diagnosis(86400), view(made.died(75))
    assert told(diagnosis, 590, ran, [IMAGE]) == [IMAGE.sentence]
    with pytest.raises(Incomplete, match="could not start"):
        told(diagnosis, 10, ran, [IMAGE])


def test_a_paused_job_is_told_and_counts_against_nothing():
    """`throttle 0` is no cluster that starts nothing: how to go on is said, once for each pause."""
    diagnosis = Diagnosis(10)
    (sentence,) = told(diagnosis, 1000, view(parallelism=0), [])
    assert "is paused: it may run 0 pods at once. Let it go on: tunejob throttle N STUDY" in sentence
    assert diagnosis.waited == 0.0


def test_a_container_that_could_not_be_started_never_ran():
    """An image without the command: no worker ran, and the remedy is the image."""
    dead = made.died(128, 'exec: "tunejob": executable file not found in $PATH', reason="StartError")
    assert not view(dead).ran
    with pytest.raises(Incomplete, match=r"could not be started: .*executable file not found.*take tunejob's trainer"):
        raise error_from(end_of(dead))


def test_an_image_for_another_processor_says_so():
    """The kernel's words are few: what they mean is said."""
    with pytest.raises(Incomplete, match=r"made for another kind of processor.*kubernetes\.io/arch"):
        raise error_from(end_of(made.died(255, "exec /usr/local/bin/tunejob: exec format error")))


@pytest.mark.parametrize("code", [1, 64, 137])
def test_an_init_container_that_fails_is_named(code):
    """Its end is not the worker's, whatever its code: which container, and where its log is."""
    dead = made.pod(phase="Failed", state={"waiting": {"reason": "PodInitializing"}})
    dead["status"]["initContainerStatuses"] = [{"name": "fetch", "state": {"terminated": {"exitCode": code}}}]
    found = end_of(dead)
    assert not found.is_told
    with pytest.raises(Incomplete, match=r"the container 'fetch' of pod .*kubectl logs \S+ -c fetch"):
        raise error_from(found)
