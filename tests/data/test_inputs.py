"""X as Keras takes it."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from made_rows import rows

from job.data import inputs, ragged
from job.errors import DataError

Y = [0, 1, 1, 0]
MATRIX = np.arange(8.0).reshape(4, 2)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "uint8", "bool"])
def test_arrays_of_numbers_stay_as_they_are(dtype: str) -> None:
    """Not even copied: they may be larger than half the memory."""
    X = MATRIX.astype(dtype)
    assert rows(X, Y).X is X


def test_several_inputs_keep_their_names_or_places() -> None:
    """A dict by name, a tuple by position, each array of its own shape."""
    several = rows({"image": np.zeros((4, 8, 8)), "age": np.zeros(4)}, Y).X
    assert {name: one.shape for name, one in several.items()} == {"image": (4, 8, 8), "age": (4,)}
    assert [one.shape for one in rows((MATRIX, np.zeros((4, 3))), Y).X] == [(4, 2), (4, 3)]


def test_a_table_of_numbers_is_one_matrix() -> None:
    """Booleans count as numbers; the order of columns stays."""
    frame = pd.DataFrame({"b": [1, 2, 3, 4], "a": [True, False, True, True], "c": [0.5, 1.5, 2.5, 3.5]})
    X = rows(frame, Y).X
    assert X.dtype == np.float32
    assert X.tolist() == [[1, 1, 0.5], [2, 0, 1.5], [3, 1, 2.5], [4, 1, 3.5]]


EXACT = 2**24  # the last integer before float32 leaves some out


@pytest.mark.parametrize(
    ("columns", "dtype"),
    [
        ({"a": [1, 2**62 + 1, 3, 4], "b": [5, 6, 7, 8]}, np.int64),
        ({"a": np.array([1, 2, 3, 255], np.uint8), "b": [2**40, 1, 1, 1]}, np.int64),
        ({"a": [1_000_000_001, 1, 2, 3], "b": [True, False, True, True]}, np.int64),
        ({"a": pd.array([1_000_000_001, 1, 2, 3], "Int64"), "b": pd.array([True] * 4, "boolean")}, np.int64),
        ({"a": [True, False, True, True]}, np.bool_),
        ({"a": [EXACT, -EXACT, 2**30, 0], "b": pd.array([0.5] * 4, "Float64")}, np.float32),
        ({"a": [True, False, True, True], "b": [0.5] * 4}, np.float32),
    ],
)
def test_numbers_of_a_table_keep_their_kind_and_their_value(columns: dict, dtype: type) -> None:
    """One matrix of the kind that holds all of them exactly: as many digits as the table had."""
    X = rows(pd.DataFrame(columns), Y).X
    assert X.dtype == dtype
    for place, one in enumerate(columns.values()):
        assert X[:, place].tolist() == list(one)


@pytest.mark.parametrize("wrong", [EXACT + 1, -EXACT - 1, 2**62 + 1, 2**63 - 1])
def test_integers_that_floats_beside_them_would_round_are_refused(wrong: int) -> None:
    """Ten-digit ids would collide: the column is named, with the dict of inputs that keeps both, which is taken."""
    frame = pd.DataFrame({"id": [1, wrong, 3, 4], "pay": [0.5, 1.5, 2.5, 3.5]})
    with pytest.raises(DataError, match=rf"column 'id' is of integers such as {wrong}, .*'pay' is of floats") as raised:
        rows(frame, Y)
    names = {"frame": frame}
    exec(str(raised.value).partition("of your own: ")[2].partition(", for keras")[0], names)  # noqa: S102  # its own line
    X = rows(names["X"], Y).X
    assert (X["id"].tolist(), X["id"].dtype) == ([[1], [wrong], [3], [4]], np.int64)


def test_integers_beyond_int64_are_refused_by_their_column() -> None:
    """Hashes of 64 bits without a sign: not turned negative."""
    with pytest.raises(DataError, match=r"column 'hash' has 9223372036854775808, more than int64 holds.*astype\(str\)"):
        rows(pd.DataFrame({"hash": np.array([1, 2**63, 3, 4], np.uint64)}), Y)


def test_columns_given_as_a_dict_are_taken_in_pandas_own_kinds_too() -> None:
    """Nullable integers and categories, which NumPy knows as objects."""
    X = rows({"a": pd.Series([1, 2**40, 3, 4], dtype="Int64"), "b": pd.Series(list("xyxz"), dtype="category")}, Y).X
    assert (X["a"].dtype, X["a"].tolist(), X["b"].tolist()) == (np.int64, [1, 2**40, 3, 4], list("xyxz"))
    with pytest.raises(DataError, match=r"row 1, column"):
        rows({"a": pd.Series([1, None, 3, 4], dtype="Int64")}, Y)


@pytest.mark.parametrize(
    "words", [["x", "y", "x", "z"], pd.Series(["x", "y", "x", "z"], dtype="category"), np.array(list("xyxz"), object)]
)
def test_a_table_with_text_is_a_dict_of_columns(words: object) -> None:
    """Numbers are (n, 1) of their own kind, text (n,) Python strings: the forms that Keras's own inputs take."""
    X = rows(pd.DataFrame({"age": [1, 2, 3, 4], "pay": [0.5] * 4, "well": [True] * 4, "job": words}), Y).X
    assert list(X) == ["age", "pay", "well", "job"]
    assert [(X[name].shape, X[name].dtype) for name in ("age", "pay", "well")] == [
        ((4, 1), np.int64),
        ((4, 1), np.float32),
        ((4, 1), np.bool_),
    ]
    assert (X["job"].shape, X["job"].dtype, X["job"].tolist()) == ((4,), object, ["x", "y", "x", "z"])


