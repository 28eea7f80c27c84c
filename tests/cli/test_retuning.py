"""The verbs about what is in use, on a store that made-up retunes filled."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from plan import made_plan
from retune.made_workers import Watching, Workers

from job import champion
from job.controller import Control
from job.retune.champion import params_told
from job.retuning import Retuning
from job.store import nonces, open_store
from job.study.study import Retune


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A folder in which a first champion was replaced by a second."""
    folder = tmp_path_factory.mktemp("store")
    store = open_store(str(folder))
    for data, sign in (("data 1", -1), ("data 2", 1)):
        workers = Workers(store, lambda params, sign=sign: 0.5 + sign * params["units"] / 200, data=data)
        control = Control(made_plan.study(retune=Retune()), workers, store, Watching(), 2, "it")
        Retuning(control, nonces.fresh()).run()
    return folder


def tunejob(*arguments, **more):
    """The command, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "job", *arguments], capture_output=True, text=True, check=False, **more
    )


def test_champion_shows_what_is_in_use_and_its_history(filled):
    """Number, params, why, model; every retune with its verdict. Python says the same."""
    done = tunejob("champion", "flowers", "--store", str(filled))
    assert done.returncode == 0, done.stderr
    assert "champion: number 2 of flowers" in done.stdout
    assert "units=32" in done.stdout
    assert "promoted" in done.stdout
    assert "first" in done.stdout
    assert champion("flowers", str(filled)).params["units"] == 32


def test_fetch_brings_the_model_and_how_to_use_it(filled, tmp_path):
    """Three files; a model that is not the one that was put in use is refused by its digest."""
    done = tunejob("fetch", "flowers", "--champion", "--store", str(filled), "--to", str(tmp_path / "to"))
    assert done.returncode == 0, done.stderr
    assert sorted(one.name for one in (tmp_path / "to").iterdir()) == ["README.md", "champion.json", "model.keras"]
    assert json.loads((tmp_path / "to" / "champion.json").read_text())["serial"] == 2
    model = filled / champion("flowers", str(filled)).model
    kept = model.read_bytes()
    model.write_bytes(b"another")
    done = tunejob("fetch", "flowers", "--champion", "--store", str(filled), "--to", str(tmp_path / "to"))
    model.write_bytes(kept)
    assert done.returncode == 65
    assert "is not the model that was put in use" in done.stderr


def test_deleting_and_cleaning_leave_the_champions_model(filled):
    """All runs are deleted, those on fresh folds with them; what is in use is whole, and can be rolled back."""
    done = tunejob("delete", "flowers", "--keep", "0", "--yes", "--store", str(filled))
    assert done.returncode == 0, done.stderr
    assert list((filled / "flowers" / "runs").glob("*/plan.json")) == []
    assert tunejob("clean", "flowers", "--store", str(filled)).returncode == 0
    now = champion("flowers", str(filled))
    assert (filled / now.model).read_bytes()
    done = tunejob("champion", "flowers", "--rollback", "--store", str(filled))
    assert "champion: number 3 of flowers" in done.stdout
    assert (filled / champion("flowers", str(filled)).model).read_bytes()
    done = tunejob("champion", "flowers", "--rollback", "--number", "2", "--store", str(filled))
    assert "from number 3 to number 2" in done.stdout
    assert "champion: number 4 of flowers" in done.stdout
    done = tunejob("champion", "flowers", "--number", "1", "--store", str(filled))
    assert (done.returncode, "--rollback --number 1" in done.stderr) == (64, True)


def test_the_page_of_all_retunes_is_written_and_listed(filled):
    """Each retune in a line, and where the page is."""
    done = tunejob("report", "flowers", "--retunes", "--store", str(filled))
    assert done.returncode == 0, done.stderr
    assert "promoted" in done.stdout
    assert str(filled / "flowers" / "retunes.html") in done.stdout


def test_what_was_never_put_in_use_is_told_with_the_remedy(tmp_path):
    """Exit 64, and the command that puts a first one in use."""
    for verb in (["champion", "other"], ["fetch", "other", "--champion"], ["report", "other", "--retunes"]):
        done = tunejob(*verb, "--store", str(tmp_path))
        assert done.returncode == 64, verb
        assert "tunejob retune" in done.stderr
    assert champion("other", str(tmp_path)) is None


def test_a_study_without_the_section_is_told_what_to_add(tmp_path):
    """Exit 64, before anything is prepared."""
    (tmp_path / "study.yaml").write_text(
        "name: a\nmodel: model:build\ndata: data:load\nsearch: grid\nspace: {u: [1]}\nscoring: accuracy\n"
    )
    (tmp_path / "model.py").write_text("def build(u):\n    pass\n")
    (tmp_path / "data.py").write_text("def load():\n    pass\n")
    done = tunejob("retune", "study.yaml", cwd=tmp_path)
    assert done.returncode == 64
    assert "has no section `retune`" in done.stderr
    assert "`retune: {}`" in done.stderr


def test_what_no_retune_put_in_use_is_told_with_their_history(tmp_path):
    """Exit 64, and above it why each put nothing in use."""
    store = open_store(str(tmp_path))
    workers = Workers(store, lambda params: 0.5 - params["units"] / 200, data="data 1")
    study = made_plan.study(retune=Retune(floor=0.9))
    Retuning(Control(study, workers, store, Watching(), 2, "it"), nonces.fresh()).run()
    done = tunejob("champion", "flowers", "--store", str(tmp_path), env={**os.environ, "COLUMNS": "200"})
    assert done.returncode == 64
    assert "below the floor of 0.9" in done.stdout
    assert "what each retune came to is told above" in done.stderr


def test_params_are_told_in_their_own_letters():
    """Not as escapes."""
    assert params_told(SimpleNamespace(params={"größe": "weiß"})) == 'größe="weiß"'
