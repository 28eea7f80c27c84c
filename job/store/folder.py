"""A store in a folder, with the compare-and-swap that folders lack."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from obstore.store import LocalStore

from job.errors import Missing, WrongStore
from job.store.contract import Entry, Version
from job.store.lock import LEASE, LOCKS, held
from job.store.names import checked
from job.store.objects import Objects

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class Folder(Objects):
    """A ``Store`` in a folder, made on the first write, so that looking at a mistyped path leaves nothing behind.

    A write goes to a file beside its place and is linked or renamed there, so a killed writer leaves at worst a file
    named ``KEY#1`` that nobody sees. Files are not synced: a machine that loses power may lose its last writes.
    """

    def __init__(self, path: Path, patience: float, *, lease: float = LEASE) -> None:
        self._path = path
        self._lease = lease
        super().__init__(str(path), _Handles(path), patience)

    def read_version(self, key: str) -> tuple[bytes, Version]:
        """See Store. A file's own tag may come again within one tick of the clock, so the bytes' digest joins it."""
        data, version = super().read_version(key)
        return data, Version(version.e_tag, hashlib.sha256(data).hexdigest())

    def swap(self, key: str, data: bytes, expected: Version | None) -> bool:
        """See Store."""
        if expected is None:
            return self.create(key, data)
        with held(self, checked(key), lease=self._lease) as lock:
            try:
                _, version = self.read_version(key)
            except Missing:
                return False
            if version != expected:
                return False
            lock.confirm()
            self.write(key, data)
        return True

    def list(self, prefix: str) -> "list[Entry]":
        """See Store."""
        try:
            entries = super().list(prefix)
        except Missing:  # the folder is not there yet
            return []
        return entries if prefix else [entry for entry in entries if not entry.key.startswith(f"{LOCKS}/")]

    async def _settled(self, key: str, data: bytes, expected: Version | None, *, doubtful: bool) -> bool:
        if (self._path / key).is_dir():
            raise WrongStore(f"store {self.url}: writing {key}: there is a folder of that name; move it away")
        return await super()._settled(key, data, expected, doubtful=doubtful)


class _Handles:
    """Ways into a folder that is made on the first write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def reading(self) -> "ObjectStore":
        if not self._path.exists():
            raise FileNotFoundError(self._path)
        return self.writing

    @cached_property
    def writing(self) -> "ObjectStore":
        return LocalStore(prefix=self._path, mkdir=True, automatic_cleanup=True)  # of folders left empty by deletes

    @property
    def conditional(self) -> "ObjectStore":
        return self.writing
