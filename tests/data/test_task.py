"""Which task y sets."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_linnerud
from sklearn.metrics import get_scorer_names

from job.data import task
from job.errors import DataError
from job.study.study import Task

WORDS = np.array(["no", "yes", "no", "maybe"])


@pytest.mark.parametrize(
    ("y", "scoring", "expected"),
    [
        (load_breast_cancer().target, (), "binary"),
        (load_iris().target, (), "multiclass"),
        (load_digits().target, (), "multiclass"),
        (load_diabetes().target, (), "regression"),  # whole floats, which scikit-learn calls multiclass
        (load_linnerud().target, (), "regression"),
        (WORDS, (), "multiclass"),
        (WORDS[:3], (), "binary"),
        (WORDS.astype(object), (), "multiclass"),
        (np.array([True, False, True]), (), "binary"),
        ([0, 1, 1], (), "binary"),
        (np.arange(20), (), "multiclass"),
        (np.arange(21), (), "regression"),
        (np.arange(21), ("accuracy",), "multiclass"),
        (np.arange(21), ("mine:score",), "regression"),
        (np.array([0.0, 1.0, 1.0]), (), "regression"),
        (np.array([0.0, 1.0, 1.0]), ("roc_auc",), "binary"),
        (np.array([0, 1, 1]), ("neg_mean_squared_error",), "regression"),
        (np.eye(3), (), "multiclass"),
        (np.eye(2), (), "binary"),
        (np.array([[1, 1, 0], [0, 0, 0]]), (), "multilabel"),
        (np.array([[1.5, 1], [0, 0]]), (), "regression"),
        (np.array([[0], [1], [1]]), (), "binary"),
    ],
)
def test_the_task_is_what_scorers_and_values_say(y: object, scoring: tuple[str, ...], expected: Task) -> None:
    """A regression scorer decides; else strings, booleans, few integers and one-hot rows are classes."""
    found = task.infer(y, scoring)
    assert found.task == expected
    assert found.why


@pytest.mark.parametrize("name", [one for one in get_scorer_names() if "error" in one or one in ("r2", "max_error")])
def test_a_regression_scorer_makes_integers_amounts(name: str) -> None:
    """Each of scikit-learn's errors is for regression, whatever y looks like."""
    assert task.infer([0, 1, 1, 0], (name,)).task == "regression"


def test_the_studys_own_word_counts_most() -> None:
    """``task`` overrules what y looks like, and the sentence says so."""
    found = task.infer([0, 1, 2, 1], (), "regression")
    assert (found.task, found.y.dtype, found.classes) == ("regression", np.float64, None)
    assert "task: regression" in found.why
    assert task.infer(np.eye(3), (), "multilabel").task == "multilabel"


labels = st.one_of(
    st.lists(st.sampled_from(["a", "bb", "c"]), min_size=2, max_size=30),
    st.lists(st.booleans(), min_size=2, max_size=30),
    st.lists(st.integers(-5, 5), min_size=2, max_size=30),
).filter(lambda y: len(set(y)) > 1)


@given(labels)
def test_classes_are_sorted_and_encode_y(y: list) -> None:
    """``classes[encoded]`` is y again; classes are those scikit-learn finds, sorted."""
    found = task.infer(np.array(y))
    assert found.classes is not None
    assert found.classes.tolist() == sorted(set(y))
    assert found.classes[found.encoded].tolist() == found.y.tolist() == y
    assert found.encoded.dtype == np.int64


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_one_hot_rows_are_decoded(numbers: list) -> None:
    """Scorers and splitters see class numbers, of all columns, those that no row has among them."""
    found = task.infer(np.eye(4, dtype=np.float32)[numbers])
    assert found.y.tolist() == found.encoded.tolist() == numbers
    assert found.classes is not None
    assert found.classes.tolist() == [0, 1, 2, 3]


