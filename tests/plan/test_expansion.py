"""All trials of a study, held compactly."""

import made_plan
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import ParameterGrid

from job.plan import expansion
from job.study.mistakes import StudyMistakes
from job.study.study import Limits, Search

candidates = st.lists(
    st.fixed_dictionaries({"a": st.integers(0, 2), "b": st.sampled_from([0.1, 0.2, "x"])}), min_size=1, max_size=40
)


@given(candidates)
def test_a_trial_comes_back_as_it_was_drawn(drawn: list) -> None:
    """Number, params and twin of each trial, from the compact form."""
    held = expansion.of_candidates(drawn, lambda _: 1.0)
    for number, params in enumerate(drawn):
        trial = held.trial(number)
        first = drawn.index(params)
        assert (trial.number, trial.params) == (number, params)
        assert trial.twin == (None if first == number else first)


@given(candidates)
def test_only_the_first_of_equal_params_trains(drawn: list) -> None:
    """As many trials train as there are different params."""
    held = expansion.of_candidates(drawn, lambda _: 1.0)
    assert len(held) == len(drawn)
    assert held.unique.tolist() == [number for number, params in enumerate(drawn) if drawn.index(params) == number]


def test_trials_share_a_program_when_they_differ_in_floats_alone() -> None:
    """Zero and other floats are two programs, as layers ask for it; integers and words are programs of their own."""
    drawn = [
        {"units": 8, "rate": 0.1},
        {"units": 8, "rate": 0.2},
        {"units": 8, "rate": 0.0},
        {"units": 16, "rate": 0.1},
        {"units": 8, "rate": "auto"},
    ]
    programs = expansion.of_candidates(drawn, lambda _: 1.0).programs.tolist()
    assert programs[0] == programs[1]
    assert len(set(programs)) == 4


def test_the_candidates_are_scikit_learns() -> None:
    """Expanding a grid gives ParameterGrid's points in its order."""
    held = expansion.expand(made_plan.study(), made_plan.facts())
    assert [held.trial(number).params for number in range(len(held))] == list(ParameterGrid(made_plan.SPACE))


def test_candidates_that_prepare_drew_are_taken_over() -> None:
    """Where drawing needs the user's code, a worker drew, and no user code is imported here."""
    study = made_plan.study(space=({"units": "mine:draw"},), search=Search(kind="random", trials=2))
    held = expansion.expand(study, made_plan.facts(candidates=({"units": 3}, {"units": 5})))
    assert [held.trial(number).params for number in range(2)] == [{"units": 3}, {"units": 5}]


def test_a_grid_of_a_thousand_million_points_is_refused_with_its_size() -> None:
    """It is never expanded; the message names points, fits and limit."""
    study = made_plan.study(space=({name: list(range(1000)) for name in "abc"},), limits=Limits(fits=500))
    with pytest.raises(StudyMistakes, match=r"1,000,000,000 points.*3,000,000,000 fits.*500"):
        expansion.expand(study, made_plan.facts())
