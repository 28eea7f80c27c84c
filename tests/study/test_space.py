"""What a parameter may be, and what is told of it."""

import math

import pytest

from job.errors import UsageError
from job.study import space
from job.study.study import Study

RANDOM = "{random: {trials: 5}}"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("3", "space.p: got 3; a single value is a list of one: `[3]`."),
        ("relu", "space.p: got 'relu'; a single value is a list of one: `[relu]`."),
        ("", "space.p: got nothing; a single value is a list of one: `[null]`."),
        ("[]", "space.p: got an empty list; a parameter has at least one value."),
        ("[{1: 2}]", "space.p[0]: got {1: 2}; the keys of a mapping are text: quote them."),
        (
            "{uniform: [0, 1], norm: }",
            (
                "space.p: got {'uniform': [0, 1], 'norm': None}; allowed are a list of values, or one "
                "distribution with its "
                "arguments, such as `{loguniform: [1e-4, 1e-1]}`."
            ),
        ),
        (
            "{logunifrom: [1, 2]}",
            (
                "space.p.logunifrom: there is no distribution `logunifrom`; allowed are scipy.stats's names, such as "
                "`loguniform`, `randint`, `uniform`, and `range`, `linspace`, `geomspace`, or `module:name` of "
                "your own. "
                "Did you mean `loguniform`?"
            ),
        ),
        ("{loguniform: [1]}", "space.p.loguniform: `loguniform` needs `b`. It takes a, b, loc, scale."),
        (
            "{randint: {low: 1, hihg: 2}}",
            "space.p.randint: `randint` has no argument `hihg`. It takes low, high, loc. Did you mean `high`?",
        ),
        ("{uniform: [0, x]}", "space.p.uniform: `uniform` takes numbers; got 'x'. It takes loc, scale."),
        ("{uniform: [0, 1, 2]}", "space.p.uniform: `uniform` takes at most 2 arguments; got 3. It takes loc, scale."),
        (
            "{randint: [128, 16]}",
            (
                "space.p.randint: scipy.stats can't draw from randint(128, 16): Domain error in arguments. It "
                "takes low, "
                "high, loc."
            ),
        ),
        (
            "{range: [1, 9, 0]}",
            (
                "space.p.range: `range` takes whole numbers as Python's does: `[start, stop]` or `[start, "
                "stop, step]`; "
                "fractions are spaced by `linspace: [start, stop, how many]`."
            ),
        ),
        (
            "{range: 1000000000000000000000}",
            "space.p.range: `range` takes whole numbers up to 10^18; got [1000000000000000000000].",
        ),
        ("{range: [9, 1]}", "space.p.range: this `range` has no values."),
        ("{linspace: [0, 1]}", "space.p.linspace: `linspace` takes `[start, stop, how many]`, as NumPy's does."),
        (
            "{linspace: [0, 1, 1000000000]}",
            "space.p.linspace: got 1,000,000,000 values; at most 1,000,000 are listed for one parameter.",
        ),
        ("{geomspace: [0, 1, 3]}", "space.p.geomspace: `geomspace` goes from one number above zero to another."),
    ],
)
def test_what_is_no_parameter_is_told(said, value, sentence):
    """Each wrong way of writing a parameter is one mistake that says what is allowed."""
    assert said(search=RANDOM, space=f"{{p: {value}}}") == [f"line 5: {sentence}"]


def test_a_distribution_in_a_grid_is_told(said):
    """A grid can't hold what has no end of values; what can be done is said."""
    assert said(space="{p: {uniform: [0, 1]}}") == [
        (
            "line 5: space.p.uniform: `uniform` is a distribution, and a grid has no end of its values; allowed "
            "are a list, "
            "`range`, `linspace` and `geomspace`, or `search: {random: {trials: 60}}`."
        )
    ]


def test_a_parameter_is_named_as_python_names(said):
    """A name that can't be a keyword is refused."""
    assert said(space="{a b: [1]}") == [
        "line 5: space.a b: got 'a b'; a parameter's name is a Python name, such as `hidden_units`."
    ]


def test_mistakes_in_each_of_several_spaces_are_told(said):
    """Every space and parameter is looked at, with its own line."""
    assert [one[:22] for one in said(space="\n- {a: []}\n- {b: 3,\n   c: x}")] == [
        "line 6: space[0].a: go",
        "line 7: space[1].b: go",
        "line 8: space[1].c: go",
    ]


def test_the_real_support_is_told(study):
    """Scipy's uniform from -1, 1 wide, ends at 0; randint leaves its end out."""
    told = space.describe(
        study(search=RANDOM, space="{a: {uniform: [-1, 1]}, b: {randint: [16, 128]}, c: [1, 2], d: {norm: }}")
    )
    assert [(one.place, one.text, one.support) for one in told] == [
        (("space", 0, "a"), "uniform: [-1, 1]", (-1.0, 0.0)),
        (("space", 0, "b"), "randint: [16, 128]", (16, 127)),
        (("space", 0, "d"), "norm", (-math.inf, math.inf)),
    ]
    assert all(-1 <= draw <= 0 for draw in told[0].draws)
    assert [len(set(one.draws)) for one in told] == [3, 3, 3]


def test_a_distribution_of_the_users_own(beside):
    """``module:name`` is an object with rvs, or a function or class that makes one, with arguments if given."""
    folder = beside(
        mine__py="""
import scipy.stats
fixed = scipy.stats.uniform(2, 3)
steps = [1, 2, 3]
def between(low=0, high=1): return scipy.stats.uniform(low, high - low)
class Odd:
    def rvs(self, random_state): return 2 * random_state.randint(0, 5) + 1
"""
    )
    written = {"a": "mine:fixed", "b": {"mine:between": [5, 6]}, "c": {"mine:between": {"high": 9}}, "d": "mine:Odd"}
    written["e"] = "mine:steps"
    mine = Study(name="s", model="m:b", data="d:l", search={"random": {"trials": 9}}, space=written)
    supports = [one.support for one in space.describe(mine, folder)]
    assert supports == [(2.0, 5.0), (5.0, 6.0), (0.0, 9.0), None]
    made = space.distributions(mine, folder)[0]
    assert made["e"] == [1, 2, 3]
    assert space.needs_user_code(mine)
    assert space.describe(mine) == []


def test_what_is_no_distribution_of_the_users_own_is_refused(beside):
    """An object without rvs is told as what it is."""
    mine = Study(name="s", model="m:b", data="d:l", search={"random": {"trials": 9}}, space={"a": "mine:x"})
    with pytest.raises(UsageError, match="mine:x is 3; a distribution has scipy's `rvs"):
        space.distributions(mine, beside(mine__py="x = 3"))
