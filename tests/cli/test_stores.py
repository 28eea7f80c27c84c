"""`tunejob run` with its run in a bucket: the same as in a folder, and nothing is lost when the server is."""

import os
import re
import subprocess
import sys
from uuid import uuid4

import numpy as np
import pytest
from cli import small
from servers.fixtures import set_only
from servers.proxy import proxy

import job
from job.store import open_store

SERVERS = {"s3": ("s3", "AWS_"), "gs": ("gcs_fake", "GOOGLE_"), "az": ("azure", "AZURE_")}


@pytest.fixture(scope="module")
def study(tmp_path_factory, forks):
    """A study that has run into the folder beside it."""
    file = small.write(tmp_path_factory.mktemp("stores") / "study") / "study.yaml"
    command = [sys.executable, "-m", "job", "run", file, "--workers", "1", "--store", file.parent / "runs"]
    subprocess.run(command, env=os.environ | forks, check=True, capture_output=True, timeout=300)
    return file


@pytest.mark.parametrize("scheme", SERVERS)
def test_a_run_in_a_bucket_is_the_run_in_a_folder(scheme, study, tunejob, request, monkeypatch, tmp_path):
    """Same run, scores and objects, by the ecosystem's own variables, which appear in nothing that is said or kept."""
    fixture, prefix = SERVERS[scheme]
    server = request.getfixturevalue(fixture)
    set_only(monkeypatch, prefix, server.env())
    url = server.url(uuid4().hex)
    done = tunejob("run", study, "--workers", 1, "--store", url, **server.env())
    assert done.returncode == 0, done.stderr
    here, there = job.results(study, str(study.parent / "runs")), job.results(study, url)
    assert list(there.trials) == list(here.trials)
    assert np.array_equal(there.scores["accuracy"], here.scores["accuracy"])
    store = open_store(url)
    assert _kept(store) == _kept(open_store(str(study.parent / "runs")))
    assert tunejob("fetch", study, "--to", tmp_path, "--store", url, **server.env()).returncode == 0
    assert (tmp_path / "model.keras").read_bytes() == store.read(next(key for key in _keys(store) if "keras" in key))
    texts = [done.stdout + done.stderr, *(data.decode("latin-1") for _, data in store.read_many(_keys(store)))]
    secrets = [value for name, value in server.env().items() if name.endswith(("KEY", "TOKEN", "KEY_ID"))]
    assert secrets
    assert not [secret for secret in secrets for text in texts if secret in text]


def test_a_store_that_is_lost_ends_with_69_and_loses_nothing(folder, tunejob, s3_env, monkeypatch):
    """One shard's results can't be stored: exit 69 with place, cause and remedy; later only what is missing is done."""
    url = s3_env.url(uuid4().hex)
    store = open_store(url)
    small.edit(folder, "cv: 2", "cv: 2\nrefit: false")
    # Shapes that differ share no trace, so each trial has a shard of its own, however long tracing takes here.
    small.edit(folder, "units: [2, 3]\n  learning_rate: [0.01, 0.1]", "units: [2, 3, 4, 5]")
    with proxy(s3_env.endpoint) as between:
        variables = {"TUNEJOB_STORE": url, "AWS_ENDPOINT_URL": between.endpoint, "TUNEJOB_STORE_PATIENCE": "2"}
        between.harm("503", method="PUT", path=".*/results/00002.*")
        lost = tunejob("run", folder / "study.yaml", "--workers", 1, **s3_env.env() | variables)
        assert lost.returncode == 69
        assert "SlowDown" in lost.stderr
        assert "gave up after 2 s (TUNEJOB_STORE_PATIENCE" in lost.stderr
        assert "results/00002" in lost.stderr
        assert "Traceback" not in lost.stderr
        before = dict(store.read_many(key for key in _keys(store) if "/results/" in key))
        assert before
        between.calm()
        done = tunejob("run", folder / "study.yaml", "--workers", 1, **s3_env.env() | variables)
    assert done.returncode == 0, done.stderr
    after = dict(store.read_many(key for key in _keys(store) if "/results/" in key))
    assert before.items() < after.items()
    assert sum(data.count(b"\n") for data in after.values()) == 8


def _keys(store):
    return [entry.key for entry in store.list("")]


def _kept(store):
    """All keys, without what is drawn anew for each: the marks of attempts, the end of an index's name."""
    named = (re.sub(r"(/fits/.*)-\w{16}\.npz$", r"\1.npz", key) for key in _keys(store))
    return [key for key in named if "/attempts/" not in key]
