"""What reports say in words: times that are spent once, spans, scores, what mattered."""

from datetime import datetime

import pytest
from made_run import MadeRun

from job.report import words
from job.report.importance import Importance, Share
from job.report.metrics import said
from job.results.line import dumps, loads

SCORES = {"accuracy": [[0.5, 0.6], [0.7, 0.8]]}


def run_with(**lines):
    """Return a run of one stored trial and one whose fits have other values."""
    made = MadeRun([{"x": 1}, {"x": 2}], SCORES, missing=frozenset({(1, 0), (1, 1)}))
    made.put("group1", [made.line(1, 0, **lines), made.line(1, 1)])
    return made


def test_what_is_spent_once_is_told_once_and_is_in_no_fits_time():
    """A group's first line has tracing and compiling; sums over lines are right, and fit times do not have them."""
    made = run_with(trace_seconds=3.0, compile_seconds=1.5)
    table = made.table()
    assert words.once(table) == "3 s of tracing, 1.5 s of compiling"
    assert words.times(table)[0] == pytest.approx(sum(made.line(t, f).fit_seconds for t in (0, 1) for f in (0, 1)))
    assert words.once(run_with().table()) == ""
    assert table.cv_results_["mean_fit_time"].tolist() == pytest.approx([1.05, 2.05])


def test_lines_of_before_are_read():
    """A line without the fields has spent nothing once."""
    text = dumps(run_with().line(0, 0)).replace('"trace_seconds":0.0,"compile_seconds":0.0,', "")
    assert "trace_seconds" not in text
    assert loads(text).trace_seconds == 0


def test_a_run_began_when_its_first_group_did():
    """A group's fits end together, so its beginning is its end without the seconds of all, tracing too."""
    made = run_with(trace_seconds=50.0)
    fits = [made.line(1, 0, trace_seconds=50.0), made.line(1, 1)]
    ended = datetime.fromisoformat(fits[0].finished).timestamp()
    took = sum(fit.fit_seconds + fit.score_seconds + fit.trace_seconds for fit in fits)
    assert made.table().fits.began == pytest.approx(ended - took)


@pytest.mark.parametrize(
    ("scorer", "score", "text"),
    [
        ("neg_root_mean_squared_error", -8.03, "RMSE 8.03"),
        ("neg_log_loss", -0.25, "log loss 0.25"),
        ("neg_mean_poisson_deviance", -2.0, "mean poisson deviance 2"),
        ("neg_mean_absolute_error", 0.0, "MAE 0"),
        ("accuracy", 0.9, "accuracy 0.9"),
        ("r2", -0.5, "R² -0.5"),
        ("my_code:negative", -3.0, "my_code:negative -3"),
    ],
)
def test_scores_are_told_as_people_say_them(scorer, score, text):
    """Errors are positive and less is better; all others keep their name and sign."""
    assert words.scored(scorer, score) == text
    assert said(scorer).better == ("less is better" if scorer.startswith("neg_") else "")


def test_what_mattered_is_a_line():
    """The largest shares with how sure they are, pairs by both names; or why there is nothing to say."""
    shares = (Share(("rate",), 0.614, 0.05), Share(("rate", "units"), 0.2, 0.031), Share(("units",), 0.001, 0.0))
    told = words.mattered(Importance(shares, 0.83, 27))
    assert told == (
        "rate 61 % ± 5, rate × units 20 % ± 3; a random forest on 27 trials explains 83 % "  # noqa: RUF001
        "of how other trials' scores differ"
    )
    assert words.mattered(Importance(why="4 trials are too few")) == "4 trials are too few"
