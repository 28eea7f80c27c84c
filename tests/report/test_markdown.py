"""report.md: what a person reads in a terminal or a pull request."""

import itertools

import pytest
from made_run import MadeRun

from job.report import markdown
from job.results.line import FitFailure

PARAMS = [{"act": act, "units": units} for act, units in itertools.product(["relu", "a|b\n_c_"], [32, 64])]
SCORES = {"accuracy": [[0.5, 0.7], [0.8, 0.9], [0.1, 0.2], [0.3, 0.3]]}
NO = FitFailure(kind="ValueError", message="units `must` be\npositive")


def tables(text):
    """Return the cells of every line of a table, with escaped pipes as pipes."""
    rows = [line.replace(r"\|", "\0") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().replace("\0", "|") for cell in row.strip("|").split("|")] for row in rows]


def test_the_best_and_the_ranking():
    """The best params, and the ranked trials with their scores, in tables whose rows have as many cells as the head."""
    run = MadeRun(PARAMS, SCORES)
    text = markdown.render(run.table(), run.store)
    assert text.startswith("# made: complete\n")
    assert "**Best mean accuracy: 0.85** ± 0.05 (trial 1)" in text
    rows = tables(text)
    assert ["units", "64"] in rows
    ranking = rows[rows.index(next(row for row in rows if row[0] == "rank")) :]
    assert {len(row) for row in ranking} == {6}
    assert [row[1] for row in ranking[2:]] == ["1", "0", "3", "2"]
    assert ranking[-1][3] == r"a|b \_c\_"


def test_an_incomplete_run_says_so():
    """What is missing, and the command that resumes."""
    run = MadeRun(PARAMS, SCORES, missing=frozenset({(2, 1)}))
    text = markdown.render(run.table(), run.store, resume="tunejob run study.yaml")
    assert "# made: incomplete: 7 of 8 fits" in text
    assert "> to continue with what is missing: tunejob run study.yaml" in text


def test_failures_are_listed():
    """Causes with their counts; a run of nothing else shows no ranking of error scores."""
    failed = {(trial, fold): NO for trial in range(4) for fold in range(2)}
    run = MadeRun(PARAMS, SCORES, failed=failed, error_score=0.0)
    text = markdown.render(run.table(), run.store)
    assert "# made: no fit succeeded" in text
    assert r"- 8 fits: ValueError: units \`must\` be (trials 0-3)" in text
    assert "Best" not in text
    assert not tables(text)


@pytest.mark.parametrize(
    ("stored", "said"), [(True, "tunejob fetch made/made-0123456789"), (False, "not refitted yet")]
)
def test_how_to_use_the_model(stored, said):
    """With a model it is fetched and loaded; without one the best params build it."""
    run = MadeRun(PARAMS, SCORES)
    if stored:
        run.store.create(run.keys.model, b"model")
    text = markdown.render(run.table(), run.store)
    assert said in text
    assert ("load_model" in text) == stored
    assert ("from model import build" in text) != stored
