"""What a run found, as it shows itself, whatever came of the run."""

import pytest
from results.made_run import MadeRun

import job
from job.errors import UsageError
from job.python.results import Results
from job.results.line import FitFailure


def found(made, folder):
    """Return a made run as Python is given it."""
    return Results.of(made.table(), made.store, folder)


def test_ten_of_many_trials_are_shown_the_best_first(tmp_path):
    """In a notebook; a terminal gets three lines."""
    made = MadeRun([{"x": number} for number in range(25)], {"accuracy": [[number / 25] * 2 for number in range(25)]})
    page = found(made, tmp_path)._repr_html_()
    assert page.count("<tr>") == 1 + 10
    assert page.index("<td>24</td>") < page.index("<td>15</td>")
    assert "<td>14</td>" not in page
    assert repr(found(made, tmp_path)).splitlines()[1] == "best accuracy: 0.96 ± 0 (trial 24: x=24)"
    assert len(repr(found(made, tmp_path)).splitlines()) == 3


def test_what_users_wrote_is_text_and_no_markup(tmp_path):
    """A param's value can't bring a script into a notebook."""
    made = MadeRun([{"x": "<script>alert(1)</script>"}, {"x": "b"}], {"accuracy": [[1.0], [0.5]]})
    page = found(made, tmp_path)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_run_without_a_report_says_which_command_writes_one(tmp_path):
    """And nothing is said of a model that is not there."""
    made = MadeRun([{"x": 1}], {"accuracy": [[1.0]]})
    page = found(made, tmp_path)._repr_html_()
    assert f"tunejob report made/{made.run} --store {made.store.url}" in page
    assert "job.load" not in page


def test_a_run_of_failed_fits_alone_has_no_best_and_says_why(tmp_path):
    """As an unfitted search of scikit-learn, it lacks the attribute; the failures are shown."""
    broken = FitFailure(kind="ValueError", message="no such layer", traceback="")
    made = MadeRun([{"x": 1}], {"accuracy": [[0.0]]}, failed={(0, 0): broken})
    run = found(made, tmp_path)
    assert not hasattr(run, "best_params_")
    with pytest.raises(AttributeError, match=r"no best trial: No fit succeeded\.\n1 of 1 fits FAILED"):
        _ = run.best_index_
    assert "no such layer" in run._repr_html_()
    assert "No fit succeeded" in repr(run)
    assert run.failures[0].failure.kind == "ValueError"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "not refitted; running the study again does it"),
        ({"refit": False}, "`refit: false`"),
        ({"missing": frozenset({(0, 0)})}, "no trial has all its scores"),
    ],
)
def test_a_model_that_is_not_there_is_told_with_the_reason(tmp_path, more, said):
    """Before Keras is imported."""
    made = MadeRun([{"x": 1}], {"accuracy": [[1.0]]}, **more)
    with pytest.raises(UsageError, match=said):
        job.load(found(made, tmp_path))


def test_what_names_no_run_is_refused():
    """With what may be given."""
    with pytest.raises(UsageError, match="got a int; needed is a study file, a run's folder or URL, or its name"):
        job.results(3)
