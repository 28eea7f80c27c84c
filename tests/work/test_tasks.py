"""The tasks that are no shards: what prepares a run, and what trains its best trial on all rows."""

import json

import keras
import numpy as np
import pytest
from work import run as runs

from job.results.aggregate import aggregate
from job.store.keys import prepared
from job.study import reading

pytestmark = pytest.mark.usefixtures("forked")


def test_the_best_trial_is_trained_on_all_rows_once(tmp_path):
    """The stored model takes raw rows; a second worker leaves it as it is; without results there is nothing to do."""
    run = runs.planned(tmp_path)
    early = run.work("--refit", fed=False)
    assert early.code == 65
    assert "no trial has all its scores" in early.error
    assert run.work().code == 0, run.log
    assert run.work("--refit", fed=False).code == 0, run.log
    model = run.store.read(run.keys.model)
    (tmp_path / "model.keras").write_bytes(model)
    assert keras.models.load_model(tmp_path / "model.keras").predict(np.zeros((1, 3)), verbose=0).shape == (1, 1)
    assert run.work("--refit", fed=False).code == 0
    assert run.store.read(run.keys.model) == model


def test_data_that_kills_whoever_loads_it_is_told_by_what_prepares(tmp_path):
    """Once, since nothing would change: exit 65 with the signal, and nothing is left that looks like facts."""
    run = runs.planned(tmp_path)
    (tmp_path / "data.py").write_text("import os, signal\n\ndef load():\n    os.kill(os.getpid(), signal.SIGKILL)\n")
    run.store.create(prepared("small", "n1", "study.yaml"), (tmp_path / "study.yaml").read_bytes())
    ended = run.work("--prepare", "n1", fed=False)
    assert ended.code == 65
    assert "the worker that prepares was killed by SIGKILL (exit code 137: out of memory, most often)" in ended.error
    assert [entry.key for entry in run.store.list("small/prepared")] == [prepared("small", "n1", "study.yaml")]


def test_a_run_prepared_elsewhere_has_its_workers_device(tmp_path):
    """What prepares on another kind of machine tells no device; the first worker with a shard leaves its own, once."""
    run = runs.planned(tmp_path)
    facts = run.plan.facts.model_copy(update={"device": ""})
    plan = run.plan.model_copy(update={"facts": facts})
    run.store.write(run.keys.prepare, facts.model_dump_json().encode())
    run.store.write(run.keys.plan, plan.model_dump_json().encode())
    assert run.work().code == 0, run.log
    device = run.store.read(run.keys.device).decode()
    assert device == run.plan.facts.device
    study = reading.parse((tmp_path / "study.yaml").read_text(), "study.yaml")
    assert aggregate(run.store, run.keys, plan, study).plan.facts.device == device
    run.store.delete(run.keys.device)
    assert aggregate(run.store, run.keys, plan, study).plan.facts.device == ""


def test_what_prepares_apart_tells_no_device(tmp_path):
    """Its own is not the workers'; all else is as ever."""
    run = runs.planned(tmp_path)
    run.store.create(prepared("small", "n1", "study.yaml"), (tmp_path / "study.yaml").read_bytes())
    assert run.work("--prepare", "n1", "--apart", fed=False).code == 0, run.log
    found = json.loads(run.store.read(prepared("small", "n1", "prepare.json")))
    assert found["device"] == ""
    assert found["rows"] == run.plan.facts.rows
