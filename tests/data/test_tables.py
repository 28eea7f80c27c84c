"""Tables as people have them: what they are is told with the field that reads them, and then they are read."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from job.data import loading
from job.errors import DataError, TunejobError
from job.study import reading
from job.study.mistakes import StudyMistakes

STUDY = "name: s\nmodel: m:build\nsearch: grid\nspace: {units: [2]}\n"
ROWS = "1.5,2,1\n2.5,4,0\n3.5,6,1\n4.5,8,0\n"
PLAIN = f"a,b,label\n{ROWS}"


def load(folder: Path, data: str = "t.csv", **fields: str):
    """The rows of a study whose data is a table, as ``check`` finds them: first its form, then its rows."""
    (folder / "m.py").write_text("def build(units):\n    return None\n")
    given = {"data": data, "target": "label", **fields}
    (folder / "study.yaml").write_text(STUDY + "".join(f"{name}: {value}\n" for name, value in given.items()))
    return loading.load(reading.read(folder / "study.yaml"), folder)


def told(folder: Path, data: str = "t.csv", **fields: str) -> str:
    """What is wrong with it."""
    with pytest.raises(TunejobError) as raised:
        load(folder, data, **fields)
    return str(raised.value)


def same(found) -> bool:
    """Whether rows are those of the plain table."""
    return (found.X.tolist(), found.y.tolist()) == ([[1.5, 2], [2.5, 4], [3.5, 6], [4.5, 8]], [1, 0, 1, 0])


@pytest.mark.parametrize(
    ("content", "said", "fields"),
    [
        (PLAIN.replace(",", ";"), 'separated by semicolons: write `separator: ";"`', {"separator": '";"'}),
        (PLAIN.replace(",", "\t"), "separated by tabs: write `separator: tab`", {"separator": "tab"}),
        (PLAIN.replace(",", "|"), 'separated by bars: write `separator: "|"`', {"separator": '"|"'}),
        (
            PLAIN.replace(",", ";").replace(".", ","),
            'semicolons, and numbers have decimal commas: write `separator: ";"` and `decimal: ","`',
            {"separator": '";"', "decimal": '","'},
        ),
        (PLAIN.encode("utf-16"), "is UTF-16 text, as Excel exports it: write `encoding: utf-16`",
         {"encoding": "utf-16"}),
        (PLAIN.encode("utf-16-le"), "write `encoding: utf-16-le`", {"encoding": "utf-16-le"}),
        (PLAIN.replace("a,", "é,").encode("cp1252"), "(byte 0xe9 in line 1); most likely `encoding: cp1252`",
         {"encoding": "cp1252"}),
        (ROWS, "has no line of names: it begins with `1.5`, `2` and `1`", {"header": "[a, b, label]"}),
        (ROWS, "Name its 3 columns, `header: [x0, x1, x2]`, or write `header: false`",
         {"header": "false", "target": '"2"'}),
    ],
)  # fmt: skip
def test_a_table_of_another_form_is_told_with_the_field_that_reads_it(tmp_path, content, said, fields) -> None:
    """Read so, its rows are those of the plain table."""
    (tmp_path / "t.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert said in told(tmp_path)
    assert same(load(tmp_path, **fields))


def test_semicolons_alone_leave_decimal_commas_to_be_told(tmp_path) -> None:
    """A column of such numbers would be one of words."""
    (tmp_path / "t.csv").write_text(PLAIN.replace(",", ";").replace(".", ","))
    assert 'column `a` has numbers with decimal commas, such as 1,5: write `decimal: ","`' in told(
        tmp_path, separator='";"'
    )


def test_words_with_commas_stay_words(tmp_path) -> None:
    """Only a column of nothing but such numbers is taken for one."""
    (tmp_path / "t.csv").write_text('a;label\n"1,5";1\n"x,y";0\n')
    assert load(tmp_path, separator='";"').X["a"].tolist() == ["1,5", "x,y"]


def test_one_name_twice_is_told(tmp_path) -> None:
    """Read by pandas alone, the second is called ``a.1``, and a study trains on both."""
    (tmp_path / "t.csv").write_text(PLAIN.replace("a,b", "a,a"))
    assert "t.csv has more than one column called `a`" in told(tmp_path)


def test_spaces_around_names_do_not_count(tmp_path) -> None:
    """Spaces within them do."""
    (tmp_path / "t.csv").write_text(PLAIN.replace("a,b,label", "a , petal length,  label"))
    assert same(load(tmp_path))
    assert load(tmp_path, features="[petal length]").X.tolist() == [[2], [4], [6], [8]]


@pytest.mark.parametrize("name", ["t.csv.gz", "t.tsv", "t.tsv.gz", "t.CSV"])
def test_tables_are_read_by_their_endings(tmp_path, name) -> None:
    """Packed by gzip or not; in ``.tsv`` a tab is between values."""
    text = (PLAIN.replace(",", "\t") if ".tsv" in name else PLAIN).encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert same(load(tmp_path, name))


def test_parquet_is_read_with_its_own_kinds(tmp_path) -> None:
    """Integers stay integers; fields that say how text is written are refused."""
    pytest.importorskip("pyarrow")
    pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6], "label": ["x", "y", "x"]}).to_parquet(tmp_path / "t.parquet")
    found = load(tmp_path, "t.parquet")
    assert (found.X.dtype, found.X.tolist(), found.y.tolist()) == (np.int64, [[1, 4], [2, 5], [3, 6]], ["x", "y", "x"])
    assert "separator: says how a CSV file is written; the data are 't.parquet'" in told(
        tmp_path, "t.parquet", separator='";"'
    )


@pytest.mark.parametrize("name", ["t.parquet", "t.csv.gz"])
def test_a_file_that_is_not_what_its_ending_says_is_told(tmp_path, name) -> None:
    """Wrong data, in a sentence."""
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    (tmp_path / name).write_bytes(b"neither one nor the other")
    said = told(tmp_path, name)
    assert "is not a readable" in said or "can't be read" in said
    assert "Traceback" not in said


def test_a_file_that_claims_more_than_it_holds_is_refused_before_memory_is_taken(tmp_path) -> None:
    """An array's head alone says a petabyte."""
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as archive:
        for key in ("X", "y"):
            with archive.open(f"{key}.npy", "w") as file:
                head = {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**5)}
                np.lib.format.write_array_header_1_0(file, head)
    (tmp_path / "m.py").write_text("def build(units):\n    return None\n")
    (tmp_path / "study.yaml").write_text(STUDY + "data: t.npz\n")
    with pytest.raises(DataError, match=r"its X claims 800,000\.0 GB, float64 of shape \(1000000000, 100000\)"):
        loading.load(reading.read(tmp_path / "study.yaml"), tmp_path)


def test_memory_that_is_not_there_is_told_with_what_goes_without(tmp_path, monkeypatch) -> None:
    """As NumPy and pandas say it."""
    (tmp_path / "t.csv").write_text(PLAIN)

    def full(*args, **kwargs):
        raise MemoryError("Unable to allocate 7.28 PiB for an array")

    monkeypatch.setattr(pd, "read_csv", full)
    said = told(tmp_path)
    assert "needs more memory than there is (Unable to allocate 7.28 PiB for an array)" in said
    assert "`data: [X.npy, y.npy]`" in said


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("separator", '";;"', "allowed is one character"),
        ("encoding", "utf16x", "is no encoding; allowed are Python's names"),
        ("decimal", '";"', "allowed are `.` and `,`"),
        ("header", "5", "got 5"),
    ],
)
def test_fields_of_a_tables_form_are_checked(tmp_path, field, value, said) -> None:
    """With what is allowed."""
    (tmp_path / "t.csv").write_text(PLAIN)
    with pytest.raises(StudyMistakes) as raised:
        load(tmp_path, **{field: value})
    assert said in str(raised.value)
