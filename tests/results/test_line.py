"""Result lines: what is written is read back, in legal JSON, and strangers are refused by a sentence."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.errors import StoreError, UsageError
from job.results.line import FitFailure, FitLine, dump_lines, dumps, heads, identity, load_lines, loads

SAMPLES = Path(__file__).parent / "samples"

floats = st.floats(allow_nan=True, allow_infinity=True)
texts = st.text(max_size=20).filter(lambda text: text not in {"NaN", "Infinity", "-Infinity"})
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | floats | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | st.just("history"), inner, max_size=3),
    max_leaves=6,
)
lines = st.builds(
    FitLine,
    identity=texts,
    trial=st.integers(0, 10**6),
    fold=st.integers(0, 99),
    params=st.dictionaries(texts | st.just("history"), values, max_size=4),
    scores=st.dictionaries(texts, floats, max_size=3),
    train_scores=st.none() | st.dictionaries(texts, floats, max_size=3),
    fit_seconds=st.floats(0, 1e6),
    score_seconds=st.floats(0, 1e6),
    train_rows=st.integers(0, 10**9),
    test_rows=st.integers(0, 10**9),
    epochs=st.integers(0, 10**5),
    history=st.dictionaries(texts, st.lists(st.tuples(st.integers(0, 99), floats), max_size=3).map(tuple), max_size=2),
    way=texts,
    why=texts,
    group=texts,
    attempt=st.integers(1, 9),
    finished=st.just("2026-01-02T03:04:05+00:00"),
    error=st.none() | st.builds(FitFailure, kind=texts, message=texts, traceback=texts, log=texts),
)


def refuse(constant):
    """Fail on what Python's JSON reads and the standard does not know."""
    pytest.fail(f"{constant} is not legal JSON")


@given(lines)
def test_what_is_written_is_legal_json_and_read_back(line):
    """Any line survives, NaN, infinities, quotes and newlines in it too, and other programs can read it."""
    text = dumps(line)
    json.loads(text, parse_constant=refuse)
    assert "\n" not in text
    assert repr(loads(text)) == repr(line)  # NaN equals itself as text only


@given(st.lists(lines, max_size=3))
def test_heads_hold_what_the_whole_lines_hold(many):
    """Reading only the beginning of each line gives the same scores, whatever stands in params and messages."""
    data = dump_lines(many)
    for head, line in zip(heads(data), load_lines(data), strict=True):
        assert repr({name: float(value) for name, value in head["scores"].items()}) == repr(line.scores)
        assert (head["trial"], head["fold"], head["identity"]) == (line.trial, line.fold, identity(dumps(line)))
        assert head["error"] == (line.error and line.error.model_dump())


def test_stored_samples_are_read():
    """Lines stored by the first release are read, in whatever order their fields are."""
    first, second = load_lines((SAMPLES / "format-1.jsonl").read_bytes())
    assert (first.trial, first.fold, first.scores, first.history["loss"][1]) == (3, 1, {"accuracy": 0.9375}, (5, 0.21))
    assert math.isnan(second.scores["accuracy"])
    assert second.error.kind == "ValueError"
    read = [head["identity"] for head in heads((SAMPLES / "format-1.jsonl").read_bytes())]
    assert read == [first.identity, second.identity]


@pytest.mark.parametrize("read", [lambda data: list(load_lines(data, "k")), lambda data: list(heads(data, "k"))])
def test_a_newer_format_is_refused_by_a_sentence(read):
    """A line of a later release says which format was found, which are known, and what to do."""
    with pytest.raises(UsageError, match=r"k has format 2; tunejob .* reads format 1 and older"):
        read((SAMPLES / "format-2.jsonl").read_bytes())


@pytest.mark.parametrize("text", ["{", "[1]", '"history"', '{"format":1}'])
def test_what_is_no_line_is_refused(text):
    """Something else under a result's key is named, not met as a KeyError."""
    with pytest.raises(StoreError, match="results/00001"):
        loads(text, "results/00001-a.jsonl")
