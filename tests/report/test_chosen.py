"""The best trials as a table of a terminal's width."""

import numpy as np
import pytest
from results.made_run import MadeRun

from job.cli import showing
from job.report import chosen
from job.results.line import FitFailure

LONG = "categorical_crossentropy_with_a_very_long_name_indeed"


def table(trials: int = 27, **more):
    """A run of eight params, of which `same` does not vary and `rate` decides the score."""
    rates = np.linspace(0.0001234, 0.0987, trials)
    params = [
        {
            "same": 1, "first": number % 2, "second": float(number % 3) / 7, "dropout": 0.1 * (number % 4),
            "name": LONG, "learning_rate": float(rates[number]), "units": [64, 32][: 1 + number % 2],
            "batch_size": 16 * (number % 5),
        }
        for number in range(trials)
    ]  # fmt: skip
    for number, one in enumerate(params):
        one["name"] = f"{number % 2}{LONG}{number % 2}"
    scores = {"accuracy": np.stack([rates, rates + 0.01], axis=1)}
    return MadeRun(params, scores, **more).table()


@pytest.fixture
def shown():
    """Prints as the command does, at a width."""
    return lambda width, **more: chosen.of(table(**more), 5, width)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_lines_fit_the_width(shown, width):
    """No line is longer than the terminal is wide; all are of one length, so that nothing is folded."""
    found = shown(width)
    assert {len(line) for line in found.lines[:2]} == {len(found.lines[0])}
    assert max(map(len, found.lines)) <= width


def test_at_80_columns_the_most_telling_come_first(shown):
    """What decides the score is there, with all its digits; what does not vary is in no column."""
    head, _, first, *_ = shown(80).lines
    assert head.split()[:4] == ["rank", "trial", "accuracy", "learning_rate"]
    assert "0.0987" in first
    assert "same" not in shown(300).lines[0]


def test_long_values_are_cut_in_the_middle(shown):
    """The beginning and the end of a long text are seen, in the table alone."""
    assert "0categorical…" in shown(300).lines[2] or "1categorical…" in shown(300).lines[2]
    assert chosen.cut("a" * 30 + "b" * 30) == "aaaaaaaaaaaa…bbbbbbbbbbb"
    assert chosen.cut("short") == "short"


def test_what_is_not_shown_is_told(shown):
    """How many trials of how many, and which columns have no room."""
    assert shown(300).count == "5 of 27 trials shown"
    assert shown(80).count.startswith("5 of 27 trials shown, without ")
    assert "csv" in shown(80).count


def test_trials_that_are_not_ranked_are_counted_with_the_reason(capsys):
    """Failed fits and missing ones are told under the table."""
    failed = {(3, 0): FitFailure(kind="ValueError", message="no"), (4, 1): FitFailure(kind="ValueError", message="no")}
    showing.ranking(table(failed=failed, missing=frozenset({(5, 0)})), 5)
    told = capsys.readouterr().out
    assert "3 of 27 trials are not ranked: 2 have failed fits, 1 has fits that are missing" in told