def test_whole_floats_are_labels_where_a_classification_is_asked_for() -> None:
    """Files of floats alone hold labels too: 0.0 and 1.0 become 0 and 1."""
    found = task.infer(np.array([2.0, 1.0, 2.0]), ("accuracy",))
    assert found.y.tolist() == [2, 1, 2]
    assert found.y.dtype == np.int64


def test_amounts_keep_their_precision_for_scorers() -> None:
    """Scorers see float64, Keras float32; a single column is (n,)."""
    found = task.infer(np.array([[1.1], [2.2]]))
    assert (found.y.shape, found.y.dtype) == ((2,), np.float64)
    assert found.encoded.dtype == np.float32


@pytest.mark.parametrize(
    ("y", "scoring", "declared", "told"),
    [
        ([1.0, np.nan], (), None, r"nan in row 1"),
        (np.array(["a", None], dtype=object), (), None, r"None in row 1"),
        (np.array(["a", 1], dtype=object), (), None, r"mixes int, str"),
        (pd.Series(["a", pd.NA], dtype="string"), (), None, r"<NA> in row 1"),
        ([1, 1, 1], (), None, r"single class"),
        ([0.5, 1.0], ("accuracy",), None, r"needs labels; y has 0.5"),
        ([0, 1, 2], (), "binary", r"binary needs two classes; y has 3"),
        (["a", "b"], (), "regression", r"needs numbers; y has text such as a"),
        ([0, 1], (), "multilabel", r"matrix of zeros and ones"),
        ([[1, 2], [3, 4]], (), None, r"neither one-hot nor of zeros and ones"),
        ([[1, 1], [0, 1]], (), "multiclass", r"labels \(n,\) or one-hot rows"),
        (np.array([1 + 2j]), (), None, r"dtype complex128"),
        (np.zeros((2, 2, 2)), (), None, r"shape \(2, 2, 2\)"),
        ([], (), None, r"at least one row"),
        ({"a": [0, 1]}, (), None, r"y is a dict; needed is an array"),
        ([[1, 2], [3]], (), None, r"holds a list in row 0, such as \[1, 2\]; .*MultiLabelBinarizer"),
        ([{1, 2}, {3}], (), None, r"holds a set in row 0, .*MultiLabelBinarizer"),
        ([np.zeros(2), np.zeros(3)], (), None, r"holds an array in row 0, .*pad_sequences\(y\)"),
        ([["a", "b"], ["c", "a"]], (), None, r"neither one-hot .*MultiLabelBinarizer"),
        ([Path("a"), Path("b")], (), None, r"holds PosixPath as Python objects, such as"),
        (np.array([b"ja", b"\xfc"]), (), None, r'row 1 .*no UTF-8.*np.char.decode\(y, "latin-1"\)'),
        (np.array([b"ja", b"\xfc"], dtype=object), (), None, r'row 1 .*\[one.decode\("latin-1"\) for one in y\]'),
        (np.ma.masked_less([1, 2, 3], 2), (), None, r"y is a masked array; .*y = y.filled\(value\)"),
    ],
)
def test_a_y_that_sets_no_task_is_refused(y: object, scoring: tuple, declared: Task | None, told: str) -> None:
    """The message says what was got and what to do."""
    with pytest.raises(DataError, match=told):
        task.infer(y, scoring, declared)


@pytest.mark.parametrize(
    ("y", "read"),
    [
        (np.array([np.int64(3), 1], dtype=object), [3, 1]),
        (np.array([np.float32(0.5), np.float64(1)], dtype=object), [0.5, 1.0]),
        (np.array([np.True_, False], dtype=object), [True, False]),
        (np.array([np.str_("a"), "b"], dtype=object), ["a", "b"]),
        (np.array([b"a", "ü".encode()], dtype=object), ["a", "ü"]),
        (np.array([b"a", "ü".encode()]), ["a", "ü"]),
        ([Decimal("0.5"), Decimal(1)], [0.5, 1.0]),
    ],
)
def test_objects_and_bytes_are_the_values_they_stand_for(y: object, read: list) -> None:
    """NumPy's scalars, decimals, and text as UTF-8."""
    assert task.infer(y).given.tolist() == read
