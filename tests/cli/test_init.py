"""What ``tunejob init`` writes, and what it leaves alone."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from job.cli.init import Kind, init
from job.errors import UsageError
from job.study import code_files, reading, schema

FLOORS = {
    Kind.arrays: ("accuracy", 0.93),
    Kind.table: ("average_precision", 0.35),  # by chance it would be the share of those who left, 0.22
    Kind.images: ("accuracy", 0.88),
    Kind.text: ("accuracy", 0.85),  # one label in ten is wrong
    Kind.series: ("neg_root_mean_squared_error", -0.3),  # the series itself varies by 0.8
}


@pytest.mark.parametrize("kind", Kind)
def test_what_is_written_runs_as_it_is(tunejob, tmp_path: Path, kind: Kind) -> None:
    """The command, run at once on what it wrote, tells the next step, and that step finds a good model."""
    written = tunejob("init", tmp_path / "new" / "study", "--kind", kind.value)
    assert written.returncode == 0, written.stderr
    assert f"next: tunejob run {tmp_path / 'new' / 'study' / 'study.yaml'}" in written.stdout
    ran = tunejob("run", tmp_path / "new" / "study" / "study.yaml", "--workers", 1)
    assert ran.returncode == 0, ran.stderr
    (file,) = (tmp_path / "new" / "study").rglob("best.json")
    best, (metric, floor) = json.loads(file.read_text()), FLOORS[kind]
    assert best["metric"] == metric
    assert best["fits"]["failed"] == 0
    assert best["scores"][metric]["mean"] > floor


@pytest.mark.parametrize("kind", Kind)
def test_each_learns_preprocessing_in_the_folds(tmp_path: Path, kind: Kind) -> None:
    """A layer that learns from data is left unadapted in every model, and the code says why."""
    init(tmp_path, kind)
    text = (tmp_path / "model.py").read_text()
    assert "adapt(" not in text
    assert re.search(r"layers\.(Normalization|TextVectorization|StringLookup)\(", text)
    assert "each fit's training rows alone" in text


def test_editors_find_the_schema_beside_the_study(tmp_path: Path) -> None:
    """The first line names a file that is written too, is the schema as printed, and accepts the study."""
    init(tmp_path)
    text = (tmp_path / "study.yaml").read_text()
    told = (tmp_path / text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")).read_text()
    assert told == schema.text()
    jsonschema.validate(yaml.safe_load(text) | {"space": {"units": [8, 32]}}, json.loads(told))


def test_only_code_counts_as_code(tmp_path: Path) -> None:
    """The schema and the study are no part of what names a run and travels to a cluster."""
    init(tmp_path)
    assert [one.path for one in code_files.find(reading.read(tmp_path / "study.yaml"), tmp_path).files] == [
        "data.py",
        "model.py",
    ]


@pytest.mark.parametrize("kind", Kind)
def test_what_is_commented_out_holds_too(tmp_path: Path, kind: Kind) -> None:
    """Every commented field of the study, turned on, is read; but for `target` without a CSV file."""
    init(tmp_path, kind)
    text = (tmp_path / "study.yaml").read_text()
    on = re.sub(r"^( *)# (?!target)([a-z_]+: )", r"\1\2", text, flags=re.MULTILINE)
    told = reading.parse(on, "study.yaml")
    assert told.fit.validation_split == 0.2
    assert told.fit.early_stopping is not None
    assert (told.limits.fit, told.limits.run) == (600, 7200)


@pytest.mark.parametrize("there", ["study.yaml", "model.py", "data.py", ".study.schema.json"])
def test_nothing_is_overwritten(tunejob, tmp_path: Path, there: str) -> None:
    """One file that is there already: it is named, kept, and no other is written."""
    (tmp_path / there).write_text("mine")
    done = tunejob("init", tmp_path)
    assert done.returncode == 64
    assert there in done.stderr
    assert "Traceback" not in done.stderr
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(there, "mine")]


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    """It is something of the user's that is there."""
    (tmp_path / "model.py").symlink_to(tmp_path / "elsewhere.py")
    with pytest.raises(UsageError, match=r"model\.py already"):
        init(tmp_path)
    assert not (tmp_path / "elsewhere.py").exists()


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    """A file in the folder's place: told with its path and the reason."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(UsageError, match="Not a directory"):
        init(tmp_path / "taken" / "study")
