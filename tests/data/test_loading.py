"""The one way to a study's rows."""

import numpy as np
import pytest
from made_rows import loaded, rows, study

from job.data import fingerprint, loading
from job.errors import DataError, ExitCode
from job.study.mistakes import StudyMistakes

X = np.arange(12, dtype=np.float32).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])
GROUPS = np.array(list("aabbcc"))
WEIGHTS = np.arange(1.0, 7.0)


@pytest.mark.parametrize(
    ("ending", "extras"),
    [
        ("X, y", ()),
        ("[X, y]", ()),
        ("X, y, groups", ("groups",)),
        ("dict(X=X, y=y)", ()),
        ("dict(X=X, y=y, groups=groups, sample_weight=[1, 2, 3, 4, 5, 6])", ("groups", "sample_weight")),
    ],
)
def test_a_loader_may_return_any_of_these(tmp_path, ending: str, extras: tuple) -> None:
    """``X, y``; ``X, y, groups``; a dict with these names."""
    source = "def load():\n    X, y, groups = np.ones((6, 2)), [0, 1] * 3, list('aabbcc')\n    return "
    found = loaded(tmp_path, source + ending)
    assert len(found) == 6
    assert tuple(name for name in ("groups", "sample_weight") if getattr(found, name) is not None) == extras


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("X", "returned a numpy ndarray; allowed are `X, y`"),
        ("None", "returned a NoneType; allowed"),
        ("X, y, y, y", "returned 4 values; allowed"),
        ("dict(X=X, Y=y)", "`X` and `Y`; needed are X and y.*Did you mean `y`"),
        ("X, y[:5]", "X has 6 rows, y has 5"),
        ("X, y, y[:5]", "groups has 5 rows, y has 6"),
        ("dict(X=X, y=y, sample_weight=-y)", "sample_weight is -1 in row 1"),
        ("dict(X=X, y=y, sample_weight=y * 0)", "zero in every row"),
        ("dict(X=X, y=y, sample_weight=X)", r"sample_weight is float64 of shape \(6, 2\)"),
        ("(X, y), (X[:4], y[:4])", r"train and test pairs; return one X and y: `\(X, y\), _ = ...load_data\(\)`"),
        ("(X, y), (X[:2], y[:2]), (X[:4], y[:4])", "returned train and test pairs"),
        ("X, [y, X]", r"y is a list of 2 arrays of 6 rows each.*return X, \(y1, y2\)"),
        ("X, [y, y]", r"y is a list of 2 arrays of 6 rows each"),
        ("X, [y]", r"y is a list of 1 array of 6 rows .*return X, y\[0\]"),
        ("X, np.ma.masked_less(y, 1)", "y is a masked array"),
        ("X, (y, np.ma.masked_less(y, 1))", "y is a masked array"),
        ("X, y, np.ma.masked_less(y, 1)", "groups is a masked array"),
        ("dict(X=X, y=y, sample_weight=np.ma.masked_less(y, 1))", "sample_weight is a masked array"),
        ("dict(X=X, y=y, sample_weight=[[1], [2, 3], [4], [5], [6], [7]])", "sample_weight is object"),
        ("X / (1 // 0), y", r"load\(\) raised ZeroDivisionError: .* \(data.py, line 4, in load\)"),
    ],
)
def test_what_else_a_loader_does_is_told(tmp_path, ending: str, told: str) -> None:
    """Each with what was got and what is allowed, as wrong data."""
    source = f"def load():\n    X, y = np.ones((6, 2)), np.array([0, 1] * 3)\n    return {ending}\n"
    with pytest.raises(DataError, match=f"(?s){told}") as raised:
        loaded(tmp_path, source)
    assert raised.value.exit_code == ExitCode.DATA


def test_a_file_of_arrays_holds_what_a_loader_returns(tmp_path) -> None:
    """The keys of an ``.npz`` are the loader's names; both give the same rows."""
    np.savez(tmp_path / "train.npz", X=X, y=Y, groups=GROUPS, sample_weight=WEIGHTS)
    found = loading.load(study("./train.npz"), tmp_path)
    assert fingerprint.of(found) == fingerprint.of(rows(X, Y, GROUPS, WEIGHTS))


def test_a_pair_of_files_is_mapped_into_memory(tmp_path) -> None:
    """X larger than memory can be trained on: nothing copies it."""
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", Y)
    found = loading.load(study(("X.npy", "y.npy")), tmp_path)
    assert isinstance(found.X, np.memmap)
    assert fingerprint.of(found) == fingerprint.of(rows(X, Y))


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"x": X, "y": Y}, "has `x` and `y`; needed are `X` and `y`.*Did you mean `X`"),
        ({"X": X, "y": Y, "weights": Y}, "`weights`; needed"),
        ({}, "has nothing"),
    ],
)
def test_other_keys_are_the_studys_mistake(tmp_path, arrays: dict, told: str) -> None:
    """Knowable without reading rows: exit code 64, at ``data``."""
    np.savez(tmp_path / "train.npz", **arrays)
    with pytest.raises(StudyMistakes, match=told) as raised:
        loading.load(study("train.npz"), tmp_path)
    assert raised.value.mistakes[0].path == "data"


def test_python_objects_are_never_unpickled(tmp_path) -> None:
    """The message says how to write text instead."""
    np.savez(tmp_path / "train.npz", X=X, y=np.array(["a", "b"] * 3, dtype=object))
    with pytest.raises(DataError, match=r"never unpickled.*dtype=str"):
        loading.load(study("train.npz"), tmp_path)


@pytest.mark.parametrize("name", ["train.npz", "X.npy"])
def test_a_broken_file_is_told(tmp_path, name: str) -> None:
    """Half a download is wrong data, not a traceback."""
    (tmp_path / name).write_bytes(b"PK\x03\x04 and no more")
    np.save(tmp_path / "y.npy", Y)
    with pytest.raises(DataError, match=f"{name} can't be read"):
        loading.load(study(name if name == "train.npz" else (name, "y.npy")), tmp_path)


def test_a_file_that_is_not_there_is_told_with_the_nearest(tmp_path) -> None:
    """The study's mistake, at its place in the pair."""
    np.save(tmp_path / "inputs.npy", X)
    with pytest.raises(StudyMistakes, match=r"no file input.npy.*Did you mean `inputs.npy`") as raised:
        loading.load(study(("input.npy", "y.npy")), tmp_path)
    assert raised.value.mistakes[0].path == "data[0]"


def test_groups_and_weights_are_arrays_of_one_kind() -> None:
    """Groups of words stay words; weights are float32, as Keras multiplies by them."""
    found = rows(X, Y, list(GROUPS), WEIGHTS)
    assert found.groups is not None
    assert found.sample_weight is not None
    assert found.groups.tolist() == GROUPS.tolist()
    assert found.sample_weight.dtype == np.float32
