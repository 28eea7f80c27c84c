"""YAML as plain values with lines."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.study import document
from job.study.mistakes import Mistake, StudyMistakes

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1E3", 1000.0),
        ("-2.5e+3", -2500.0),
        (".5", 0.5),
        ("1_000", 1000),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        (".inf", math.inf),
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("2020-01-01", "2020-01-01"),
        ("1e", "1e"),
        ("'1e-4'", "1e-4"),
        ("~", None),
        ("", None),
        ("True", True),
    ],
)
def test_scalars_are_read_as_yaml_1_2(text, value):
    """A scalar is the number, word or nothing that YAML 1.2 and editors take it for."""
    read = document.load(f"a: {text}", "x").values["a"]
    assert (type(read), read) == (type(value), value)


@given(st.dictionaries(st.text(min_size=1), PLAIN, min_size=1, max_size=5))
def test_what_is_written_is_read_back(values):
    """Any plain mapping comes back as it was: words that look like numbers stay words."""
    assert document.load(document.dump(values), "x").values == values


@given(st.lists(st.integers() | st.floats(allow_nan=False) | st.text("abc 1e-4:#{}[],'\"no"), max_size=5))
def test_a_value_in_one_line_is_read_back(value):
    """``flow`` gives one line that means the same behind a key."""
    text = document.flow(value)
    assert "\n" not in text
    assert document.load(f"a: {text}", "x").values["a"] == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file is empty. `tunejob init` writes a study that runs."),
        ("# only a comment\n", "The file is empty. `tunejob init` writes a study that runs."),
        ("- 1", "line 1: A study is a mapping of fields, such as `name: my-study`; got a list."),
        ("name", "line 1: A study is a mapping of fields, such as `name: my-study`; got 'name'."),
        ("a: 1\nb: [", ("line 2: This is no YAML: while parsing a flow node, expected the node content, but found "
         "'<stream end>' (column 5).")),
        ("a: b: c", "line 1: This is no YAML: mapping values are not allowed here (column 5)."),
        ("a:\n\t- 1", ("line 2: This is no YAML: line 2 begins with a tab, and YAML is indented by spaces alone: put "
         "spaces in its place.")),
        ("a: 1\n---\nb: 2", ("line 2: This is no YAML: expected a single document in the stream, but found another "
         "document (column 1).")),
        ("a: !!python/name:os.system x", ("line 1: This is no YAML: could not determine a constructor for the tag "
         "'tag:yaml.org,2002:python/name:os.system' (column 4).")),
        ("? [a]\n: 1", "line 1: This is no YAML: while constructing a mapping, found unhashable key (column 3)."),
        ("a: &x [*x]", "line 1: a[0]: This alias holds itself."),
        ("a: \x00", "This is no YAML: unacceptable character #x0000: special characters are not allowed."),
    ],
)  # fmt: skip
def test_what_is_no_study_is_told_in_a_sentence(text, said):
    """A file that is no YAML, empty or no mapping is one mistake with its line."""
    with pytest.raises(StudyMistakes) as caught:
        document.load(text, "study.yaml")
    assert [str(mistake) for mistake in caught.value.mistakes] == [said]


def test_all_duplicate_keys_are_told():
    """Keys given twice are refused at any depth, each with both lines."""
    with pytest.raises(StudyMistakes) as caught:
        document.load("a: 1\nb: {c: 1, c: 2}\na: 3\n", "study.yaml")
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "line 2: b.c: This key is given twice, first in line 2; keep one.",
        "line 3: a: This key is given twice, first in line 1; keep one.",
    ]


def test_anchors_and_merges_work():
    """YAML's own means of saying a thing once are allowed."""
    read = document.load("base: &b {x: 1, y: 2}\nother: {<<: *b, y: 3}\nagain: *b\n", "x").values
    assert read["other"] == {"x": 1, "y": 3}
    assert read["again"] == read["base"]


def test_many_aliases_cost_nothing():
    """Aliases of aliases, which would be 10^12 values written out, are read at once."""
    lines = ["a0: &a0 [1]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 13)]
    assert len(document.load("\n".join(lines), "x").values) == 13


@pytest.mark.parametrize(
    ("place", "path", "line"),
    [
        (("space", 0, "units", 1), "space.units[1]", 4),
        (("search", "trials"), "search.random.trials", 1),
        (("cv", "KFold", "n_split"), "cv.KFold.n_split", 7),
        (("scoring", 0), "scoring", 5),
        (("missing",), "missing", None),
        ((), "", None),
    ],
)
def test_places_are_told_as_they_are_written(place, path, line):
    """A mistake in a value is placed where the file has it, short forms included."""
    text = "search: {random: {trials: 0}}\nspace:\n  units:\n    [1, 2]\nscoring: f1\ncv:\n  KFold: {}\n"
    placed = document.load(text, "x").placed(Mistake(place, "wrong"))
    assert (placed.path, placed.line) == (path, line)
