"""Finding runs again, and ``job.results``: the newest run of a study, or the one that is named."""

import subprocess
import sys

import pandas as pd
import pytest
from made_run import MadeRun

import job
from job.errors import UsageError
from job.results import runs
from job.results.files import best_json
from job.store import open_store
from job.study import reading

OLD = {"run": "made-00000000aa", "created": "2026-01-02T03:04:05+00:00"}
NEW = {"run": "made-0000000011", "created": "2026-01-03T00:00:00+00:00"}


@pytest.fixture
def folder(tmp_path):
    """Return a folder with two runs of a study, and its study file."""
    for kept, score in ((OLD, 0.1), (NEW, 0.9)):
        made = MadeRun(
            [{"x": 1}, {"x": 2}], {"accuracy": [[score, 0.5], [0.2, 0.2]]}, store=open_store(str(tmp_path)), **kept
        )
        made.write_plan()
    study = made.study.model_copy(update={"store": str(tmp_path)})
    (tmp_path / "model.py").write_text("def build(x):\n    pass\n")
    (tmp_path / "data.py").write_text("def load():\n    pass\n")
    (tmp_path / "study.yaml").write_text(reading.dump(study))
    return tmp_path


def test_results_in_python_are_a_data_frame_away(folder):
    """``job.results`` takes the study file or the run's name, and its columns make a DataFrame."""
    frame = pd.DataFrame(job.results(folder / "study.yaml").cv_results_)
    assert frame["mean_test_score"].tolist() == [0.7, 0.2]
    assert frame["param_x"].tolist() == [1, 2]
    named = job.results("made/made-00000000aa", store=str(folder))
    assert named.cv_results_["mean_test_score"].tolist() == [0.3, 0.2]


def test_without_a_run_the_newest_is_meant(folder, monkeypatch):
    """The newest is the one planned last, whatever its name; the store may come from the environment."""
    assert runs.find("made", str(folder)).keys.run == NEW["run"]
    monkeypatch.setenv("TUNEJOB_STORE", str(folder))
    assert runs.find("made").keys.run == NEW["run"]


def test_a_complete_run_in_brief_comes_from_its_best_json(folder):
    """Its results are not read again; an unfinished run, and one without reports, are aggregated."""
    run = runs.find("made", str(folder))
    assert run.brief().score == 0.7
    run.store.write(run.keys.best, best_json(run.table()))
    for entry in run.store.list(run.keys.results_prefix):
        run.store.delete(entry.key)
    assert (run.brief().score, run.brief().is_complete) == (0.7, True)
    run.store.write(run.keys.best, best_json(run.table()))
    assert (run.brief().score, run.brief().done) == (None, 0)
    run.store.delete(run.keys.best)
    assert run.brief().done == 0


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("made/nope", r"there is no run made/nope in .*; there are: made-0000000011, made-00000000aa"),
        ("other", r"there is no run other in .*nothing of it was run"),
    ],
)
def test_a_run_that_is_not_there_is_told_with_those_that_are(folder, target, said):
    """The message names the runs that can be meant."""
    with pytest.raises(UsageError, match=said):
        runs.find(target, str(folder))


def test_a_name_needs_its_store(monkeypatch):
    """Without a study file nobody knows the store."""
    monkeypatch.delenv("TUNEJOB_STORE", raising=False)
    with pytest.raises(UsageError, match=r"made is no study file.*--store"):
        runs.find("made")


def test_importing_the_package_imports_no_room():
    """``import job`` is instant; ``job.results`` brings its room when it is asked for."""
    code = "import job, sys; assert not [m for m in sys.modules if m[:4] == 'job.']; assert callable(job.results)"
    subprocess.run([sys.executable, "-c", code], check=True)
