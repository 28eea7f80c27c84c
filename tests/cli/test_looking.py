"""The verbs that look at runs: each on one finished run."""

import ast
import csv
import io
import json
import re
import signal
import subprocess
import sys
import urllib.request

import numpy as np
import pandas as pd
import pytest
from cli.small import edit

import job
from job.results import status
from job.store import RunKeys, open_store


@pytest.fixture
def folder(finished):
    """A finished run of one's own."""
    return finished


def test_results_are_ranked(folder, tunejob):
    """JSON and CSV hold the same trials, the JSON the best first."""
    document = json.loads(tunejob("results", folder / "study.yaml", "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(tunejob("results", folder / "study.yaml", "--format", "csv").stdout)))
    assert document["complete"]
    assert len(document["trials"]) == len(rows) == 4
    means = [trial["scores"]["accuracy"]["mean"] for trial in document["trials"]]
    assert means == sorted((float(row["mean_test_score"]) for row in rows), reverse=True)
    assert (
        len(json.loads(tunejob("results", folder / "study.yaml", "--format", "json", "--top", 1).stdout)["trials"]) == 1
    )


@pytest.mark.parametrize("verb", ["status", "results"])
def test_whoever_looks_at_a_finished_run_does_not_wait_for_imports(folder, verb):
    """What is slow to import stays away: scikit-learn, SciPy and pandas, what trains, and what talks to a cluster."""
    script = (
        "import sys\nfrom job.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}))"
    )
    command = [sys.executable, "-c", script, verb, folder / "study.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *_, best, modules = done.stdout.splitlines()
    assert best
    slow = {"sklearn", "scipy", "pandas", "tensorflow", "keras", "kubernetes", "urllib3", "matplotlib"}
    assert not slow & set(ast.literal_eval(modules))


def test_what_mattered_is_told_as_at_the_end_and_anew_without(folder, tunejob):
    """`results` prints the sentence that the run's end kept; where an older version kept none, the same one."""
    (best,) = (folder / "runs/small/runs").glob("*/best.json")
    kept = json.loads(best.read_text())
    told = tunejob("results", folder / "study.yaml").stdout
    assert f"what mattered to accuracy: {kept.pop('mattered')}\n" in told
    best.write_text(json.dumps(kept))
    assert tunejob("results", folder / "study.yaml").stdout == told


def test_results_in_python_are_ready_for_a_dataframe(folder):
    """`job.results` gives scikit-learn's columns."""
    frame = pd.DataFrame(job.results(folder / "study.yaml").cv_results_)
    assert len(frame) == 4
    assert {"mean_fit_time", "param_units", "params", "split0_test_score", "rank_test_score"} <= set(frame)
    assert np.isfinite(frame["mean_test_score"]).all()


def test_a_run_is_found_by_name(folder, tunejob):
    """NAME and NAME/RUN with --store, and TUNEJOB_STORE, find what the study file finds."""
    told = tunejob("status", folder / "study.yaml").stdout
    run = re.search(r"small/(small-\w+)", told)[1]
    store = folder / "runs"
    assert tunejob("status", "small", "--store", store).stdout == told
    assert tunejob("status", f"small/{run}", TUNEJOB_STORE=str(store)).stdout == told
    wrong = tunejob("status", "small/other", "--store", store)
    assert wrong.returncode == 64
    assert run in wrong.stderr
    assert "its store is needed" in tunejob("status", "small").stderr


def test_report_writes_all_anew(folder, tunejob):
    """Reports that were lost are written again, and the export for TensorBoard."""
    (run,) = (folder / "runs/small/runs").iterdir()
    for name in ("report.html", "report.md", "cv_results.csv", "best.json"):
        (run / name).unlink()
    done = tunejob("report", folder / "study.yaml", "--tensorboard", folder / "logs")
    assert done.returncode == 0, done.stderr
    for name in ("report.html", "report.md", "cv_results.csv", "best.json"):
        assert str(run / name) in done.stdout
        assert (run / name).stat().st_size
    assert list((folder / "logs").rglob("events.out.tfevents*"))


def test_a_live_report_ends_quietly_by_ctrl_c(folder, environment):
    """It tells where it is, answers, and goes without a word."""
    command = [sys.executable, "-m", "job", "report", str(folder / "study.yaml"), "--live"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        line = process.stdout.readline()
        assert "renews itself; Ctrl-C ends it" in line
        with urllib.request.urlopen(line.split()[0]) as page:  # noqa: S310  # of loopback
            assert b"small" in page.read()
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=60)
    assert (process.returncode, rest, said) == (130, "", "")


def test_fetch_copies_reports_and_model(folder, tunejob, tmp_path):
    """The files are those of the store."""
    done = tunejob("fetch", folder / "study.yaml", "--to", tmp_path / "here")
    assert done.returncode == 0, done.stderr
    (run,) = (folder / "runs/small/runs").iterdir()
    names = {"report.html", "report.md", "cv_results.csv", "best.json", "model.keras"}
    assert {path.name for path in (tmp_path / "here").iterdir()} == names
    assert all((tmp_path / "here" / name).read_bytes() == (run / name).read_bytes() for name in names)


def test_delete_asks_and_spares_what_lives(folder, tunejob):
    """Nothing is deleted without a yes, nor while a controller follows the run; `runs` shows what is left."""
    (run,) = (folder / "runs/small/runs").iterdir()
    keys, store = RunKeys("small", run.name), open_store(str(folder / "runs"))
    name = f"small/{run.name}"
    assert tunejob("delete", name, "--store", folder / "runs").returncode != 0  # nobody answers
    status.write(store, keys, "running")
    refused = tunejob("delete", name, "--store", folder / "runs", "--yes")
    assert refused.returncode == 64
    assert "is live" in refused.stderr
    kept = tunejob("delete", folder / "study.yaml", "--keep", 0, "--yes")
    assert "it is live" in kept.stdout
    assert (run / "plan.json").exists()
    status.write(store, keys, "ended")
    assert run.name in tunejob("runs", folder / "study.yaml").stdout
    assert "nothing to delete" in tunejob("delete", folder / "study.yaml", "--keep", 1, "--yes").stdout
    assert tunejob("delete", name, "--store", folder / "runs", "--yes").returncode == 0
    assert not list(run.rglob("*.json"))  # the study's index of fits stays, whose fits are gone


def test_what_a_newer_version_wrote_is_refused(folder, tunejob):
    """A sentence, and not a guess."""
    (plan,) = (folder / "runs").rglob("plan.json")
    plan.write_text(plan.read_text().replace('"format":1', '"format":2', 1))
    done = tunejob("results", folder / "study.yaml")
    assert done.returncode == 64
    assert "has format 2" in done.stderr
    assert "Update tunejob" in done.stderr


def test_a_study_that_never_ran_says_so(folder, tunejob):
    """Exit 64 with the reason."""
    edit(folder, "name: small", "name: other")
    done = tunejob("results", folder / "study.yaml")
    assert done.returncode == 64
    assert "nothing of it was run into this store yet" in done.stderr
