"""What ``check`` finds out about a store by trying it."""

from uuid import uuid4

import pytest
from servers.proxy import Proxy
from servers.seaweed import S3

from job.errors import ExitCode, NotPermittedError, StoreError
from job.store import Store, open_store, probe
from job.store.contract import Version


def test_a_good_store_has_no_notes(store: Store) -> None:
    """Every kind of store passes, and nothing of the trial is left."""
    assert probe(store) == []
    assert store.list("") == []


def test_no_right_to_delete_is_a_note(s3_env: S3, s3_proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not delete may run; the note says what is left and which right is lacking."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_proxy.endpoint)
    s3_proxy.harm("403", method="POST|DELETE")
    (note,) = probe(open_store(s3_env.url(uuid4().hex)))
    assert "s3:DeleteObject" in note
    assert "stays there" in note


def test_no_right_to_write_is_told(s3_env: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket that is read-only for us is no store: exit code 77."""
    for name, value in s3_env.env("reader").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(NotPermittedError, match="grant them s3:PutObject") as caught:
        probe(open_store(s3_env.url("x")))
    assert caught.value.exit_code == ExitCode.NOT_PERMITTED


class Careless:
    """A store that forgets the conditions it was told, as some servers do; the rest is a real one."""

    def __init__(self, store: Store, *forgets: str) -> None:
        self._store = store
        self._forgets = forgets

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def create(self, key: str, data: bytes) -> bool:
        """Create, or overwrite."""
        if "create" not in self._forgets:
            return self._store.create(key, data)
        self._store.write(key, data)
        return True

    def swap(self, key: str, data: bytes, expected: Version | None) -> bool:
        """Swap, or overwrite."""
        if "swap" not in self._forgets:
            return self._store.swap(key, data, expected)
        self._store.write(key, data)
        return True


def test_a_server_that_overwrites_is_refused() -> None:
    """A server that ignores If-None-Match is found out by creating twice, and refused."""
    store = open_store(f"memory://{uuid4().hex}")
    with pytest.raises(StoreError, match="overwrites what it was told to create only once") as caught:
        probe(Careless(store, "create"))
    assert caught.value.exit_code == ExitCode.USAGE
    assert store.list("") == []


def test_a_server_without_swap_is_noted() -> None:
    """A server that ignores If-Match is found out by a stale swap; runs need none, so it is a note."""
    (note,) = probe(Careless(open_store(f"memory://{uuid4().hex}"), "swap"))
    assert "no compare-and-swap" in note
