"""Each example runs as its README says, and finds what it should."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from examples.conftest import EXAMPLES

from job.study import reading, schema

NAMES = sorted(path.name for path in EXAMPLES.iterdir() if (path / "study.yaml").exists())

FLOORS = {
    "breast_cancer": ("accuracy", 0.96),
    "census": ("average_precision", 0.5),  # one row in fourteen is positive: by chance it would be 0.07
    "diabetes": ("r2", 0.42),  # a linear model reaches as much
    "digits": ("accuracy", 0.92),
    "retune": ("accuracy", 0.85),
    "titanic_like": ("roc_auc", 0.85),
}

USED = {
    "breast_cancer": "assert (labels == load()[1]).mean() > 0.9",
    "census": "from sklearn.metrics import roc_auc_score as a; assert a(table['high_income'], outputs.ravel()) > 0.8",
    "diabetes": "from sklearn.metrics import r2_score; assert r2_score(table['progression'], predictions) > 0.4",
    "digits": "assert (labels == load()[1]).mean() > 0.9",
    "retune": "assert (labels == load()[1]).mean() > 0.85",
    "titanic_like": "assert X['age'].isna().any() and (predictions == load()['y']).mean() > 0.8",
}
"""What holds after the lines that a report prints have run: the model knows the rows that it was trained on."""


class Numbers(yaml.SafeLoader):
    """YAML as editors read it: ``1e-3`` is a number."""


Numbers.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"-?\d+(\.\d*)?[eE][-+]?\d+$"), list("-0123456789"))


def tunejob(
    *arguments: str, folder: Path, forks: dict[str, str] | None = None, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """The command, to its end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TUNEJOB_")}
    environment |= {**(forks or {}), **variables}
    return subprocess.run(
        [sys.executable, "-m", "job", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip


@pytest.mark.timeout(1000)
@pytest.mark.parametrize("name", NAMES)
def test_an_example_finds_a_good_model(copy, name, forks, monkeypatch):
    """Run to its end: no fit fails, the best score passes its floor, the model and the report are there."""
    folder = copy(name)
    done = tunejob("run", str(folder / "study.yaml"), "--workers", "1", folder=folder.parent, forks=forks)
    assert done.returncode == 0, done.stderr
    (run,) = (folder / "runs" / reading.read(folder / "study.yaml").name / "runs").iterdir()
    best = json.loads((run / "best.json").read_text())
    metric, floor = FLOORS[name]
    assert best["metric"] == metric
    assert best["scores"][metric]["mean"] > floor
    assert best["fits"]["failed"] == 0
    assert best["complete"]
    assert {"model.keras", "report.html", "cv_results.csv"} <= {path.name for path in run.iterdir()}
    assert_used_as_printed((run / "report.md").read_text(), folder, USED[name], monkeypatch)


def assert_used_as_printed(report: str, folder: Path, check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report's command and its lines of Python run beside the study, on the example's own rows."""
    command = re.search(r"```sh\n(.*?)\n```", report, re.DOTALL)
    lines = re.search(r"```python\n(.*?)\n```", report, re.DOTALL)
    assert command is not None
    assert lines is not None
    fetched = tunejob(*shlex.split(command[1])[1:], folder=folder)
    assert fetched.returncode == 0, fetched.stderr
    use(f"{lines[1]}\n{check}", folder, monkeypatch)


def use(lines: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs lines of Python beside a study, as in a session of one's own; what they import from there is forgotten."""
    for file in folder.glob("*.py"):
        sys.modules.pop(file.stem, None)
    known = set(sys.modules)
    with monkeypatch.context() as patched:
        patched.chdir(folder)
        patched.syspath_prepend(folder)
        exec(lines, {"__name__": "__main__"})  # noqa: S102
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(folder)):
            del sys.modules[name]


@pytest.mark.timeout(1000)
def test_what_is_in_use_is_kept_and_then_replaced(copy, forks, monkeypatch):
    """The example's own commands, day by day: the first champion, kept, promoted; then nothing is trained."""
    folder = copy("retune")

    def retuned(day):
        done = tunejob("retune", "study.yaml", "--workers", "1", folder=folder, forks=forks, DAY=day)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert retuned("1").startswith("first: ")
    assert retuned("2").startswith("kept: ")
    assert retuned("3").startswith("promoted: ")
    assert retuned("3").startswith("unchanged: ")
    shown = tunejob("champion", "study.yaml", folder=folder)
    assert "champion: number 2 of retune" in shown.stdout
    assert tunejob("fetch", "study.yaml", "--champion", "--to", "used", folder=folder).returncode == 0
    lines = re.search(r"```python\n(.*?)\n```", (folder / "used" / "README.md").read_text(), re.DOTALL)
    shutil.copy(folder / "used" / "model.keras", folder)
    check = "assert (labels == load()[1]).mean() > 0.85"
    monkeypatch.setenv("DAY", "3")
    use(f"{lines[1]}\n{check}", folder, monkeypatch)
    report = tunejob("report", "study.yaml", "--retunes", folder=folder)
    assert "promoted" in report.stdout
    assert (folder / "runs" / "retune" / "retunes.html").stat().st_size > 5_000


@pytest.mark.timeout(1000)
def test_what_cannot_be_timed_beforehand_is_not_asked_for_again(copy, forks):
    """Fits of scikit-learn estimators: `plan --measure` says so, and does not advise itself."""
    folder = copy("titanic_like")
    planned = tunejob("plan", "study.yaml", "--measure", folder=folder, forks=forks)
    assert planned.returncode == 0, planned.stderr
    assert "time:      unknown: no fit of this study could be timed beforehand" in planned.stdout
    assert "--measure" not in planned.stdout


@pytest.mark.parametrize("name", NAMES)
def test_editors_know_the_example(name):
    """Its first line names the schema, where it lies, and the schema accepts it; numbers are read as YAML 1.2 does."""
    file = EXAMPLES / name / "study.yaml"
    first = file.read_text().splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    named = (file.parent / first.partition("=")[2]).resolve()
    assert json.loads(named.read_text()) == schema.json_schema()
    jsonschema.validate(yaml.load(file.read_text(), Loader=Numbers), json.loads(named.read_text()))  # noqa: S506


@pytest.mark.parametrize(("name", "file"), [("diabetes", "diabetes.csv"), ("census", "census.csv")])
def test_data_is_what_its_script_writes(copy, name, file):
    """The CSV that lies there is the one that ``make.py`` makes, to the byte."""
    folder = copy(name)
    (folder / file).unlink()
    subprocess.run([sys.executable, "make.py"], cwd=folder, check=True)
    assert (folder / file).read_bytes() == (EXAMPLES / name / file).read_bytes()


def test_every_example_has_a_readme_with_its_own_commands():
    """And nothing in it names a study that isn't there."""
    for name in NAMES:
        text = (EXAMPLES / name / "README.md").read_text()
        assert f"tunejob run examples/{name}/study.yaml" in text
        named = [word for word in text.split() if word.startswith("examples/")]
        assert all((EXAMPLES.parent / word).exists() for word in named), named


def test_the_config_map_holds_what_the_study_needs():
    """``kustomization.yaml`` names the study and all of its code."""
    folder = EXAMPLES / "breast_cancer"
    (map_,) = yaml.safe_load((folder / "kustomization.yaml").read_text())["configMapGenerator"]
    code = {path.name for path in folder.iterdir() if path.suffix == ".py"}
    assert set(map_["files"]) == code | {"study.yaml"}
