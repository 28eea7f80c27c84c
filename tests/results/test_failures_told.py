"""What is said of failed fits: how many, why, which trials, and where in the user's own code."""

import traceback

import pytest
from made_run import MadeRun

from job.report import words
from job.results import failures
from job.results.brief import Brief
from job.results.failures import Cause
from job.results.line import FitFailure

TRACEBACK = """\
Traceback (most recent call last):
  File "/opt/venv/lib/python3.11/site-packages/job/train/by_fit.py", line 90, in train
    model = building.fresh(build, request.build, request.seed)
  File "/home/ada/study/model.py", line 14, in build
    check(units)
  File "/home/ada/study/checks.py", line 3, in check
    raise ValueError("too many units")
  File "/opt/venv/lib/python3.11/site-packages/keras/src/layers/layer.py", line 5, in __call__
    raise e
ValueError: too many units
"""


def cause(count=9, trials=(3, 5), text=TRACEBACK, message="too many units"):
    """A cause of failed fits."""
    return Cause(count, trials[0], 0, FitFailure(kind="ValueError", message=message, traceback=text), tuple(trials))


def test_failures_are_told_by_cause_with_trials_and_place():
    """How many of how many, then each cause with its trials and the innermost frame of the user's own."""
    assert failures.told([cause(), cause(1, (7,), "", "no data")], 10, 81) == [
        "10 of 81 fits FAILED, for 2 causes:",
        "  9 fits (trials 3, 5): ValueError: too many units",
        '    checks.py line 3, in check: raise ValueError("too many units")',
        "  1 fit (trial 7): ValueError: no data",
    ]


def test_nothing_is_told_where_nothing_failed():
    """No failed fits, no lines."""
    assert failures.told([], 0, 81) == []


def test_many_causes_and_trials_are_cut():
    """A thousand causes are a few lines, and say how many more there are."""
    told = failures.told([cause(1, tuple(range(20)), "")] * 30, 30, 81)
    assert told[1] == "  1 fit (trials 0, 1, 2, 3, 4, 5, 6, 7, …): ValueError: too many units"
    assert told[-1] == "  and 25 more causes"


def test_a_real_traceback_has_its_place(tmp_path):
    """Python's own text of an exception in a file of the user's."""
    (tmp_path / "model.py").write_text("def build(units):\n    return units['a']\n")
    names: dict = {}
    source = (tmp_path / "model.py").read_text()
    exec(compile(source, str(tmp_path / "model.py"), "exec"), names)  # noqa: S102  # a user's module
    with pytest.raises(TypeError) as raised:
        names["build"](3)
    text = "".join(traceback.format_exception(raised.value))
    assert str(failures.own_frame(text)).startswith("model.py line 2, in build: return units['a']")


def test_a_traceback_of_libraries_alone_has_no_place_of_the_users():
    """Frames of ours, of Keras and of Python are nobody's own."""
    text = TRACEBACK.replace("/home/ada/study/", "/opt/venv/lib/python3.11/")
    assert failures.own_frame(text) is None


def test_a_complete_run_with_failed_fits_says_so_in_its_state():
    """The badge is amber, and its words have the count; without failures it is the plain word."""
    assert words.verdict(Brief("accuracy", 0.9, 8, 3, 8)) == ("warned", "complete, 3 of 8 fits failed")
    assert words.verdict(Brief("accuracy", 0.9, 8, 0, 8)) == ("", "complete")
    assert words.verdict(Brief("accuracy", None, 8, 8, 8))[0] == "failed"


def test_files_that_several_fits_wrote_are_told_with_the_remedy():
    """The commonest by its name, and how many more; what each fit has of its own is nobody's business."""
    both = {(0, 0), (0, 1)}
    made = MadeRun([{"x": 1}], {"accuracy": [[0.5, 0.6]]}, missing=frozenset(both))
    assert made.table().overwritten == ""
    shared = ("/w/best.keras", "/w/log.csv")
    made.put("one", [made.line(0, fold, wrote=(*shared, f"/w/{fold}.csv")) for _, fold in sorted(both)])
    told = made.table().overwritten
    assert told.startswith("2 fits wrote /w/best.keras, and 1 more such files: ")
    assert "best-{trial}-{fold}.keras" in told
    assert words.provenance(made.table())["files"] == told
