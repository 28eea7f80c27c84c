"""Folds: made once, kept as row numbers."""

import io
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_rows import rows, study
from sklearn import model_selection

from job.data import folds
from job.data.rows import Fold
from job.errors import DataError
from job.study.mistakes import StudyMistakes
from job.study.study import Splitter

Y = np.array([0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1])
GROUPS = np.array(list("aaabbbcccddd"))


def cv(name: str, **arguments: object) -> Splitter:
    """A splitter by name."""
    return Splitter(name=name, arguments=arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("KFold", {"n_splits": 4}),
        ("KFold", {"n_splits": 4, "shuffle": True, "random_state": 3}),
        ("StratifiedKFold", {"n_splits": 3}),
        ("RepeatedStratifiedKFold", {"n_splits": 2, "n_repeats": 3, "random_state": 1}),
        ("ShuffleSplit", {"n_splits": 3, "test_size": 0.25, "random_state": 2}),
        ("LeaveOneOut", {}),
        ("GroupKFold", {"n_splits": 2}),
        ("LeaveOneGroupOut", {}),
        ("StratifiedGroupKFold", {"n_splits": 2}),
        ("TimeSeriesSplit", {"n_splits": 3}),
    ],
)
def test_folds_are_those_of_scikit_learn(name: str, arguments: dict) -> None:
    """The same rows in the same order as the splitter gives by itself, and so after saving and reading."""
    groups = GROUPS if "Group" in name else None
    found = folds.make(study(cv=cv(name, **arguments)), rows(y=Y, groups=groups))
    expected = list(getattr(model_selection, name)(**arguments).split(np.zeros(12), Y, groups))
    for made in (found, folds.read(folds.save(found))):
        assert [one.train.tolist() for one in made] == [train.tolist() for train, _ in expected]
        assert [one.test.tolist() for one in made] == [test.tolist() for _, test in expected]
        assert folds.digest(made) == folds.digest(found)


def test_a_count_stratifies_classes_alone() -> None:
    """Three folds: stratified for labels, in the order of rows for amounts and several labels."""
    labels = rows(y=np.sort(Y))
    expected = list(model_selection.StratifiedKFold(3).split(np.zeros(12), np.sort(Y)))
    assert [one.test.tolist() for one in folds.make(study(), labels)] == [test.tolist() for _, test in expected]
    for y in (np.linspace(0, 1, 12), np.stack([Y, Y], axis=1)):
        assert folds.make(study(), rows(y=y))[0].test.tolist() == [0, 1, 2, 3]


def test_inputs_of_any_form_are_split_by_y() -> None:
    """Several inputs are no list of rows for scikit-learn; their number is."""
    X = {"a": np.zeros((12, 2)), "b": np.zeros((12, 3))}
    assert [len(one.test) for one in folds.make(study(), rows(X, Y))] == [4, 4, 4]


some_folds = st.integers(2, 40).flatmap(
    lambda n: st.lists(
        st.tuples(st.permutations(range(n)), st.integers(1, n - 1), st.booleans()).map(
            lambda drawn: Fold(
                train=np.array(sorted(drawn[0][drawn[1] :]) if drawn[2] else drawn[0][drawn[1] :]),
                test=np.array(drawn[0][: drawn[1]]),
            )
        ),
        min_size=1,
        max_size=5,
    )
)


@given(some_folds)
def test_what_is_saved_is_read_back(made: list) -> None:
    """Any folds, shuffled ones and those that leave rows out, come back in their own order, as int64."""
    back = folds.read(folds.save(made))
    assert [(one.train.tolist(), one.test.tolist()) for one in back] == [
        (f.train.tolist(), f.test.tolist()) for f in made
    ]
    assert {one.train.dtype for one in back} | {one.test.dtype for one in back} == {np.dtype(np.int64)}
    assert folds.save(back) == folds.save(made)


@given(some_folds, some_folds)
def test_other_folds_have_another_digest(one: list, other: list) -> None:
    """Equal exactly where all rows are, in their order."""
    rows_of = [[(f.train.tolist(), f.test.tolist()) for f in made] for made in (one, other)]
    assert (folds.digest(one) == folds.digest(other)) == (rows_of[0] == rows_of[1])


def test_folds_of_many_rows_are_kept_small() -> None:
    """Five folds of 200,000 rows: 8 MB of row numbers in less than half a megabyte, without pickle."""
    made = [Fold(train, test) for train, test in model_selection.KFold(5).split(np.zeros(200_000))]
    data = folds.save(made)
    assert len(data) < 500_000
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        assert arrays["train"].size == 0


