"""cv_results.csv and best.json: read by pandas and by JSON's own rules, they give back what the table has."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_run import MadeRun

from job.errors import DataError, UsageError
from job.results import brief
from job.results.files import best_json, table_csv
from job.results.line import FitFailure

SAMPLE = (Path(__file__).parent / "samples" / "best-1.json").read_bytes()
PARAMS = [{"rate": 0.1, "act": 'a,"b"\n'}, {"rate": 1e-05, "act": None}, {"units": [64, 32]}]
SCORES = {"accuracy": [[0.1, 0.7], [1 / 3, 0.6], [0.3, 0.4]], "f1": [[1, 2], [3, 4], [5, math.inf]]}


def refuse(constant):
    """Fail on what Python's JSON reads and the standard does not know."""
    pytest.fail(f"{constant} is not legal JSON")


def test_the_csv_is_cv_results():
    """Read by pandas it has scikit-learn's columns, with every float equal to the last bit."""
    table = MadeRun(PARAMS, SCORES, refit="accuracy", failed={(2, 0): FitFailure(kind="E", message="m")}).table()
    read = pd.read_csv(io.BytesIO(table_csv(table)), dtype=str, keep_default_na=False)
    expected = table.cv_results_
    assert list(read) == list(expected)
    for name in expected:
        if name.startswith(("mean", "std", "split", "rank")):
            assert np.array_equal(read[name].astype(float), expected[name], equal_nan=True)
    assert read["param_rate"].tolist() == ["0.1", "1e-05", ""]
    assert read["param_units"].tolist() == ["", "", "[64, 32]"]
    assert read["param_act"].tolist() == ['a,"b"\n', "null", ""]
    assert [json.loads(text) for text in read["params"]] == PARAMS


def test_best_json_is_legal_and_whole():
    """The best trial's params, scores, classes and provenance, in JSON that any program reads."""
    found = json.loads(best_json(MadeRun(PARAMS, SCORES, refit="f1").table()), parse_constant=refuse)
    assert (found["format"], found["run"], found["trial"], found["params"]) == (1, "made-0123456789", 2, PARAMS[2])
    assert found["scores"]["f1"] == {"mean": "Infinity", "std": "NaN", "rank": 1, "folds": [5.0, "Infinity"]}
    assert found["scores"]["accuracy"]["folds"] == [0.3, 0.4]
    assert (found["classes"], found["complete"], found["versions"]["keras"]) == ([0, 1], True, "3.12.0")


def test_best_json_before_any_trial_is_scored():
    """An unfinished run's best.json says so, with nothing invented."""
    run = MadeRun([{"x": 1}], {"accuracy": [[0.1, 0.2]]}, missing=frozenset({(0, 1)}))
    found = json.loads(best_json(run.table(), {"model": None}))
    assert (found["complete"], found["trial"], found["params"], found["scores"]) == (False, None, None, None)
    assert found["fits"] == {"all": 2, "stored": 1, "failed": 0}


def test_a_stored_sample_of_best_json_is_read():
    """What the first release wrote tells a run in brief, and what is written today has all its fields."""
    assert brief.read(SAMPLE, "best.json") == brief.Brief("accuracy", 0.91875, done=4, failed=0, fits=4)
    today = json.loads(best_json(MadeRun(PARAMS, SCORES, refit="accuracy").table()))
    assert json.loads(SAMPLE).keys() <= today.keys()


@pytest.mark.parametrize("errors", [math.nan, 0.0])
def test_a_run_in_brief_is_what_its_table_says(errors):
    """Through best.json or not: complete, unfinished, without any score, and with nothing but failed fits."""
    broken = {(0, fold): FitFailure(kind="E", message="m") for fold in (0, 1)}
    for more, complete, hopeless in (
        ({}, True, False),
        ({"missing": frozenset({(0, 1)})}, False, False),
        ({"failed": broken}, True, True),
    ):
        table = MadeRun([{"x": 1}], {"accuracy": [[0.1, 0.2]]}, error_score=errors, **more).table()
        found = brief.read(best_json(table), "best.json")
        assert found == brief.of(table) or (math.isnan(found.score) and math.isnan(brief.of(table).score))
        assert (found.is_complete, found.is_hopeless) == (complete, hopeless)


def test_best_json_of_a_newer_format_is_refused_by_a_sentence():
    """It names the object, both formats, and what to do; what is no best.json is told as well."""
    newer = json.dumps({**json.loads(SAMPLE), "format": 2, "scores": []}).encode()
    with pytest.raises(UsageError, match=r"there/best.json has format 2; .* reads format 1 and older"):
        brief.read(newer, "there/best.json")
    for data in (b"", b"[]", b"{}", SAMPLE.replace(b'"mean"', b'"average"')):
        with pytest.raises(DataError, match=r"best.json can't be read: .*tunejob report"):
            brief.read(data, "best.json")
