"""Rows from a CSV file."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_rows import study

from job.data import loading
from job.errors import DataError
from job.study.mistakes import StudyMistakes

NUMBERS = "age,pay,label,site,weight\n20,1.5,no,a,1\n30,2.5,yes,a,1\n40,3.5,no,b,2\n50,4.5,yes,b,2\n"
WORDS = "age,job,label\n20,cook,0\n30,smith,1\n40,cook,0\n"


def written(folder: Path, text: str) -> Path:
    """A folder with a CSV file."""
    (folder / "train.csv").write_text(text)
    return folder


def test_numbers_form_one_matrix_and_named_columns_are_what_they_say(tmp_path) -> None:
    """All columns that are nothing else are features, in the file's order."""
    of = study("train.csv", target="label", groups="site", sample_weight="weight")
    found = loading.load(of, written(tmp_path, NUMBERS))
    assert found.X.tolist() == [[20, 1.5], [30, 2.5], [40, 3.5], [50, 4.5]]
    assert found.X.dtype == np.float32
    assert found.y.tolist() == ["no", "yes", "no", "yes"]
    assert (found.groups.tolist(), found.sample_weight.tolist()) == (list("aabb"), [1, 1, 2, 2])


def test_features_are_taken_in_the_studys_order(tmp_path) -> None:
    """Only those named; other columns of the file are left out."""
    of = study("train.csv", target="label", features=["pay", "age"])
    assert loading.load(of, written(tmp_path, NUMBERS)).X.tolist()[0] == [1.5, 20]


def test_integers_of_many_digits_are_read_exactly(tmp_path) -> None:
    """A file of integers is a matrix of int64; with floats beside them they are refused by their column."""
    text = "customer,hour,pay,label\n9000000001,1,0.5,0\n9000000002,2,1.5,1\n"
    of = study("train.csv", target="label", features=["customer", "hour"])
    X = loading.load(of, written(tmp_path, text)).X
    assert (X.dtype, X.tolist()) == (np.int64, [[9000000001, 1], [9000000002, 2]])
    with pytest.raises(DataError, match=r"column 'customer' is of integers such as 9000000001"):
        loading.load(study("train.csv", target="label"), tmp_path)


def test_with_text_there_is_an_input_for_each_column(tmp_path) -> None:
    """One column of text makes X a dict, in the forms that Keras's inputs take."""
    X = loading.load(study("train.csv", target="label"), written(tmp_path, WORDS)).X
    assert (X["age"].tolist(), X["job"].tolist()) == ([[20], [30], [40]], ["cook", "smith", "cook"])


def test_several_targets_make_a_matrix(tmp_path) -> None:
    """Two columns of amounts are a regression of two outputs."""
    of = study("train.csv", target=["age", "pay"], features=["weight"], task="regression")
    found = loading.load(of, written(tmp_path, NUMBERS))
    assert found.y.tolist()[0] == [20, 1.5]


def test_missing_values_are_told_by_row_line_and_column(tmp_path) -> None:
    """Also in the target; where the file has them."""
    folder = written(tmp_path, "a,b,label\n1,2,0\n,2,1\n1,inf,0\n1,2,\n")
    told = r"row 1 \(line 3\), column 'a'; row 2 \(line 4\), column 'b'; row 3 \(line 5\), column 'label' \("
    with pytest.raises(DataError, match=told):
        loading.load(study("train.csv", target="label"), folder)


@pytest.mark.parametrize(
    ("text", "header", "told"),
    [
        ("1,2,0\n,2,1\n", ("a", "b", "label"), r"row 1 \(line 2\), column 'a'"),
        ("1,2,0\n,2,1\n\n", ("a", "b", "label"), r"row 1 \(line 2\), column 'a'"),
        ("a,b,label\n\n1,2,0\n,2,1\n", True, r"row 1, column 'a'"),
        ('a,b,label\n1,"x\ny",0\n,z,1\n', True, r"row 1, column 'a'"),
    ],
)
def test_a_line_is_told_where_it_is_certain(tmp_path, text: str, header: object, told: str) -> None:
    """Not after blank lines or values of several lines; without a header the first row is the first line."""
    with pytest.raises(DataError, match=told):
        loading.load(study("train.csv", target="label", header=header), written(tmp_path, text))


def test_parquet_has_no_lines(tmp_path) -> None:
    """Its rows are told by number alone."""
    pd.DataFrame({"a": [1, None], "label": [0, 1]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"row 1, column 'a'"):
        loading.load(study("t.parquet", target="label"), tmp_path)


def test_columns_that_are_not_there_are_told_all_at_once(tmp_path) -> None:
    """Each at its place in the study, with the nearest right name."""
    of = study("train.csv", target="labell", features=["age", "pai"], groups="site", sample_weight="wait")
    with pytest.raises(StudyMistakes) as raised:
        loading.load(of, written(tmp_path, NUMBERS))
    assert [one.path for one in raised.value.mistakes] == ["target", "sample_weight", "features[1]"]
    assert "no column `pai`; it has `age`, `pay`" in str(raised.value)
    assert "Did you mean `label`?" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "changed", "told"),
    [
        (NUMBERS, {}, "target: A CSV needs `target`"),
        (NUMBERS, {"target": "label", "features": ["label", "age"]}, r"features\[0\]: `label` is named as target"),
        ("label\n0\n1\n", {"target": "label"}, "no column left to be a feature"),
        (",a,label\n0,1,1\n1,2,0\n", {"target": "label"}, "column without a name, most likely an index"),
    ],
)
def test_what_can_be_no_table_of_features_is_the_studys_mistake(tmp_path, text: str, changed: dict, told: str) -> None:
    """A target among the features would be known to the model; an index is no feature."""
    with pytest.raises(StudyMistakes, match=told):
        loading.load(study("train.csv", **changed), written(tmp_path, text))


@pytest.mark.parametrize(
    "data", [b"", b"a,label\n1,2,3\n2,3,4\n", b"a,label\n1,2\n1,2,3,4\n", "a,label\n\xe4,1\n".encode("latin-1")]
)
def test_what_is_no_csv_is_told(tmp_path, data: bytes) -> None:
    """Empty, ragged, or not UTF-8: wrong data, in a sentence."""
    (tmp_path / "train.csv").write_bytes(data)
    with pytest.raises(DataError, match=r"train.csv is not a readable CSV file"):
        loading.load(study("train.csv", target="label", features=["a"]), tmp_path)
