"""Pages of retunes: what they say, and that nothing in them is markup or script of somebody else's."""

from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest

from job.data.profile import Change, Column, Profile
from job.report import retune_drawn, retune_page
from job.retune import champion as in_use
from job.retune import gate
from job.retune.evidence import Design
from job.retune.record import Record
from job.store import keys, open_store
from job.study.study import Retune

PROFILE = Profile(rows=120, classes={"a": 0.5, "b": 0.5}, columns={"x": Column(low=0, high=1, mean=0.5)})


def evidence(gain):
    """The evidence of 25 folds with a gain."""
    champion = [0.80 + 0.01 * (fold % 5) for fold in range(25)]
    other = [score + gain + 0.002 * (fold % 3) for fold, score in enumerate(champion)]
    return gate.judged(champion, other, Design(25, 0.25), Retune(margin=0.005), "accuracy").evidence


def record(name, verdict="promoted", **more):
    """A retune as it is stored."""
    fields = {
        "study": "flowers", "name": name, "verdict": verdict, "why": "its mean <b>accuracy</b> differs",
        "when": f"2026-05-0{len(name)}T03:00:00+00:00", "by": "process 1 on here", "metric": "accuracy", "against": 1,
        "params": {"units": 32}, "champion_params": {"units": 8, "rate": 0.1}, "score": 0.8 + len(name) / 100,
        "evidence": evidence(0.03), "profile": PROFILE, "seconds": 7200.0, "fits": 50,
        "changes": (Change(what="rows", before="100", now="120", size=0.2),),
    }  # fmt: skip
    return Record(**{**fields, **more})


def test_a_page_has_all_that_decided():
    """The three probabilities, fold by fold, what changed in the data, both params, the cost against the last."""
    page = retune_page.one(record("aa"), record("a", seconds=3600.0, fits=20)).decode()
    for said in (
        "worse", "practically equal (within 0.005)", "better", "Fold by fold", "the largest first", "100", "120",
        "2 device-hours, 50 fits; the retune before took 1 device-hours, 20 fits", "units", "rate",
        "its mean &lt;b&gt;accuracy&lt;/b&gt; differs",
    ):  # fmt: skip
        assert said in page, said
    assert page.count('class="fold"') == 25
    assert "<script" not in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize("verdict", ["first", "kept", "unchanged", "failed", "rolled back"])
def test_a_retune_without_evidence_has_a_page_too(verdict):
    """What was not compared is not drawn."""
    bare = record("a", verdict, evidence=None, against=None, profile=None, changes=(), params=None, score=None)
    page = retune_page.one(bare, None).decode()
    assert verdict in page
    assert "Fold by fold" not in page


def test_the_posterior_is_drawn_within_its_picture():
    """All points lie within the view, the curve's top is where the mean is."""
    found = evidence(0.03)
    drawn = retune_drawn.posterior(found)
    curve = next(one for one in drawn.iter("path") if one.get("class") == "curve").get("d")[1:].split(" L")
    points = [tuple(map(float, one.split(","))) for one in curve]
    assert all(0 <= x <= 760 and 0 <= y <= 260 for x, y in points)
    folds = [float(one.get("cx")) for one in drawn.iter("circle")]
    top = min(points, key=lambda one: one[1])[0]
    assert min(folds) < top < max(folds)
    assert retune_drawn.posterior(found.model_copy(update={"scale": 0.0})) is None
    ET.tostring(drawn)


def test_all_retunes_are_listed_and_linked():
    """Newest first, each with its page; scores over time with what changed marked."""
    store = open_store(f"memory://{uuid4().hex}")
    for one in (record("a", "first"), record("bb", "kept"), record("ccc")):
        in_use.keep(store, one)
    listed = retune_page.store_every(store, "flowers")
    assert [one.name for one in listed] == ["ccc", "bb", "a"]
    page = store.read(keys.retunes_report("flowers")).decode()
    assert page.index("retunes/ccc.html") < page.index("retunes/bb.html") < page.index("retunes/a.html")
    assert page.count('class="promoted"') == 2
    assert page.count('class="kept"') == 1
    assert "3 retunes, 2 changed what is in use" in page
    assert b"bb" not in store.read(keys.retune_report("flowers", "a"))
    assert retune_page.store_every(store, "others") == []


def test_what_was_not_looked_at_is_not_said_to_be_the_same():
    """Shares of classes and labels are spoken of where there are some."""
    told = retune_page.one(record("aa", changes=()), None).decode()
    assert "and no class's share or column's range" in told
    labels = PROFILE.model_copy(update={"classes": {}, "columns": {}, "labels": {"0": 0.5}})
    told = retune_page.one(record("aa", changes=(), profile=labels), None).decode()
    assert "and no label's share differs by 0.5 % or more" in told
    nothing = PROFILE.model_copy(update={"classes": {}, "columns": {}})
    told = retune_page.one(record("aa", changes=(), profile=nothing), None).decode()
    assert "The number of rows is that of the champion's data.</p>" in told


def test_without_a_margin_equal_is_told_as_impossible():
    """The same on every page: exactly 0, which is not nearly 0; and 100 % nowhere."""
    found = evidence(0.03)
    for equal, scale, said in ((0.0, 0.01, "0 %"), (1e-17, 0.01, "0 %"), (1.0, 0.0, "over 99.9 %")):
        bare = found.model_copy(update={"margin": 0.0, "equal": equal, "scale": scale})
        page = retune_page.one(record("aa", evidence=bare), None).decode()
        tile = page[: page.index("practically equal (no margin)")].rpartition("<b>")[2]
        assert tile.startswith(f"{said}<"), tile
        assert ">100 %" not in page


def test_a_traceback_is_on_its_own_page_alone():
    """There all of it, in the list its first line."""
    why = "ValueError: " + "no city " * 60 + "\nTraceback (most recent call last):\n  File"
    failed = record("aa", "failed", why=why, evidence=None)
    assert why in retune_page.one(failed, None).decode()
    listed = retune_page.every("flowers", [failed]).decode()
    assert "Traceback" not in listed
    assert listed.count(" …</td>") == 1
