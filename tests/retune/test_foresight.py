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
    assert "promoted where better is 95 % probable" in said
    assert "0.92 standard deviations" in said
    assert "accuracy that is can be said after a first run" in said
    assert "warning" not in said


def test_margin_and_floor_are_told():
    """What must be exceeded, and what must be reached."""
    said = told(margin=0.01, floor=0.8)
    assert "better by more than 0.01 is 95 % probable and its mean reaches 0.8" in said


@pytest.mark.parametrize("folds", [3, 5])
def test_folds_that_hardly_ever_see_a_gain_are_warned_of(folds):
    """Few folds without repetition."""
    said = told(confirm=Splitter(name="folds", arguments={"n_splits": folds}))
    assert f"warning: {folds} folds hardly ever see a gain" in said


def test_a_study_without_the_section_is_told_nothing():
    """Nothing to foresee."""
    assert list(foresight.told(made_plan.study(), made_plan.facts(), open_store(f"memory://{uuid4().hex}"))) == []


@pytest.mark.parametrize(("confidence", "said"), [(0.995, "99.5 %"), (0.999, "99.9 %"), (0.9, "90 %")])
def test_a_confidence_is_told_with_all_its_digits(confidence, said):
    """It is never rounded to all."""
    assert f"better is {said} probable" in told(confidence=confidence)


def test_a_confidence_that_hides_every_gain_is_warned_of_by_name():
    """The default's folds are not to blame, and nobody is told to leave out what is not there."""
    said = told(confidence=0.995)
    assert "warning: `confidence: 0.995` hardly ever lets a gain be seen: it must be 1.5 standard deviations" in said
    assert "where 0.95 needs 0.92" in said
    assert "`confirm`" not in said


def test_folds_that_can_not_be_left_out_are_not_told_to_be():
    """In order of time nothing is repeated, and `confirm` is needed: more folds are what helps."""
    few = Splitter(name="TimeSeriesSplit", arguments={"n_splits": 3})
    study = made_plan.study(cv=Splitter(name="TimeSeriesSplit", arguments={"n_splits": 4}), retune=Retune(confirm=few))
    said = " ".join(foresight.told(study, made_plan.facts(), open_store(f"memory://{uuid4().hex}")))
    assert said.endswith("take more, such as `confirm: {TimeSeriesSplit: {n_splits: 20}}`")
    assert "leave" not in said


def test_splits_at_random_are_raised_rather_than_repeated():
    """What has no repeats has a number."""
    said = told(confirm=Splitter(name="ShuffleSplit", arguments={"n_splits": 3}))
    assert said.endswith("leave `confirm` out, or raise its `n_splits`")
