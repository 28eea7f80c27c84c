"""Candidates are scikit-learn's own, in its order, one at a time."""

import json
import warnings
from itertools import islice

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import ParameterGrid, ParameterSampler

from job.errors import UsageError
from job.study import search
from job.study.study import Study

VALUES = st.none() | st.booleans() | st.integers(-99, 99) | st.floats(-9, 9) | st.sampled_from(["relu", "tanh", "1e-3"])
NESTED = VALUES | st.lists(st.integers(1, 9), max_size=3)
CHOICES = st.lists(NESTED, min_size=1, max_size=5).map(lambda values: (values, values))
SEQUENCES = st.sampled_from(
    [
        ({"range": [32, 257, 32]}, range(32, 257, 32)),
        ({"range": 4}, range(4)),
        ({"linspace": [0, 1, 5]}, np.linspace(0, 1, 5)),
        ({"linspace": {"start": 1, "stop": 2, "num": 3}}, np.linspace(1, 2, 3)),
        ({"geomspace": [1e-4, 1e-1, 4]}, np.geomspace(1e-4, 1e-1, 4)),
    ]
)
DRAWN = st.sampled_from(
    [
        ({"randint": [16, 128]}, scipy.stats.randint(16, 128)),
        ({"randint": {"low": 16, "high": 128}}, scipy.stats.randint(low=16, high=128)),
        ({"loguniform": [1e-4, 1e-1]}, scipy.stats.loguniform(1e-4, 1e-1)),
        ({"uniform": [-1, 1]}, scipy.stats.uniform(-1, 1)),
        ({"norm": {"loc": 1, "scale": 0.5}}, scipy.stats.norm(loc=1, scale=0.5)),
        ({"norm": None}, scipy.stats.norm()),
        ({"expon": 2}, scipy.stats.expon(2)),
        ({"truncnorm": [-1, 1, 0, 2]}, scipy.stats.truncnorm(-1, 1, 0, 2)),
        ({"bernoulli": 0.3}, scipy.stats.bernoulli(0.3)),
        ({"dirichlet": [[1, 2]]}, scipy.stats.dirichlet([1, 2])),
    ]
)
NAMES = st.sampled_from(["a", "b", "units", "Z", "_x"])


def spaces(parameters):
    """Lists of spaces, as written and as scikit-learn takes them."""
    one = st.dictionaries(NAMES, parameters, max_size=3)
    return st.lists(one, min_size=1, max_size=3).map(
        lambda found: (
            [{name: pair[0] for name, pair in each.items()} for each in found],
            [{name: pair[1] for name, pair in each.items()} for each in found],
        )
    )


def of(space, kind="grid", seed=0, **more):
    """A study of a space."""
    return Study(name="s", model="m:b", data="d:l", search={"kind": kind, **more}, space=space, seed=seed)


def plain(value):
    """NumPy's values as Python's, by NumPy itself."""
    return np.asarray(value).tolist() if isinstance(value, (np.generic, np.ndarray)) else value


def same(ours, theirs):
    """Asserts equal candidates in equal order: names, values and their kinds, all of them JSON."""
    expected = [{name: plain(value) for name, value in params.items()} for params in theirs]
    assert ours == expected
    assert [[type(v) for v in params.values()] for params in ours] == [
        [type(v) for v in params.values()] for params in expected
    ]
    assert json.loads(json.dumps(ours)) == ours


@given(spaces(CHOICES | SEQUENCES))
@settings(deadline=None)
def test_a_grid_is_scikit_learns(pair):
    """A grid search has ParameterGrid's points, in its order, and as many as said."""
    written, theirs = pair
    study = of(written)
    ours = list(search.candidates(study))
    same(ours, ParameterGrid(theirs))
    assert search.size(study) == len(ours)


