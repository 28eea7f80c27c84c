"""A fit's limit of time, alone and in a group."""

import pytest
from work import run as runs

pytestmark = pytest.mark.usefixtures("forked")


def test_a_fit_over_its_limit_fails_alone(tmp_path):
    """One of three, trained one by one, would never end: it fails by its limit, in its own process."""
    run = runs.harmful(tmp_path, "signal.pause()", {"search:": "limits: {fit: 8s}\nsearch:"})
    assert run.work().code == 0, run.log
    assert [line.error is None for line in run.lines()] == [True, False, True]
    assert run.lines()[1].error.kind == "limit"
    assert "over the limit of 8 s (`limits.fit`)" in run.lines()[1].error.message


def test_a_group_over_its_fits_limit_is_trained_one_by_one(tmp_path):
    """Fits that go together and would not end together: each fails by its own limit, none for another's sake."""
    endless = {"units: [2, 3, 4]": "units: [2, 3]", "cv:": "fit: {epochs: 1000000}\nlimits: {fit: 2s}\ncv:"}
    run = runs.planned(tmp_path, endless)
    assert run.work().code == 0, run.log
    assert [line.error.kind for line in run.lines()] == ["limit", "limit"]
    assert {line.way for line in run.lines()} == {"fit"}
    assert all("limits.fit" in line.why for line in run.lines())
