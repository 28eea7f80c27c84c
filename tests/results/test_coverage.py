"""Coverage and verdict: what is missing is named, with the command that resumes; what failed, with its causes."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_run import MadeRun

from job.errors import DataError, ExitCode, Incomplete
from job.results.coverage import judge, ranges
from job.results.line import FitFailure

PARAMS = [{"x": number} for number in range(60)]
SCORES = {"accuracy": [[0.5, 0.6]] * 60}
NO = FitFailure(kind="ValueError", message="units must be positive", traceback="Traceback (most recent call last)")


@given(st.sets(st.integers(0, 200)))
def test_ranges_name_exactly_these_numbers(numbers):
    """Read back, the ranges are the numbers."""
    text = ranges(numbers, most=1000)
    spans = re.findall(r"(\d+)(?:-(\d+))?", text)
    assert {n for first, last in spans for n in range(int(first), int(last or first) + 1)} == numbers
    assert text != "" or numbers


def test_more_ranges_than_one_reads_are_counted():
    """The first ones are named and the others counted."""
    assert ranges(range(0, 100, 2), most=3) == "0, 2, 4 and 47 more ranges"
    assert ranges([1, 2, 3, 7], most=1) == "1-3 and 1 more range"


def test_a_complete_run_passes():
    """Failed fits among others are no reason to fail a run."""
    judge(MadeRun(PARAMS, SCORES, failed={(0, 0): NO}).table(), "tunejob run study.yaml")


def test_an_incomplete_run_names_what_is_missing_and_how_to_resume():
    """Exit code 75, with the missing trials as ranges and the command."""
    missing = frozenset({(3, 0), (4, 0), (4, 1), (9, 1)})
    with pytest.raises(Incomplete) as caught:
        judge(MadeRun(PARAMS, SCORES, missing=missing).table(), "tunejob run study.yaml")
    assert caught.value.exit_code == ExitCode.INCOMPLETE
    assert "4 of 120 fits are missing, of 3 of 60 trials: 3-4, 9" in str(caught.value)
    assert "tunejob run study.yaml" in str(caught.value)


def test_a_run_whose_fits_all_failed_says_why():
    """Exit code 65, with the causes grouped and counted and one traceback."""
    failed = {(trial, fold): NO for trial in range(60) for fold in range(2)}
    failed[7, 1] = FitFailure(kind="killed", message="by SIGSEGV")
    with pytest.raises(DataError) as caught:
        judge(MadeRun(PARAMS, SCORES, failed=failed, error_score=0.0).table(), "")
    assert caught.value.exit_code == ExitCode.DATA
    text = str(caught.value)
    assert "all 120 fits failed, for 2 causes" in text
    assert "119 fits: ValueError: units must be positive" in text
    assert "1 fit: killed: by SIGSEGV" in text
    assert text.endswith("Traceback (most recent call last)")


def test_error_score_raise_makes_one_failure_the_verdict():
    """With ``error_score: raise`` a failed fit ends the run, complete or not, and its own failure is shown."""
    run = MadeRun(PARAMS, SCORES, failed={(5, 1): NO}, error_score="raise", missing=frozenset({(8, 0)}))
    with pytest.raises(DataError, match=r"(?s)fold 1 of trial 5: ValueError: units must be positive.*Traceback"):
        judge(run.table(), "tunejob run study.yaml")


def test_a_run_whose_trials_all_lack_a_score_says_so():
    """Exit code 65 though fits succeeded: a scorer that is NaN on a fold of each, or a failed fit of each."""
    nan = {name: np.where(np.arange(2) == 1, np.nan, array) for name, array in SCORES.items()}
    with pytest.raises(DataError, match=r"no trial has a mean .*: 60 of 60 lack it on a fold or more, where it is NaN"):
        judge(MadeRun(PARAMS, nan).table(), "")
    failed = {(trial, 0): NO for trial in range(60)}
    with pytest.raises(DataError, match=r"60 of 120 fits failed, for one cause:\n  60 fits: ValueError"):
        judge(MadeRun(PARAMS, SCORES, failed=failed).table(), "")
    judge(MadeRun(PARAMS, SCORES, failed=failed, error_score=0.0).table(), "")