def test_groups_that_are_not_there_are_the_studys_mistake() -> None:
    """At ``cv``, with both ways to give them."""
    with pytest.raises(StudyMistakes, match=r"cv: GroupKFold\(n_splits=2\) needs groups.*return X, y, groups"):
        folds.make(study(cv=cv("GroupKFold", n_splits=2)), rows(y=Y))


@pytest.mark.parametrize(
    ("splitter", "y", "told"),
    [
        (cv("folds", n_splits=20), Y, "20 folds can't split these 12 rows"),
        (cv("StratifiedKFold", n_splits=8), Y, "rarest class, 0, has 6 rows: take no more folds"),
        (cv("TimeSeriesSplit", n_splits=3), np.sort(Y), "trains on rows of one class alone, 0"),
    ],
)
def test_rows_that_can_not_be_split_so_are_told(splitter: Splitter, y: np.ndarray, told: str) -> None:
    """With the splitter, the rows' number, and what would do."""
    with pytest.raises(DataError, match=told):
        folds.make(study(cv=splitter), rows(y=y))


def test_folds_that_lack_a_class_are_noted() -> None:
    """They train and score, but the user should know; and so is what scikit-learn warns of."""
    _, notes = folds.split(study(cv=cv("StratifiedKFold", n_splits=3)), rows(y=[0, 0, 0, 1, 1, 1, 2, 2]))
    assert any("least populated class in y has only 2 members" in note for note in notes)
    assert any("1 of 3 folds have a class that no row tested on has, such as 2 in fold 2" in note for note in notes)
    assert any("groups parameter is ignored" in note for note in folds.split(study(), rows(y=Y, groups=GROUPS))[1])
    assert folds.split(study(), rows(y=Y))[1] == []


OWN = """
class Splitter:
    def split(self, X, y=None, groups=None):
        return iter({folds})

    def get_n_splits(self, X=None, y=None, groups=None):
        return 2
"""


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("[([], [1])]", "fold 0 of mine:Splitter.* has no row to train on"),
        ("[([0, 1], [])]", "has no row to test on"),
        ("[([0, 1], [2]), ([0, 1, 2], [2, 3])]", "fold 1 .*tests on rows it is trained on .1 of them, such as row 2"),
        ("[([0, 1], [12])]", "gives row 12; rows are 0 to 11"),
        ("[([0, -1], [3])]", "gives row -1"),
        ("[([0.5], [3])]", "gives float64 of shape"),
        ("[]", "made no fold"),
    ],
)
def test_folds_of_the_users_own_are_checked(tmp_path, own: str, told: str) -> None:
    """A fold that can't be trained or tested on, or would flatter itself, is refused with its number."""
    (tmp_path / "mine.py").write_text(OWN.format(folds=own))
    with pytest.raises(DataError, match=told):
        folds.make(study(cv=cv("mine:Splitter")), rows(y=Y), tmp_path)


def test_masks_and_lists_are_row_numbers_too(tmp_path) -> None:
    """A splitter of the user's own may give a mask, as NumPy takes it."""
    (tmp_path / "mine.py").write_text(OWN.format(folds="[([i > 2 for i in range(12)], [i <= 2 for i in range(12)])]"))
    (found,) = folds.make(study(cv=cv("mine:Splitter")), rows(y=Y), tmp_path)
    assert found.test.tolist() == [0, 1, 2]
    assert found.train.tolist() == list(range(3, 12))


def test_splitting_leaves_the_users_warnings_alone() -> None:
    """What scikit-learn warns of is a note, never a line on stderr."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        folds.make(study(), rows(y=[0] * 10 + [1, 1]))


@pytest.mark.parametrize(
    ("splitter", "y", "remedy"),
    [
        (cv("folds", n_splits=3), np.array([0] * 11 + [1]), "Only 1 row is of another class; more are needed"),
        (cv("KFold", n_splits=2), np.array([0] * 6 + [1] * 6), "Take StratifiedKFold"),
        (cv("TimeSeriesSplit", n_splits=3), np.sort(Y), "Take fewer folds"),
        (cv("GroupKFold", n_splits=2), np.array([0] * 6 + [1] * 6), "or StratifiedGroupKFold"),
    ],
)
@pytest.mark.filterwarnings("ignore:The least populated class")
def test_a_fold_of_one_class_is_told_with_what_helps_there(splitter: Splitter, y: np.ndarray, remedy: str) -> None:
    """What is stratified already, in order of time, or by group, each has a remedy of its own."""
    with pytest.raises(DataError, match=remedy):
        folds.make(study(cv=splitter), rows(y=y, groups=np.array([0] * 6 + [1] * 6)))