@given(spaces(CHOICES | SEQUENCES | DRAWN), st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_a_random_search_is_scikit_learns(pair, trials, seed):
    """A random search has ParameterSampler's points for the same count and seed."""
    written, theirs = pair
    study = of(written, "random", trials=trials, seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # scikit-learn's, of a space smaller than the count
        expected = list(ParameterSampler(theirs, trials, random_state=seed))
    ours = list(search.candidates(study))
    same(ours, expected)
    assert search.size(study) == len(ours)


def test_the_searchs_seed_is_the_studys_unless_it_has_its_own():
    """Two studies of one seed draw alike; the search's own seed goes first."""
    space = [{"a": {"uniform": [0, 1]}}]
    own = Study(name="s", model="m:b", data="d:l", search={"random": {"trials": 3, "seed": 7}}, space=space, seed=1)
    by_study = list(search.candidates(of(space, "random", trials=3, seed=7)))
    assert list(search.candidates(own)) == by_study
    assert list(search.candidates(of(space, "random", trials=3, seed=1))) != by_study


def test_a_huge_grid_is_counted_and_sampled_without_being_built():
    """A grid of 10^9 points has its size told, its first points read, and a sample drawn."""
    space = [{"a": {"range": [0, 1000]}, "b": {"range": [0, 1000]}, "c": {"linspace": [0, 1, 1000]}}]
    assert search.size(of(space)) == 10**9
    assert [params["c"] for params in islice(search.candidates(of(space)), 2)] == [0.0, 1 / 999]
    drawn = list(search.candidates(of(space, "random", trials=60)))
    theirs = ParameterSampler({"a": range(1000), "b": range(1000), "c": np.linspace(0, 1, 1000)}, 60, random_state=0)
    same(drawn, theirs)


def test_a_range_of_a_thousand_million_values_is_never_listed():
    """One long range is sampled as a range."""
    study = of([{"a": {"range": [0, 10**9]}}], "random", trials=2)
    same(list(search.candidates(study)), ParameterSampler({"a": range(10**9)}, 2, random_state=0))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"space": "{a: {range: [0, 1000]}, b: {range: [0, 1000]}, c: {range: [0, 1000]}}", "cv": "3"},
            (
                "line 5: space: the grid has 1,000,000,000 points; that is 3,000,000,000 fits with 3 folds, "
                "over the limit of "
                "1,000,000 (`limits: {fits: …}`). `search: {random: {trials: 60}}` draws some of them."
            ),
        ),
        (
            {"limits": "{fits: 9}"},
            (
                "line 5: space: the grid has 2 points; that is 10 fits with 5 folds, over the limit of 9 "
                "(`limits: {fits: …}`). `search: {random: {trials: 1}}` draws some of them."
            ),
        ),
        (
            {"search": "{random: {trials: 900000}}", "space": "{a: {uniform: [0, 1]}}", "cv": "2"},
            (
                "line 4: search: got 900,000 trials; that is 1,800,000 fits with 2 folds, over the limit of 1,000,000 "
                "(`limits: {fits: …}`). Ask for fewer."
            ),
        ),
        (
            {"space": "{a: {range: 1000001}}", "cv": "LeaveOneOut"},
            (
                "line 5: space: the grid has 1,000,001 points; that is at least 1,000,001 fits with its folds, "
                "over the limit "
                "of 1,000,000 (`limits: {fits: …}`). `search: {random: {trials: 60}}` draws some of them."
            ),
        ),
        (
            {
                "search": "{random: {trials: 3}}",
                "space": f"{{{', '.join(f'p{i}: {{range: 1000}}' for i in range(7))}}}",
            },
            (
                "line 5: space: the space has about 10^21 points, all of them choices: scikit-learn draws "
                "each at most once, "
                "and can't among more than 10^18. Make one a distribution, such as `{randint: [low, high]}`."
            ),
        ),
    ],
)
def test_a_search_too_large_to_run_is_refused_with_its_size(said, fields, sentence):
    """More fits than the limit, or than a million, are refused when the study is read."""
    assert said(**fields) == [sentence]


def test_a_limit_is_not_passed_by_as_many_fits_as_it_says(study):
    """As many fits as the limit are allowed."""
    assert study(limits="{fits: 10}").limits.fits == 10


def test_users_distributions_need_the_users_code():
    """Without a folder, a distribution of the user's own is refused by name, not guessed."""
    study = of([{"a": "my:dist"}], "random", trials=2)
    with pytest.raises(UsageError, match="a distribution of the user's own, my:dist, and no user code is here"):
        list(search.candidates(study))
