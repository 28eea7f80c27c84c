"""Whose end the end of a worker was: the fit's own, a machine's, or nobody saw."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.results import lost_fits
from job.results.lost_fits import Blame, LostFit, Mark, Sighting, ToldEnd

SEGV = "killed by SIGSEGV (exit code 139)"
OOM = Sighting("u", "gpu-7", "OOMKilled", disrupted=False)
REBOOT = Sighting("u", "gpu-7", "ContainerStatusUnknown", disrupted=False)
KILLED = Sighting("u", "gpu-7", "Error", disrupted=False)
EVICTED = Sighting("u", "gpu-7", "Error", disrupted=True)
GONE = Sighting("u", "gpu-7", "Disrupted", disrupted=True, with_node=True)
OOM_WHILE_EVICTED = Sighting("u", "gpu-7", "OOMKilled", disrupted=True)


@pytest.mark.parametrize(
    ("told", "sighting", "whose"),
    [
        (ToldEnd(SEGV), None, "own"),
        (ToldEnd(SEGV), EVICTED, "own"),
        (ToldEnd(None), None, "machine"),
        (ToldEnd(None), OOM, "machine"),
        (ToldEnd("CUDA_ERROR_ECC_UNCORRECTABLE", device=True), None, "unseen"),
        (ToldEnd("CUDA_ERROR_ECC_UNCORRECTABLE", device=True), OOM, "unseen"),
        (None, OOM, "own"),
        (None, OOM_WHILE_EVICTED, "machine"),
        (None, EVICTED, "machine"),
        (None, GONE, "unseen"),
        (ToldEnd(None), GONE, "machine"),
        (ToldEnd(SEGV), GONE, "own"),
        (None, REBOOT, "unseen"),
        (None, KILLED, "unseen"),
        (None, None, "unseen"),
    ],
)
def test_only_an_end_that_was_seen_to_be_its_own_counts_against_a_fit(told, sighting, whose):
    """The watching process's word holds; else the kubelet's OOMKilled of an undisturbed pod, and nothing else."""
    assert lost_fits.cause(told, sighting).whose == whose


def test_a_container_that_ran_out_of_memory_once_is_not_blamed_for_it_twice():
    """The kubelet says OOMKilled for ever after the kernel killed one process of a container; what died was seen."""
    marks = {"1": Mark(("a",), pod="u"), "2": Mark(("b",), pod="u")}
    found = lost_fits.causes(marks, {"1": ToldEnd("killed by SIGKILL (exit code 137)")}, {"u": OOM})
    assert [found[nonce].whose for nonce in ("1", "2")] == ["own", "unseen"]


def test_marks_outside_a_cluster_have_no_pod_to_be_seen():
    """A sighting of a pod is no sighting of theirs."""
    assert lost_fits.causes({"1": Mark(("a",))}, {}, {"u": OOM})["1"].whose == "unseen"


def test_memory_that_ran_out_twice_is_a_fits_fault():
    """Once in company and once alone, as the kubelet saw it; the words name the limit."""
    marks = {"1": Mark(("a", "b"), pod="u"), "2": Mark(("a",), pod="v")}
    sightings = {uid: Sighting(uid, "n", "OOMKilled", disrupted=False) for uid in "uv"}
    found = lost_fits.against(marks, lost_fits.causes(marks, {}, sightings), {"b"})
    assert list(found) == ["a"]
    assert found["a"].hopeless
    assert "OOMKilled" in found["a"].how


_TOLD = st.one_of(st.none(), st.builds(ToldEnd, st.one_of(st.none(), st.just(SEGV)), device=st.booleans()))
_FITS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True).map(tuple)
_MARK = st.builds(Mark, _FITS, pod=st.sampled_from(["", "u", "v", "w"]), node=st.sampled_from(["n", "m"]))
_SEEN = st.builds(
    Sighting, st.just("u"), st.just("n"), st.sampled_from(["OOMKilled", "Error"]), st.booleans(), st.booleans()
)
_TRIES = st.lists(st.tuples(_MARK, _TOLD), max_size=12)


def _numbered(tries):
    marks = {str(number): mark for number, (mark, _) in enumerate(tries)}
    return marks, {str(number): told for number, (_, told) in enumerate(tries) if told is not None}


@given(_TRIES, st.dictionaries(st.sampled_from("uvw"), _SEEN), st.sampled_from("abcd"))
def test_what_machines_did_changes_nothing_of_what_is_a_fits_own(tries, sightings, done):
    """Whatever machines did and in which order: each fit's verdict is the same with and without those losses."""
    marks, told = _numbered(tries)
    found = lost_fits.causes(marks, told, sightings)
    own = {nonce: one for nonce, one in found.items() if one.whose == "own"}
    whole = lost_fits.against(marks, found, {done})
    alone = lost_fits.against({nonce: marks[nonce] for nonce in own}, own, {done})
    assert done not in whole
    for fit in "abcd":
        mine, other = whole.get(fit, LostFit()), alone.get(fit, LostFit())
        assert (mine.deaths, mine.alone, mine.how) == (other.deaths, other.alone, other.how)
        assert mine.hopeless == other.hopeless


