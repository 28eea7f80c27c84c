"""``job.run``: a study run from Python, its value in scikit-learn's names, and the model it leaves."""

import warnings
from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest
from cli import small
from nbclient import NotebookClient
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

import job
from job.errors import UsageError
from job.store import open_store
from job.study import reading
from job.study.mistakes import StudyMistakes

CELL = """\
import sys
import job
found = job.run("study.yaml", workers=1)
assert "tensorflow" not in sys.modules
found
"""


@pytest.fixture(scope="module")
def cell(tmp_path_factory, forks):
    """Return a study's folder, and the outputs of a notebook's cell that ran it there."""
    folder = small.write(tmp_path_factory.mktemp("notebook") / "a study")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patched:
        for name, value in forks.items():
            patched.setenv(name, value)
        warnings.simplefilter("ignore")  # of the client's own event loops
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return folder, notebook.cells[0].outputs


@pytest.fixture(scope="module")
def found(cell):
    """Return what the study's run found."""
    return job.results(cell[0] / "study.yaml")


def pages(outputs):
    """Return the HTML of a cell's outputs, in order."""
    return [one.data["text/html"] for one in outputs if one.output_type in {"display_data", "execute_result"}]


def test_a_notebook_shows_one_bar_and_then_the_best(cell):
    """The bar is renewed in place, to the end; the value shows the best trials and where the report is."""
    bar, shown = pages(cell[1])
    assert '<progress value="8" max="8">' in bar
    assert "8 of 8 fits" in bar
    assert "small: 4 trials" in bar
    assert shown.count("<tr>") == 1 + 4
    assert 'href="runs/small/runs/small-' in shown
    assert "job.load(&quot;" in shown or 'job.load("' in shown


def test_the_value_has_the_attributes_of_a_fitted_search(found):
    """By scikit-learn's own definitions of them, and with the columns of its own ``cv_results_``."""
    X, y = np.arange(40.0).reshape(20, 2), np.tile([0, 1], 10)
    grid = {"C": [1.0, 2.0], "tol": [0.1, 0.2]}
    theirs = GridSearchCV(LogisticRegression(), grid, cv=2).fit(X, y).cv_results_
    names = [one.replace("param_C", "param_learning_rate").replace("param_tol", "param_units") for one in theirs]
    assert list(found.cv_results_) == names
    assert found.best_index_ == found.cv_results_["rank_test_score"].argmin()
    assert found.best_params_ == found.cv_results_["params"][found.best_index_]
    assert found.best_score_ == found.cv_results_["mean_test_score"].max()
    assert found.failures == ()


def test_the_same_study_as_a_dict_goes_on_where_it_was(cell, found, forked, monkeypatch, capfd):
    """Its modules lie in the current folder; the same study is the same run, and nothing is trained again."""
    monkeypatch.chdir(cell[0])
    declared = {
        "name": "small", "model": "model:build", "data": "data:load", "search": "grid",
        "space": {"units": range(2, 4), "learning_rate": np.array([0.01, 0.1])}, "cv": 2, "fit": {"epochs": 2},
    }  # fmt: skip
    again = job.run(declared, workers=1)
    assert again.keys == found.keys
    times = [one.cv_results_["mean_fit_time"].tolist() for one in (again, found)]
    assert times[0] == times[1]
    assert "run small-" in capfd.readouterr().err
    assert job.results(declared).keys == found.keys


def test_a_run_is_found_by_where_it_lies(found):
    """Its folder is enough, as a path or as it is written."""
    folder = Path(found.report).parent
    assert job.results(folder).best_score_ == found.best_score_
    assert job.results(f"{folder}/").keys == found.keys


def test_load_gives_back_what_was_refitted(found):
    """The weights are those of the stored file, as Keras itself loads it."""
    theirs = keras.models.load_model(Path(found.report).with_name("model.keras"))
    ours = job.load(found)
    assert not ours.compiled
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_dict_with_a_function_in_it_is_told_what_to_write(tmp_path, monkeypatch):
    """All such places at once, before anything runs."""
    monkeypatch.chdir(small.write(tmp_path / "study"))

    def build():
        """Stand for a function of a notebook's."""

    declared = {"name": "small", "model": build, "data": {1, 2}, "search": "grid", "space": {"units": [2]}}
    with pytest.raises(StudyMistakes) as told:
        job.run(declared)
    assert "model: got the function `build` itself" in str(told.value)
    assert "name it `model:build`" in str(told.value)
    assert "data: got a set" in str(told.value)


def test_the_store_is_that_of_the_environment(tmp_path, monkeypatch):
    """As for `tunejob run`, `job.results` and `job.load`."""
    folder = small.write(tmp_path / "study")
    monkeypatch.setenv("TUNEJOB_STORE", "nowhere://x")
    with pytest.raises(UsageError, match="nowhere"):
        job.run(folder / "study.yaml")


def test_a_number_of_workers_that_is_none_is_refused():
    """Before the study is read."""
    with pytest.raises(UsageError, match="workers is 0; needed is a number of processes"):
        job.run("study.yaml", workers=0)


def test_a_study_of_pythons_own_values_is_as_one_from_yaml(tmp_path):
    """numpy's, tuples, paths and frozen scipy distributions are what YAML would have said."""
    from scipy.stats import loguniform, randint

    folder = small.write(tmp_path / "study")
    given = {
        "name": "small", "model": "model:build", "data": (Path("X.npy"), Path("y.npy")),
        "search": {"random": {"trials": np.int64(3)}},
        "space": {"units": randint(2, high=9), "learning_rate": loguniform(1e-4, 1e-1)},
    }  # fmt: skip
    (folder / "X.npy").touch()
    (folder / "y.npy").touch()
    text = """\
name: small
model: model:build
data: [X.npy, y.npy]
search: {random: {trials: 3}}
space: {units: {randint: {low: 2, high: 9}}, learning_rate: {loguniform: [1e-4, 1e-1]}}
"""
    (folder / "study.yaml").write_text(text)
    assert reading.given(given, folder) == reading.read(folder / "study.yaml")


def test_the_store_of_a_dict_lies_in_its_folder(tmp_path):
    """Unless it is given, and then as it is given."""
    folder = small.write(tmp_path / "study")
    declared = {"name": "small", "model": "model:build", "data": "data:load", "search": "grid", "space": {"units": [2]}}
    assert open_store(reading.given(declared, folder).store).url == open_store(str(folder / "runs")).url
    assert reading.given(declared, folder, "memory://x").store == "memory://x"
