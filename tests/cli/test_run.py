"""`tunejob run`: to the end, resumed, stopped, limited, failed."""

import csv
import io
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from cli.small import break_training, edit

HOLDING = """\
import pathlib
import time

import keras

BEGUN = []


class Slow(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        BEGUN.append(1)  # the ninth fit of a process waits until it is told to go on
        while len(BEGUN) > 8 and not pathlib.Path(__file__).with_name(".go").exists():
            time.sleep(0.05)
"""
"""A callback that holds a worker up, so that a run is amid its fits for as long as a test needs it."""


def hold(folder: Path) -> None:
    """Makes the study one of 32 fits that waits amid them for a file ``.go``."""
    edit(folder, "[2, 3]", "[2, 3, 4, 5, 6, 7, 8, 9]")
    edit(folder, "fit: {epochs: 2}", "fit: {epochs: 2, callbacks: ['slow:Slow']}")
    (folder / "slow.py").write_text(HOLDING)


def lines(folder: Path) -> dict[str, str]:
    """Every stored fit's line by its identity."""
    found = (folder / "runs").rglob("results/*/*.jsonl")
    return {json.loads(line)["identity"]: line for path in found for line in path.read_text().splitlines()}


def test_a_study_runs_to_its_end(folder, tunejob):
    """Exit 0, the best parameters on standard output, progress on standard error, everything in the store."""
    done = tunejob("run", folder / "study.yaml", "--workers", 2)
    assert done.returncode == 0, done.stderr
    assert "best parameters: " in done.stdout
    assert "fits 8/8" in done.stderr
    assert "fits 8/8" not in done.stdout
    (run,) = (folder / "runs/small/runs").iterdir()
    kept = {path.name for path in run.iterdir()}
    assert {
        "study.yaml",
        "plan.json",
        "prepare.json",
        "report.html",
        "report.md",
        "cv_results.csv",
        "best.json",
    } <= kept
    best = json.loads((run / "best.json").read_text())
    assert best["complete"]
    assert best["classes"] == [0, 1]
    assert keras.models.load_model(run / "model.keras").predict(np.zeros((1, 3)), verbose=0).shape == (1, 1)
    assert not list((folder / "runs").rglob("prepared/*/*.json"))


def test_running_again_trains_nothing(finished, tunejob):
    """A complete run is shown again, with the lines that it had."""
    before = lines(finished)
    shown = [tunejob("run", finished / "study.yaml", "--workers", workers) for workers in (2, 3)]
    assert [one.returncode for one in shown] == [0, 0]
    assert lines(finished) == before
    assert "best parameters: " in shown[0].stdout
    assert shown[0].stdout == shown[1].stdout


def test_a_changed_study_is_a_new_run_and_says_what_differs(finished, tunejob):
    """`plan` names the field that makes it another run."""
    folder = finished
    edit(folder, "epochs: 2", "epochs: 3")
    planned = tunejob("plan", folder / "study.yaml")
    assert planned.returncode == 0
    assert "fit.epochs was 2, is 3" in planned.stdout
    assert re.search(r"tracing:   about \S+ s once for all widths, as measured by small-\w+; ", planned.stdout)
    edit(folder, "epochs: 3", "epochs: 2")
    edit(folder, "cv: 2", "cv: 2\nlimits: {run: 1h}")  # no score depends on it
    assert "planned already" in tunejob("plan", folder / "study.yaml").stdout