@given(_TRIES, st.dictionaries(st.sampled_from("uvw"), _SEEN))
def test_without_an_end_of_its_own_no_fit_fails(tries, sightings):
    """However often its workers were lost: it is forsaken at most, which is no result."""
    marks, told = _numbered(tries)
    found = lost_fits.causes(marks, told, sightings)
    others = {nonce: one for nonce, one in found.items() if one.whose != "own"}
    known = lost_fits.against({nonce: marks[nonce] for nonce in others}, others, set())
    assert not any(one.hopeless or one.deaths for one in known.values())


@pytest.mark.parametrize(("deaths", "alone", "unseen"), list(product([0, 1, 2, 3], [False, True], [0, 5, 6])))
def test_a_fit_is_tried_failed_or_forsaken(deaths, alone, unseen):
    """Failed for its own deaths alone; forsaken for losses that nobody saw, never both."""
    found = LostFit(deaths, alone, "", unseen)
    assert found.hopeless == (deaths >= 2 and alone)
    assert found.forsaken == (unseen == 6 and not found.hopeless)
    assert found.suspect == (deaths >= 2 or unseen > 0)


def test_a_fit_that_is_forsaken_is_told():
    """Which fit, how often, where, the last words, and what to do; nothing where nothing is forsaken."""
    lost = LostFit(trial=(3, 0))
    for _ in range(6):
        lost = lost.after(Mark(("a",), node="gpu-7"), Blame("unseen", "CUDA_ERROR_ECC_UNCORRECTABLE"))
    assert lost.forsaken
    said = lost_fits.story([lost])
    assert "fold 0 of trial 3 was lost with its worker 6 times on gpu-7 (6), the last time by: CUDA_ERROR" in said
    assert "kubectl cordon gpu-7" in said
    assert lost_fits.story([]) == ""


def test_a_fit_that_takes_its_machine_down_each_time_comes_to_an_end():
    """It goes last and alone after the first, and is given up after the sixth: with its nodes, and no failed fit."""
    marks = {str(number): Mark(("a",), ((3, 1),), str(number), f"gpu-{number % 2}") for number in range(6)}
    sightings = {uid: Sighting(uid, "n", "Disrupted", disrupted=True, with_node=True) for uid in marks}
    causes = lost_fits.causes(marks, {}, sightings)
    known = [lost_fits.against(dict(list(marks.items())[:most]), causes, set())["a"] for most in (1, 5, 6)]
    assert [(one.suspect, one.forsaken, one.hopeless) for one in known] == [
        (True, False, False), (True, False, False), (True, True, False),
    ]  # fmt: skip
    told = lost_fits.story([known[-1]])
    assert "fold 1 of trial 3 was lost with its worker 6 times on gpu-0 (3), gpu-1 (3)" in told
    assert "the last time by: the loss of its node" in told