@pytest.mark.parametrize(
    "words", [np.array(list("xyxz")), np.array(list("xyxz"))[:, None], np.array([b"x", b"y", b"x", b"z"])]
)
def test_text_is_python_strings(words: np.ndarray) -> None:
    """Of fixed width, as a column, or as bytes: always (n,) strings."""
    X = rows(words, Y).X
    assert (X.shape, X.tolist()) == ((4,), ["x", "y", "x", "z"])


class Dataset:
    """Looks like ``tf.data.Dataset``, without TensorFlow."""

    def __init__(self, *shapes: tuple) -> None:
        self.element_spec = tuple(type("Spec", (), {"shape": shape}) for shape in shapes)

    def as_numpy_iterator(self) -> None:
        """Nothing to see."""


@pytest.mark.parametrize(
    ("dataset", "line"),
    [
        (Dataset((None, 3), (None,)), "dataset.unbatch().as_numpy_iterator()"),
        (Dataset((3,), ()), "dataset.as_numpy_iterator()"),
    ],
)
def test_a_dataset_is_refused_with_the_lines_that_convert_it(dataset: Dataset, line: str) -> None:
    """Unbatched where it comes in batches."""
    with pytest.raises(DataError) as raised:
        rows(dataset, Y)
    assert line in str(raised.value)
    assert "return X, y" in str(raised.value)


def test_those_lines_convert_a_real_dataset() -> None:
    """What the message says, done: the same rows, of a batched dataset, one that isn't, and Keras's own."""
    tf = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")

    class Batches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> tuple:
            return MATRIX[2 * index : 2 * index + 2], np.array(Y[2 * index : 2 * index + 2])

    whole = tf.data.Dataset.from_tensor_slices((MATRIX, Y))
    for dataset in (whole, whole.batch(3), Batches()):
        with pytest.raises(DataError) as raised:
            rows(dataset, Y)
        lines = [line.strip() for line in str(raised.value).splitlines() if line.startswith("    ")][:-1]
        names = {"dataset": dataset}
        exec("\n".join(lines), names)  # noqa: S102  # the message's own lines
        assert rows(names["X"], names["y"]).X.tolist() == MATRIX.tolist()


def test_those_lines_give_the_same_rows_each_time() -> None:
    """A dataset that shuffles gives another order each time; converted as told, a study of it resumes."""
    tf = pytest.importorskip("tensorflow")
    X, y = np.arange(60.0).reshape(30, 2), np.arange(30)
    shuffled = tf.data.Dataset.from_tensor_slices((X, y)).shuffle(30).batch(4).prefetch(1)
    with pytest.raises(DataError) as raised:
        rows(shuffled, Y)
    lines = [line.strip() for line in str(raised.value).splitlines() if line.startswith("    ")]
    assert lines[-1] == "return X, y"
    loads = []
    for _ in range(3):
        names = {"dataset": shuffled}
        exec("\n".join(lines[:-1]), names)  # noqa: S102  # the message's own lines
        loads.append((names["X"].tolist(), names["y"].tolist()))
    assert loads[0] == loads[1] == loads[2]
    assert sorted(loads[0][0]) == X.tolist()
    assert [row[0] for row in loads[0][0]] == [2 * label for label in loads[0][1]]