def test_ctrl_c_keeps_what_is_finished(folder, tunejob, environment, forks):
    """SIGINT ends with 130, and running again adds only what is missing."""
    hold(folder)
    command = [sys.executable, "-m", "job", "run", str(folder / "study.yaml"), "--workers", "1"]
    with subprocess.Popen(command, env=environment | forks, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if "best" in line:
                process.send_signal(signal.SIGINT)
                break
        said = process.stderr.read()
    assert process.returncode == 130
    assert f"tunejob run '{folder / 'study.yaml'}'" in said
    before = lines(folder)
    assert 0 < len(before) < 32
    (folder / ".go").touch()
    done = tunejob("run", folder / "study.yaml", "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert len(lines(folder)) == 32
    assert before.items() <= lines(folder).items()


def test_a_run_at_its_limit_stops_and_can_go_on(folder, tunejob):
    """Exit 75 with the missing trials and the command that resumes; the same run goes on with a longer limit.

    Logs, plots and results that lie beside the study by then do not hinder it.
    """
    hold(folder)
    edit(folder, "cv: 2", "cv: 2\nlimits: {run: 1s}")
    stopped = tunejob("run", folder / "study.yaml", "--workers", 1)
    assert stopped.returncode == 75
    assert "reached its limit of 1 s" in stopped.stderr
    assert "fits are missing, of " in stopped.stderr
    assert "to continue with what is missing: tunejob run" in stopped.stderr
    assert tunejob("results", folder / "study.yaml").returncode == 75
    edit(folder, "run: 1s", "run: 1h")
    (folder / ".go").touch()
    for name in ("nohup.out", "out", "notes.txt", "best.json", "model.py~", "old.py"):  # what comes to lie beside it
        (folder / name).write_text("x")
    done = tunejob("run", folder / "study.yaml", "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert len(list((folder / "runs/small/runs").iterdir())) == 1


def test_when_all_fits_fail_the_causes_are_grouped(folder, tunejob):
    """Exit 65, each cause once with its count, and one traceback."""
    break_training(folder, "True")
    done = tunejob("run", folder / "study.yaml", "--workers", 1)
    assert done.returncode == 65
    assert "all 8 fits failed, for one cause:\n  8 fits: RuntimeError: cannot train" in done.stderr
    assert 'raise RuntimeError("cannot train")' in done.stderr


def test_failed_fits_among_others_are_data(folder, tunejob):
    """One width raises in training: exit 0, its trials last with the exception kept."""
    break_training(folder, "units == 3")
    done = tunejob("run", folder / "study.yaml", "--workers", 1)
    assert done.returncode == 0, done.stderr
    table = tunejob("results", folder / "study.yaml", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["mean_test_score"] == "nan" for row in rows] == [row["param_units"] == "3" for row in rows]
    assert "4 fits: RuntimeError: cannot train" in tunejob("status", folder / "study.yaml").stdout


def test_failed_fits_are_told_last_with_their_place(folder, tunejob):
    """How many of how many, the trials and the line of the user's own; the table says what is not in it."""
    edit(
        folder,
        "    return model\n",
        "    if units == 3:\n        raise ValueError('too wide')\n    return model\n",
        "model.py",
    )
    done = tunejob("run", folder / "study.yaml", "--workers", 1)
    assert done.returncode == 0, done.stderr
    told = done.stderr[done.stderr.index("4 of 8 fits FAILED, for one cause:") :]
    assert "4 fits (trials 1, 3): ValueError: too wide" in told or "4 fits (trials 2, 3): ValueError: too wide" in told
    assert "model.py line 8, in build: raise ValueError('too wide')" in told
    assert "2 of 4 trials are not ranked: 2 have failed fits" in done.stdout
    assert "4 of 8 fits FAILED" in tunejob("results", folder / "study.yaml").stderr


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ("import sys; sys.exit(3)", "build called sys.exit(3)"),
        ("import os; os.abort()", "killed by SIGABRT"),
        ("import os; os._exit(4)", "ended its process with exit code 4"),
    ],
)
def test_a_build_that_ends_its_process_is_named(folder, tunejob, ends, told):
    """Exit 65, with what it was and where the log is: it is the study's code that did it, and no bug of ours."""
    edit(folder, "    return model\n", f"    {ends}\n    return model\n", "model.py")
    done = tunejob("run", folder / "study.yaml", "--workers", 1, TUNEJOB_FORKS="")  # its imports are in the logs
    assert done.returncode == 65, done.stderr
    assert told in done.stderr
    assert "units=2" in done.stderr or "'units': 2" in done.stderr
    assert "bug" not in done.stderr
    (logs,) = re.findall(r"the workers' logs are kept in (\S+)", done.stderr)
    assert list(Path(logs).glob("worker-*.log"))


def test_a_changed_model_is_named_as_what_makes_another_run(finished, tunejob):
    """And that undoing it resumes the one before."""
    (run,) = (finished / "runs/small/runs").iterdir()
    edit(finished, "Dense(units)", "Dense(units + 1)", "model.py")
    done = tunejob("run", finished / "study.yaml", "--workers", 1)
    assert f"not {run.name} (complete): model.py changed; undo that and tunejob resumes {run.name}" in done.stderr


def test_data_that_differs_from_load_to_load_is_told(folder, tunejob):
    """`check` names the likely call and what makes the rows the same each time."""
    edit(folder, "default_rng(0)", "default_rng()", "data.py")
    told = tunejob("check", folder / "study.yaml").stdout
    assert "data:load() gives other rows, or another order, each time" in told
    assert "data.py line 4: `default_rng()` without a seed" in told


def test_error_score_raise_ends_the_run_at_the_first_failure(folder, tunejob):
    """Exit 65 with that fit's exception."""
    break_training(folder, "units == 3")
    edit(folder, "cv: 2", "cv: 2\nerror_score: raise")
    done = tunejob("run", folder / "study.yaml", "--workers", 1)
    assert done.returncode == 65
    assert "error_score is 'raise'" in done.stderr
    assert "cannot train" in done.stderr


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("cv: 2", "cv: 2\nscoring: f1_macr", "line 9: scoring: there is no scorer `f1_macr`"),
        ("data:load", "data:laod", "line 3: data: module `data` has no `laod`"),
        ("units: [2, 3]", "unit: [2, 3]", "line 6: space.unit"),
    ],
)
def test_mistakes_are_told_with_their_lines(folder, tunejob, before, after, expected):
    """Exit 64 and no traceback, before any worker starts."""
    edit(folder, before, after)
    done = tunejob("run", folder / "study.yaml")
    assert done.returncode == 64
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "runs").exists()


def test_mistakes_that_only_data_shows_have_lines_too(folder, tunejob):
    """What the worker that prepares finds is placed in the user's file, all at once."""
    edit(folder, "cv: 2", "cv: {GroupKFold: {n_splits: 2}}")
    done = tunejob("run", folder / "study.yaml")
    assert done.returncode == 64
    assert "line 8: cv" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_store_in_memory_is_refused(folder, tunejob):
    """Worker processes would not see it."""
    done = tunejob("run", folder / "study.yaml", "--store", "memory://x")
    assert done.returncode == 64
    assert "use a folder" in done.stderr
