"""The command itself: help, versions, wrong words, and an install that trains nothing."""

import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import version
from pathlib import Path

import pytest
from cli.small import edit

VERBS = ("init", "check", "plan", "run", "status", "results", "report", "runs", "fetch", "delete", "work", "schema")


def test_help_names_every_verb(tunejob):
    """`--help` is enough to begin."""
    said = tunejob("--help").stdout
    assert all(verb in said for verb in VERBS)
    assert "tunejob init" in said


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "work"])
def test_each_verb_shows_an_example(tunejob, verb):
    """Each `--help` ends with a command that can be copied."""
    done = tunejob(verb, "--help")
    assert done.returncode == 0
    assert f"Example: tunejob {verb}" in " ".join(done.stdout.split())


def test_version(tunejob):
    """The version is the distribution's."""
    assert tunejob("--version").stdout.strip() == f"tunejob {version('tunejob')}"


@pytest.mark.parametrize("arguments", [["chekc"], ["run"], ["run", "x.yaml", "--worker", "2"], ["run", "x", "-w", "0"]])
def test_wrong_words_exit_64(tunejob, arguments):
    """As design says, not typer's 2; no traceback."""
    done = tunejob(*arguments)
    assert done.returncode == 64
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there(tunejob, folder):
    """The nearest file is named."""
    done = tunejob("check", folder / "studi.yaml")
    assert done.returncode == 64
    assert "Did you mean" in done.stderr


def test_check_tells_how_a_study_is_understood(tunejob, folder, tmp_path):
    """Task with its reason, folds, scoring, each distribution's real support, and the store: TUNEJOB_STORE's own."""
    edit(folder, "search: grid", "search: {random: {trials: 3}}")
    edit(folder, "learning_rate: [0.01, 0.1]", "learning_rate: {uniform: [-1, 1]}")
    done = tunejob("check", folder / "study.yaml", TUNEJOB_STORE=str(tmp_path / "elsewhere"))
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert "uniform: [-1, 1] draws from -1 to 0" in said
    assert "binary" in said
    assert "accuracy" in said
    assert "30 rows to train on, 30 to test on" in said
    assert "can be written, read and written once" in said
    assert str(tmp_path / "elsewhere") in said
    assert not (folder / "runs").exists()


@pytest.fixture(scope="module")
def without_tensorflow(tmp_path_factory) -> str:
    """A Python with all that is installed here but TensorFlow and Keras, as `pip install tunejob` would give it."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False)
    there = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.lower().startswith(("tensorflow", "keras", "tensorboard")):
            (there / path.name).symlink_to(path)
    python = str(folder / "bin" / Path(sys.executable).name)
    found = subprocess.run([python, "-c", "import tensorflow"], capture_output=True, text=True, check=False)
    assert "No module named 'tensorflow'" in found.stderr
    return python


def test_check_and_plan_need_no_tensorflow(tunejob, folder, without_tensorflow):
    """What is left to the worker that prepares is named; a parameter that build does not take is still found."""
    done = tunejob("check", folder / "study.yaml", python=without_tensorflow)
    assert done.returncode == 0, done.stderr
    assert "TensorFlow is not installed here" in done.stdout
    done = tunejob("plan", folder / "study.yaml", python=without_tensorflow)
    assert done.returncode == 0, done.stderr
    assert "fits:      8 over 2 folds" in done.stdout
    edit(folder, "units: [2, 3]", "unitz: [2, 3]")
    done = tunejob("check", folder / "study.yaml", python=without_tensorflow)
    assert done.returncode == 64
    assert "unitz" in done.stderr


def test_looking_at_results_needs_no_tensorflow(tunejob, finished, without_tensorflow):
    """status, results, report and fetch read what was trained elsewhere."""
    for verb in ("status", "results", "report", "runs", "fetch"):
        done = tunejob(verb, finished / "study.yaml", python=without_tensorflow)
        assert done.returncode == 0, done.stderr


def test_run_without_tensorflow_says_what_to_install(tunejob, folder, without_tensorflow):
    """Exit 64 naming the module and the remedy."""
    done = tunejob("run", folder / "study.yaml", python=without_tensorflow)
    assert done.returncode == 64
    assert "tensorflow" in done.stderr.lower()
    assert "pip install 'tunejob[cpu]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_python_dash_m_is_the_command():
    """`python -m job` equals `tunejob`."""
    script = Path(sys.executable).with_name("tunejob")
    outputs = [
        subprocess.run([*command, "--version"], capture_output=True, check=True).stdout
        for command in ([script], [sys.executable, "-m", "job"])
    ]
    assert outputs[0] == outputs[1]