@pytest.mark.parametrize(
    ("X", "told"),
    [
        (MATRIX.tolist(), r"X is a list.*X = np.asarray\(X\)"),
        (scipy.sparse.csr_matrix(MATRIX), r"X is a scipy csr_matrix.*X = X.toarray\(\)"),
        ({"a": MATRIX.tolist()}, r"X\['a'\] is a list"),
        ({}, r"X is a dict; allowed are"),
        ((), r"X is a tuple; allowed are"),
        ({"a": MATRIX, "b": MATRIX[:3]}, r"X\['a'\] has 4, X\['b'\] has 3"),
        (np.array(3.0), r"single value"),
        (iter(MATRIX), r"X = np.stack\(list\(X\)\)"),
        (np.array([1, 2, 3, 4], dtype="datetime64[D]"), r"dtype datetime64"),
        (MATRIX * 1j, r"dtype complex128"),
        (np.ma.masked_less(MATRIX, 2), r"masked array"),
        ([[1, 2], [3], [4], [5]], r"rows are of several lengths; .*X = keras.utils.pad_sequences\(X\)"),
        (ragged.array([list(range(300)), [3], [4], [5]]), r"a list in row 0, such as .{,80}; .*pad_sequences\(X\)"),
        (ragged.array([["a", "b"], ["c"], ["d"], ["e"]]), r'" ".join\(words\)'),
        (pd.Series(list(MATRIX)).to_numpy(), r"an array in row 0, .*X = np.stack\(list\(X\)\)"),
        (np.array([b"a", b"b", b"c", b"\xfc"]), r'X has bytes in row 3 .*np.char.decode\(X, "latin-1"\)'),
        (pd.DataFrame({"age": pd.Series([1, 2, 3, 4], dtype=object)}), r"column 'age' .*frame.infer_objects\(\)"),
        (np.array([1, "a", 2, 3], dtype=object), r"objects with 1 in row 0"),
        (pd.DataFrame({"when": pd.to_datetime(["2020-01-01"] * 4)}), r"column 'when' has dtype datetime64"),
        (pd.DataFrame(MATRIX, columns=["a", "a"]), r"columns of one name: a"),
    ],
)
def test_anything_else_is_refused_with_a_remedy(X: object, told: str) -> None:
    """What was got, what is allowed, what to do."""
    with pytest.raises(DataError, match=f"(?s){told}"):
        rows(X, Y)


@pytest.mark.parametrize(
    ("X", "told"),
    [
        (np.array([[1, 2], [3, np.nan], [1, 1], [np.inf, 1]]), "nan in row 1, column 1; inf in row 3, column 0"),
        (np.full((4, 2, 2), np.nan), r"nan in row 0, at \(0, 0\).* and 11 more"),
        ({"a": MATRIX, "b": np.array([1, np.nan, 1, 1])}, r"X\['b'\] has values .*nan in row 1 "),
        (pd.DataFrame({"a": [1, None, 2, 3], "b": ["x", "y", None, "z"]}), "row 1, column 'a'; row 2, column 'b'"),
        (pd.DataFrame({"a": pd.array([1, None, 2, 3], dtype="Int64")}), "row 1, column 'a'"),
    ],
)
def test_holes_are_refused_by_row_and_column(X: object, told: str) -> None:
    """Missing or infinite, in arrays and tables, the first five and the number of others."""
    with pytest.raises(DataError, match=told):
        rows(X, Y)


def test_x_is_told_in_a_sentence() -> None:
    """A column read as text by mistake is seen at once."""
    X = rows(pd.DataFrame({"age": [1, 2, 3, 4], "pay": ["1,5", "2", "3", "4"]}), Y).X
    assert inputs.described(X) == "X is 2 inputs: age int64 (4, 1), pay text (4,)"
    assert inputs.described(MATRIX) == "X is float64 (4, 2)"
    assert (inputs.width(X), inputs.width(MATRIX)) == (2, 2)
