"""cv_results.csv and best.json: read by pandas and by JSON's own rules, they give back what the table has."""

import io
import json
import math

import numpy as np
import pandas as pd
import pytest
from made_run import MadeRun

from job.results.files import best_json, table_csv
from job.results.line import FitFailure

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
