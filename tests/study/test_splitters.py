"""Splitters are scikit-learn's, built from the study."""

import numpy as np
import pytest
import sklearn.model_selection as sklearn
from sklearn.model_selection import check_cv

from job.errors import UsageError
from job.study import splitters
from job.study.mistakes import StudyMistakes

ROWS = np.arange(60)
LABELS = {"binary": ROWS % 2, "multiclass": ROWS % 3, "regression": ROWS / 7, "multilabel": np.eye(60, 4, dtype=int)}
GROUPS = ROWS % 12


def folds(splitter, y, groups=None):
    """A splitter's folds, comparable."""
    return [(train.tolist(), test.tolist()) for train, test in splitter.split(ROWS[:, None], y, groups)]


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression", "multilabel"])
def test_a_count_is_what_check_cv_makes_of_it(study, task):
    """A number of folds is stratified for classes and not otherwise, as in scikit-learn."""
    theirs = check_cv(4, LABELS[task], classifier=task != "regression")
    assert folds(splitters.build(study(cv="4"), task), LABELS[task]) == folds(theirs, LABELS[task])


@pytest.mark.parametrize(
    ("written", "theirs"),
    [
        ("{KFold: {n_splits: 3, shuffle: true, random_state: 4}}", sklearn.KFold(3, shuffle=True, random_state=4)),
        ("{StratifiedKFold: {n_splits: 3}}", sklearn.StratifiedKFold(3)),
        (
            "{RepeatedStratifiedKFold: {n_splits: 5, n_repeats: 2, random_state: 0}}",
            sklearn.RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0),
        ),
        ("{TimeSeriesSplit: {n_splits: 3, gap: 2}}", sklearn.TimeSeriesSplit(3, gap=2)),
        ("{GroupKFold: {n_splits: 4}}", sklearn.GroupKFold(4)),
        ("LeaveOneGroupOut", sklearn.LeaveOneGroupOut()),
        ("{LeavePGroupsOut: {n_groups: 2}}", sklearn.LeavePGroupsOut(2)),
        ("{StratifiedGroupKFold: {n_splits: 2}}", sklearn.StratifiedGroupKFold(2)),
        ("LeaveOneOut", sklearn.LeaveOneOut()),
        ("{ShuffleSplit: {test_size: 5, random_state: 1}}", sklearn.ShuffleSplit(test_size=5, random_state=1)),
        ("{PredefinedSplit: {test_fold: [0, 0, 1, -1]}}", sklearn.PredefinedSplit([0, 0, 1, -1])),
    ],
)  # fmt: skip
def test_a_splitter_by_name_is_scikit_learns(study, written, theirs):
    """The same folds in the same order, group and time-series splitters included."""
    ours = splitters.build(study(cv=written), "binary")
    if isinstance(theirs, sklearn.PredefinedSplit):
        assert [test.tolist() for _, test in ours.split()] == [test.tolist() for _, test in theirs.split()]
    else:
        groups = GROUPS if splitters.needs_groups(study(cv=written)) else None
        assert folds(ours, LABELS["binary"], groups) == folds(theirs, LABELS["binary"], groups)


@pytest.mark.parametrize(
    ("written", "seeded", "told"),
    [
        ("3", False, "3 folds in the order of the rows, stratified"),
        ("{KFold: {n_splits: 3}}", False, "KFold(n_splits=3)"),
        ("{KFold: {shuffle: true}}", True, "KFold(shuffle=True, random_state=7); random_state is the study's seed"),
        ("{KFold: {shuffle: true, random_state: 1}}", False, "KFold(shuffle=True, random_state=1)"),
        ("RepeatedKFold", True, "RepeatedKFold(random_state=7); random_state is the study's seed"),
        ("ShuffleSplit", True, "ShuffleSplit(random_state=7); random_state is the study's seed"),
    ],
)
def test_a_splitter_that_shuffles_takes_the_studys_seed(study, written, seeded, told):
    """Without a random_state of its own, folds come from the study's seed, and it is said."""
    one, other = study(cv=written, seed="7"), study(cv=written, seed="8")
    y = LABELS["binary"]
    assert splitters.describe(one, "binary") == told
    assert folds(splitters.build(one, "binary"), y) == folds(splitters.build(one, "binary"), y)
    assert (folds(splitters.build(one, "binary"), y) != folds(splitters.build(other, "binary"), y)) is seeded


