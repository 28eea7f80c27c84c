"""From URLs and the environment to stores."""

import json
import os
import stat
from pathlib import Path
from uuid import uuid4

import pytest
from servers.fixtures import set_only
from servers.seaweed import S3

from job.errors import NotPermittedError, UsageError
from job.store import open_store, shared_between_processes


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://host/x", "http:// is no kind of store; allowed are .*s3://"),
        ("S3://bucket/x", "S3:// is no kind of store; .* Did you mean s3://"),
        ("s3:///x", "names no bucket"),
        ("s3://key:secret@bucket/x", "Credentials come from the environment"),
        ("az://container/x?sig=secret", "Credentials come from the environment"),
        ("gs://bucket/x#secret", "more than a place"),
    ],
)
def test_a_wrong_url_is_refused_without_repeating_secrets(url: str, words: str) -> None:
    """A URL of no store, or with more in it than a place, is refused and what may be secret is not said."""
    with pytest.raises(UsageError, match=words) as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_patience_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """TUNEJOB_STORE_PATIENCE is seconds; anything else is refused by name."""
    monkeypatch.setenv("TUNEJOB_STORE_PATIENCE", "7.5")
    assert open_store("memory://x")._patience == 7.5
    for wrong in ("soon", "-1", "inf", "nan"):
        monkeypatch.setenv("TUNEJOB_STORE_PATIENCE", wrong)
        with pytest.raises(UsageError, match=f"TUNEJOB_STORE_PATIENCE is '{wrong}'.*seconds"):
            open_store("memory://x")


def test_memory_is_shared_by_name_and_only_within_the_process() -> None:
    """Two stores of one name see the same objects, of two names not; only memory can't be shared by processes."""
    name = uuid4().hex
    open_store(f"memory://{name}").write("k", b"1")
    assert open_store(f"memory://{name}").read("k") == b"1"
    assert open_store(f"memory://{name}2").list("") == []
    shared = {url: shared_between_processes(url) for url in ("memory://x", "./runs", "file:///x", "s3://b/x")}
    assert shared == {"memory://x": False, "./runs": True, "file:///x": True, "s3://b/x": True}


def test_a_path_and_a_file_url_are_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path, relative or not, and its file:// URL with escapes are the same store."""
    monkeypatch.chdir(tmp_path)
    open_store("my runs").write("k", b"1")
    assert open_store(str(tmp_path / "my runs")).read("k") == b"1"
    assert open_store(f"file://{tmp_path}/my%20runs").read("k") == b"1"


def test_an_account_that_is_not_named_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure without an account is refused when the store is opened, with the variable to set."""
    set_only(monkeypatch, "AZURE_", {})
    with pytest.raises(UsageError, match="AZURE_STORAGE_ACCOUNT_NAME"):
        open_store("az://container/x")


@pytest.fixture
def profile(tmp_path: Path, s3: S3, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with AWS's credentials file, and no other identity; a folder for commands, alone in PATH."""
    env = s3.env()
    set_only(monkeypatch, "AWS_", {"AWS_ENDPOINT_URL": env["AWS_ENDPOINT_URL"], "AWS_PROFILE": "team"})
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[team]\n")
    return tmp_path / "bin" / "aws"


def _command(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_a_profile_is_read_by_awss_own_command(profile: Path, s3: S3) -> None:
    """With AWS_PROFILE the credentials come from `aws configure export-credentials`, and the server takes them."""
    env = s3.env()
    told = {"Version": 1, "AccessKeyId": env["AWS_ACCESS_KEY_ID"], "SecretAccessKey": env["AWS_SECRET_ACCESS_KEY"]}
    _command(profile, f"case $2 in export-credentials) echo '{json.dumps(told)}';; *) echo us-east-1;; esac")
    store = open_store(s3.url(uuid4().hex), patience=20)
    store.write("k", b"1")
    assert store.read("k") == b"1"


def test_a_profile_without_the_command_is_told(profile: Path, s3: S3) -> None:
    """Where AWS's command is not installed the message says so, and what else can be done."""
    with pytest.raises(UsageError, match=r"'team'.*`aws`, which is not installed.*AWS_ACCESS_KEY_ID"):
        open_store(s3.url("x"))


def test_a_profile_that_has_ended_is_told(profile: Path, s3: S3) -> None:
    """What AWS's command complains of is passed on, with the remedy."""
    _command(profile, "echo 'Error loading SSO Token: Token has expired' >&2; exit 255")
    with pytest.raises(UsageError, match=r"Token has expired.*aws sso login"):
        open_store(s3.url("x"))


def test_no_credentials_at_all_are_told_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Outside a cluster, no credentials and no machine's role are no reason to wait: the variables are named."""
    set_only(monkeypatch, "AWS_", {"AWS_METADATA_ENDPOINT": "http://169.254.169.254:1", "AWS_REGION": "us-east-1"})
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    with pytest.raises(NotPermittedError, match=r"no credentials.*set AWS_ACCESS_KEY_ID"):
        open_store("s3://bucket/x", patience=60).read("k")
