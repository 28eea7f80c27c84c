"""What changed between two data: counts, shares and ranges, the largest first."""

from dataclasses import replace

import numpy as np
import pytest
from data import made_rows

from job.data import profile


@pytest.mark.parametrize("rows", [10, 1000])
def test_equal_rows_have_no_changes(rows):
    """A profile differs from itself in nothing."""
    one = profile.Profile(rows=rows, classes={"a": 1.0}, columns={"x": profile.Column(low=0, high=1, mean=0.2)})
    assert profile.changes(one, one) == ()


def test_changes_are_told_largest_first():
    """Rows, shares and ranges, each by its own measure; a column that is new or gone counts as all of it."""
    before = profile.Profile(
        rows=100, classes={"a": 0.5, "b": 0.5},
        columns={"x": profile.Column(low=0, high=1, mean=0.5), "gone": profile.Column(low=0, high=1, mean=0)},
    )  # fmt: skip
    now = profile.Profile(
        rows=130, classes={"a": 0.4, "b": 0.6}, columns={"x": profile.Column(low=0, high=3, mean=1.0)}
    )
    found = profile.changes(before, now)
    assert [one.what for one in found] == ["x", "gone", "rows", "share of class a", "share of class b"]
    assert [one.size for one in found] == pytest.approx([2.0, 1.0, 0.3, 0.1, 0.1])
    assert found[1].now == "not there"
    assert (found[3].before, found[3].now) == ("50.0%", "40.0%")


def test_a_profile_is_numpys_own_numbers(monkeypatch):
    """Each column's range and mean, each class's share; the same where parts are small."""
    X = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    y = np.array(["no", "yes"])[(np.arange(50) % 5 == 0).astype(int)]
    whole = profile.of(made_rows.rows(X, y))
    monkeypatch.setattr(profile, "_PART", 100)
    for found in (whole, profile.of(made_rows.rows(X, y))):
        assert (found.rows, found.classes) == (50, {"no": 0.8, "yes": 0.2})
        for place in range(3):
            one = found.columns[f"X[:, {place}]"]
            column = X[:, place].astype(float)
            assert (one.low, one.high, one.mean) == pytest.approx((column.min(), column.max(), column.mean()))


def test_wide_arrays_are_told_as_a_whole_and_targets_that_are_numbers_too():
    """Images have one range; words have none; regression's y has its own."""
    images = np.linspace(0, 1, 20 * 8 * 8).reshape(20, 8, 8)
    found = profile.of(made_rows.rows(images, np.linspace(-1.0, 1.0, 20)))
    assert set(found.columns) == {"X", "y"}
    assert (found.columns["X"].low, found.columns["X"].high) == (0.0, 1.0)
    assert found.columns["y"].low == -1.0
    many = np.array([f"a text of its own, {one}" for one in range(20)], dtype=object)
    assert not profile.of(made_rows.rows(many, np.linspace(-1.0, 1.0, 20))).words
    words = np.array(["a", "b"] * 10, dtype=object).reshape(20, 1)
    assert "X" not in profile.of(made_rows.rows(words, np.linspace(-1.0, 1.0, 20))).columns


def test_words_and_missing_values_have_shares():
    """Of a table with holes: how often each word is there, how often none; what changed is told by column and word."""
    plan = np.array(["basic", "family", None, "basic"] * 10, dtype=object)
    age = np.array([30.0, np.nan, 40.0, 50.0] * 10).reshape(-1, 1)
    plain = made_rows.rows(np.zeros((40, 1)), np.arange(40) % 2)
    before = profile.of(replace(plain, X={"age": age, "plan": plan}))
    assert before.words == {"plan": profile.Words(shares={"basic": 0.5, "family": 0.25}, missing=0.25)}
    assert (before.columns["age"].mean, before.columns["age"].missing) == (40.0, 0.25)
    filled, other = np.nan_to_num(age, nan=40.0), np.where(plan == "family", "pro", plan)
    now = profile.of(replace(plain, X={"age": filled, "plan": other}))
    found = {one.what: (one.before, one.now) for one in profile.changes(before, now)}
    assert found == {
        "age missing": ("25.0%", "0.0%"), "plan = family": ("25.0%", "0.0%"), "plan = pro": ("0.0%", "25.0%"),
    }  # fmt: skip
    assert profile.changes(now, now) == ()


def test_shares_of_labels_are_told():
    """Each label by its place; one of a profile that knew none is not said to be new."""
    y = np.array([[1, 1, 0], [0, 1, 1], [0, 1, 0], [1, 1, 1]] * 5)
    found = profile.of(made_rows.rows(None, y))
    assert (found.classes, found.labels) == ({}, {"0": 0.5, "1": 1.0, "2": 0.5})
    now = found.model_copy(update={"labels": {"0": 0.16, "1": 1.0, "3": 0.1}})
    told = {one.what: (one.before, one.now) for one in profile.changes(found, now)}
    assert told == {
        "share of label 0": ("50.0%", "16.0%"),
        "share of label 2": ("50.0%", "not there"),
        "share of label 3": ("not there", "10.0%"),
    }
    (first, *_) = profile.changes(found.model_copy(update={"labels": {}}), found)
    assert first.before == "not known"


def test_labels_of_a_table_have_their_names():
    """Columns of y."""
    y = {"cat": np.array([0, 1, 1, 0]), "dog": np.array([1, 1, 1, 0])}
    X = np.zeros((4, 1), dtype=np.float32)
    assert profile.of(made_rows.rows(X, y)).labels == {"cat": 0.5, "dog": 0.75}


def test_many_changes_are_counted():
    """The last line says how many smaller ones there are."""
    columns = {f"x{place}": profile.Column(low=0, high=1, mean=0.5) for place in range(30)}
    before = profile.Profile(rows=10, classes={}, columns=columns)
    moved = {name: profile.Column(low=0, high=2 + place, mean=1) for place, (name, _) in enumerate(columns.items())}
    found = profile.changes(before, before.model_copy(update={"columns": moved}))
    assert len(found) == 20
    assert found[-1].what == "11 smaller changes"