@pytest.mark.parametrize(
    ("written", "many"),
    [("3", 3), ("{RepeatedKFold: {n_splits: 4, n_repeats: 3}}", 12), ("LeaveOneOut", None), ("my:own", None)],
)
def test_the_number_of_folds_is_told_where_it_can_be(study, written, many):
    """Leave-one-out depends on the rows, the user's own on the code."""
    assert splitters.count(study(cv=written)) == many


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"cv": "1"}, "cv: got 1; the number of folds is a whole number of at least 2."),
        ({"cv": "true"}, "cv: got true; the number of folds is a whole number of at least 2."),
        (
            {"cv": "[KFold]"},
            (
                "cv: got ['KFold']; allowed is `3`, or a splitter such as `{KFold: {n_splits: 5, shuffle: true}}`, or "
                "`module:name`."
            ),
        ),
        ({"cv": "{KFold: 5}"}, "cv: got {'KFold': 5}; arguments are given by name: `{KFold: {argument: value}}`."),
        (
            {"cv": "{KFold: {n_split: 3}}"},
            (
                "cv.KFold.n_split: `KFold` has no argument `n_split`; it takes `n_splits`, `shuffle` and "
                "`random_state`. "
                "Did you mean `n_splits`?"
            ),
        ),
        ({"cv": "LeavePOut"}, "cv: `LeavePOut` needs `p`: `{LeavePOut: {p: …}}`."),
        (
            {"cv": "{KFold: {n_splits: 1}}"},
            (
                "cv.KFold: scikit-learn refuses these arguments: k-fold cross-validation requires at least one "
                "train/test "
                "split by setting n_splits=2 or more, got n_splits=1."
            ),
        ),
        (
            {"cv": "{ShuffleSplit: {test_size: 2.0}}"},
            (
                "cv.ShuffleSplit: scikit-learn refuses these arguments: test_size=2.0 should be either positive "
                "and smaller "
                "than the number of samples 10000 or a float in the (0, 1) range."
            ),
        ),
        (
            {"cv": "{StratifiedKFold: {}}", "task": "regression"},
            (
                "cv.StratifiedKFold: `StratifiedKFold` divides rows by their class, and `task: regression` has "
                "no single "
                "one; use `KFold`."
            ),
        ),
    ],
)
def test_what_is_no_splitter_is_told(said, fields, sentence):
    """Each wrong way of writing cv is one mistake that says what is allowed."""
    assert said(**fields) == [f"line 6: {sentence}"]


def test_an_unknown_splitter_names_the_nearest(said):
    """All names are listed, the nearest last."""
    (told,) = said(cv="KFolds")
    assert told.startswith("line 6: cv: there is no splitter `KFolds`; allowed are a number of folds, `module:name` of")
    assert told.endswith("`StratifiedShuffleSplit` and `TimeSeriesSplit`. Did you mean `KFold`?")


def test_splitters_of_the_users_own(study, beside):
    """An object, a class, a function with arguments, or a list of folds."""
    folder = beside(
        mine__py="""
from sklearn.model_selection import KFold
ready = KFold(3)
listed = [([0, 1], [2]), ([2], [0, 1])]
def made(n, random_state=None): return KFold(n, shuffle=True, random_state=random_state)
class Halves:
    def split(self, X, y=None, groups=None):
        yield [0], [1]
    def get_n_splits(self, X=None, y=None, groups=None): return 1
number = 3.5
def fails(): return 1 / 0
"""
    )
    y = LABELS["binary"]
    assert folds(splitters.build(study(cv="mine:ready"), None, folder), y) == folds(sklearn.KFold(3), y)
    made = splitters.build(study(cv="{'mine:made': {n: 4}}", seed="9"), None, folder)
    assert folds(made, y) == folds(sklearn.KFold(4, shuffle=True, random_state=9), y)
    assert list(splitters.build(study(cv="mine:listed"), None, folder).split()) == [([0, 1], [2]), ([2], [0, 1])]
    assert splitters.build(study(cv="mine:Halves"), None, folder).get_n_splits() == 1
    with pytest.raises(UsageError, match=r"cv: mine:number gives 3\.5; allowed is an object with `split"):
        splitters.build(study(cv="mine:number"), None, folder)
    with pytest.raises(StudyMistakes, match=r"cv: calling `mine:fails` failed \(mine.py line 11\): ZeroDivisionError"):
        splitters.build(study(cv="mine:fails"), None, folder)
    with pytest.raises(StudyMistakes, match=r"cv: calling `mine:made` failed: TypeError: made\(\) got an unexpected"):
        splitters.build(study(cv="{'mine:made': {m: 4}}"), None, folder)
