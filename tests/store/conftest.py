"""Stores of every kind."""

from pathlib import Path
from uuid import uuid4

import pytest
from servers.fixtures import set_only

from job.store import Store, open_store

KINDS = ("folder", "memory", "s3", "gs", "az")


@pytest.fixture(params=KINDS)
def store_url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty place in a store of each kind, with its server running and its variables set."""
    if request.param == "folder":
        return str(tmp_path / "a store")
    if request.param == "memory":
        return f"memory://{uuid4().hex}"
    fixture, prefix = {"s3": ("s3", "AWS_"), "gs": ("gcs_fake", "GOOGLE_"), "az": ("azure", "AZURE_")}[request.param]
    server = request.getfixturevalue(fixture)
    set_only(monkeypatch, prefix, server.env())
    return server.url(uuid4().hex)


@pytest.fixture
def store(store_url: str) -> Store:
    """An empty store of each kind."""
    return open_store(store_url, patience=20)
