"""A store is a dictionary: whatever is done to one is done to the other."""

import tempfile
from pathlib import Path
from uuid import uuid4

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from job.errors import Missing
from job.store import Store, Version, open_store

KEYS = st.sampled_from(["a/b/c", "a/b/d/e", "a/bc", "b/1", "b/10", "b/2", "c"])
DATA = st.binary(max_size=3)


class Dictionary(RuleBasedStateMachine):
    """Does to a store and to a dictionary the same, and compares."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.model: dict[str, bytes] = {}
        self.versions: dict[str, Version] = {}

    @rule(key=KEYS, data=DATA)
    def create(self, key: str, data: bytes) -> None:
        """Writes only where nothing is."""
        assert self.store.create(key, data) == (key not in self.model)
        self.model.setdefault(key, data)

    @rule(key=KEYS, data=DATA)
    def write(self, key: str, data: bytes) -> None:
        """Writes anyway."""
        self.store.write(key, data)
        self.model[key] = data
        self.versions.pop(key, None)

    @rule(key=KEYS)
    def read(self, key: str) -> None:
        """Reads what is there, and keeps its version."""
        try:
            data, self.versions[key] = self.store.read_version(key)
        except Missing:
            assert key not in self.model
        else:
            assert data == self.model[key] == self.store.read(key)

    @rule(key=KEYS, data=DATA)
    def swap(self, key: str, data: bytes) -> None:
        """Writes when the version is the last one read, and nobody wrote since."""
        if key in self.versions:
            assert self.store.swap(key, data, self.versions.pop(key))
            self.model[key] = data

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        """Deletes what is there, and what is not."""
        self.store.delete(key)
        self.model.pop(key, None)
        self.versions.pop(key, None)

    @invariant()
    def lists_the_same(self) -> None:
        """All keys, and those under one prefix, with their sizes."""
        assert [entry.key for entry in self.store.list("")] == sorted(self.model)
        under = [(key, len(self.model[key])) for key in sorted(self.model) if key.startswith("a/b/")]
        assert [(entry.key, entry.size) for entry in self.store.list("a/b")] == under


SETTINGS = settings(max_examples=25, deadline=None)


def test_memory_is_a_dictionary() -> None:
    """Any series of calls on memory gives what a dictionary gives."""
    run_state_machine_as_test(lambda: Dictionary(open_store(f"memory://{uuid4().hex}", patience=1)), settings=SETTINGS)


def test_a_folder_is_a_dictionary(tmp_path: Path) -> None:
    """Any series of calls on a folder gives what a dictionary gives."""
    run_state_machine_as_test(
        lambda: Dictionary(open_store(tempfile.mkdtemp(dir=tmp_path), patience=1)), settings=SETTINGS
    )
