"""What ``check`` says of the gains that a retune can see."""

from uuid import uuid4

import pytest
from plan import made_plan

from job.retune import foresight
from job.store import open_store
from job.study.study import Retune, Splitter


def told(**section):
    """All sentences for the made-up study, with nothing in its store."""
    study = made_plan.study(retune=Retune(**section))
    return " ".join(foresight.told(study, made_plan.facts(), open_store(f"memory://{uuid4().hex}")))


def test_the_default_is_told_with_the_gain_it_sees():
    """25 folds, 0.92 standard deviations, and that a first run tells how much that is."""
    said = told()
    assert "25 fresh folds, RepeatedStratifiedKFold(n_splits=5, n_repeats=5); promoted where" in said
    assert "promoted where better is 95% probable" in said
    assert "0.92 standard deviations" in said
    assert "accuracy that is can be said after a first run" in said
    assert "warning" not in said


def test_margin_and_floor_are_told():
    """What must be exceeded, and what must be reached."""
    said = told(margin=0.01, floor=0.8)
    assert "better by more than 0.01 is 95% probable and its mean reaches 0.8" in said


@pytest.mark.parametrize("folds", [3, 5])
def test_folds_that_hardly_ever_see_a_gain_are_warned_of(folds):
    """Few folds without repetition."""
    said = told(confirm=Splitter(name="folds", arguments={"n_splits": folds}))
    assert f"warning: {folds} folds hardly ever see a gain" in said


def test_a_study_without_the_section_is_told_nothing():
    """Nothing to foresee."""
    assert list(foresight.told(made_plan.study(), made_plan.facts(), open_store(f"memory://{uuid4().hex}"))) == []
