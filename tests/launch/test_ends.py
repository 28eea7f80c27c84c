"""How pods ended, in words: what Kubernetes, a kubelet or a pod's own limits brought about."""

import re

import pytest
from launch import made

from job.errors import Incomplete
from job.launch.cluster import ends, lost_workers
from job.launch.cluster.job_view import View
from job.launch.cluster.pod_view import End, end_of
from job.launch.cluster.sightings import Sightings
from job.launch.cluster.watch import WatchEvent
from job.results import lost_fits, marks
from job.results.lost_fits import Sighting, ToldEnd

EMPTY_DIR = 'Usage of EmptyDir volume "tmp" exceeds the limit "1Gi". '
DISK = "Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. "
PRESSURE = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 20Mi."


def evicted(message: str, code: int = 143, reason: str = "Error", *, condition: bool = False):
    """A pod that its kubelet evicted, as it writes it: without a condition where the pod used too much itself."""
    found = made.died(code, "its log", reason=reason)
    found["metadata"]["uid"] = "u"
    found["status"] |= {"reason": "Evicted", "message": message}
    if condition:
        found["status"]["conditions"] = [
            {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet", "message": message}
        ]
    return found


def refused(reason: str, message: str):
    """A pod that a kubelet did not take."""
    found = made.pod(phase="Failed", state={"waiting": {"reason": "ContainerCreating"}})
    found["status"] |= {"reason": reason, "message": message}
    return found


@pytest.mark.parametrize(
    ("pod", "said"),
    [
        (evicted(EMPTY_DIR), r"evicted: .*EmptyDir volume \"tmp\" exceeds .*Raise the volume's sizeLimit"),
        (evicted(DISK, 137), r"evicted: .*exceeds the total limit.*limits/ephemeral-storage"),
        (
            evicted(PRESSURE, condition=True),
            r"ended by Kubernetes \(TerminationByKubelet: The node was",
        ),
        (evicted(PRESSURE), r"ended by Kubernetes \(Evicted: The node was low"),
        (
            refused("OutOfcpu", "Node didn't have enough resource: cpu"),
            r"node-1 refused pod \S+: OutOfcpu: Node didn't",
        ),
        (
            refused("UnexpectedAdmissionError", "Allocate failed: requested devices unavailable for nvidia.com/gpu"),
            r"UnexpectedAdmissionError: Allocate failed.*kubectl cordon node-1",
        ),
        (made.died(143), r"something sent SIGTERM .*kubectl get events"),
    ],
)
def test_what_brought_a_pods_end_about_is_told_with_its_words(pod, said):
    """The kubelet's message, and what to change; a worker's own end says all itself."""
    assert re.search(said, ends.told(end_of(pod)) or "")
    assert ends.told(end_of(made.died(75, "lost"))) is None


def deadline():
    """A pod that its own spec's deadline ended."""
    found = made.died(143)
    found["status"] |= {"reason": "DeadlineExceeded", "message": "Pod was active longer than specified deadline"}
    return found


@pytest.mark.parametrize("pod", [evicted(EMPTY_DIR), evicted(DISK, 137), deadline()])
def test_limits_of_the_pods_own_end_a_run_that_gets_nowhere(pod):
    """They come back on every node: twice as many ends as run at once, without a result, and what to raise is said."""
    error = ends.same_end([end_of(pod)] * 2, 1)
    assert isinstance(error, Incomplete)
    assert "reached a limit of their pods" in str(error)


def sighted(pod, monkeypatch) -> Sighting:
    """What the controller leaves in the store of a pod's end."""
    found: list[Sighting] = []
    monkeypatch.setattr(marks, "sight", lambda _store, _keys, _shard, seen: found.append(seen))
    view = View("wine-0123456789-1", made.UID)
    view.see(WatchEvent("pods", "listed", [pod]))
    Sightings(None).leave(None, view, [0])
    return found[0]


def test_an_eviction_is_no_fits_fault_even_where_memory_ran_out_meanwhile(monkeypatch):
    """The kubelet evicts without a condition where a volume is full: what the container died of then says nothing."""
    seen = sighted(evicted(PRESSURE, 137, "OOMKilled"), monkeypatch)
    assert lost_fits.cause(None, seen).whose == "machine"


def test_a_limit_of_the_pods_own_is_nobodys_fault_but_is_counted(monkeypatch):
    """Of a full volume nobody knows whose it is: no failed fit, and yet not tried for ever."""
    seen = sighted(evicted(EMPTY_DIR), monkeypatch)
    for told in (None, ToldEnd(None)):
        found = lost_fits.cause(told, seen)
        assert found.whose == "unseen"
        assert "EmptyDir" in found.how


def test_a_process_killed_in_a_pod_that_is_evicted_is_not_blamed(monkeypatch):
    """A machine short of memory kills a process, and then evicts its pod."""
    seen = sighted(evicted(PRESSURE, 137, condition=True), monkeypatch)
    assert (
        lost_fits.cause(ToldEnd("killed by SIGKILL (exit code 137: out of memory, most often)"), seen).whose == "unseen"
    )


def taken(code, reason):
    """A pod that was disrupted, whose worker ended with a code; None where nobody saw it end."""
    found = made.pod() if code is None else made.died(code)
    found["metadata"]["uid"] = "u"
    found["status"]["phase"] = "Failed"
    found["status"]["conditions"] = [{"type": "DisruptionTarget", "status": "True", "reason": reason}]
    return found


@pytest.mark.parametrize(
    ("code", "reason", "whose"),
    [
        (None, "DeletionByTaintManager", "unseen"),
        (137, "DeletionByTaintManager", "unseen"),
        (None, "DeletionByPodGC", "unseen"),
        (143, "DeletionByTaintManager", "machine"),
        (69, "DeletionByTaintManager", "machine"),
        (137, "EvictionByEvictionAPI", "machine"),
        (137, "PreemptionByScheduler", "machine"),
        (137, "TerminationByKubelet", "machine"),
    ],
)  # fmt: skip
def test_a_worker_that_went_with_its_node_is_lost_for_a_cause_nobody_saw(monkeypatch, code, reason, whose):
    """A fit may take its machine down each time; where a kubelet is there to stop it, as for a taint, it is none's."""
    seen = sighted(taken(code, reason), monkeypatch)
    assert lost_fits.cause(None, seen).whose == whose
    assert lost_fits.cause(ToldEnd(None), seen).whose == "machine"  # it was told to stop, and said so
    assert lost_fits.cause(ToldEnd("killed by SIGKILL (exit code 137)"), seen).whose == "unseen"


def test_a_pod_that_does_not_end_is_lost_with_its_node(monkeypatch):
    """Whatever it was told to end for; a pod that somebody deleted is not."""
    view, found = View("wine-0123456789-1", made.UID), []
    monkeypatch.setattr(marks, "sight", lambda _store, _keys, _shard, seen: found.append(seen))
    stuck, deleted = (made.pod(name, uid=name, deletionTimestamp="2026-01-01T00:00:00Z") for name in ("s", "d"))
    view.see(WatchEvent("pods", "listed", [stuck, deleted]))
    view.see(WatchEvent("pods", "deleted", [deleted]))
    lost_workers.vanish(view, [stuck])
    Sightings(None).leave(None, view, [0])
    assert {seen.pod: lost_fits.cause(None, seen).whose for seen in found} == {"s": "unseen", "d": "machine"}


@pytest.mark.parametrize("code", [64, 69, 77])
def test_a_worker_without_its_store_leaves_no_suspicion(monkeypatch, code):
    """Out of reach, wrong or closed: the worker could not say that it was told to stop, so whoever saw it says it."""
    dead = made.died(code, "the store does not answer")
    dead["metadata"]["uid"] = "u"
    seen = sighted(dead, monkeypatch)
    assert lost_fits.cause(None, seen).whose == "machine"
    assert lost_fits.cause(ToldEnd("killed by SIGSEGV"), seen).whose == "own"  # what it did say stays so


def test_a_sidecars_exit_code_says_nothing_of_the_store(monkeypatch):
    """Its codes are its own: why the worker ended is not known by them."""
    dead = made.died(69)
    dead["metadata"]["uid"] = "u"
    dead["status"]["containerStatuses"][0]["name"] = "beside"
    seen = sighted(dead, monkeypatch)
    assert lost_fits.cause(None, seen).whose == "unseen"


@pytest.mark.parametrize(
    ("code", "reason", "is_nodes"),
    [
        (None, "DeletionByTaintManager", True),
        (137, "DeletionByPodGC", True),
        (143, "DeletionByTaintManager", False),
        (137, "EvictionByEvictionAPI", False),
    ],
)
def test_what_is_said_of_a_lost_node_is_what_is_counted(code, reason, is_nodes):
    """Its fits go alone and are counted, so that nobody is told that nothing is held against them."""
    said = ends.told(end_of(taken(code, reason)))
    assert ("go alone from now on; one that loses 6 workers" in said) == is_nodes
    assert ("no fit is blamed" in said) != is_nodes


def test_ends_that_need_no_word_have_none():
    """A pod that somebody deleted, and one that succeeded."""
    assert ends.told(End("p", 0, None, "", "Disrupted", "n", disruption="Deleted")) is None
    assert end_of(made.pod(phase="Succeeded")) is None
