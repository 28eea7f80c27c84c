"""Data in an object store: fetched once per machine, checked, and unpacked so that it can be memory-mapped."""

import errno
import fcntl
import hashlib
import json
import logging
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import numpy as np

from job.errors import DataError, Missing
from job.store import Store, Version, open_store
from job.study.forms import TABLES
from job.study.mistakes import Mistake, StudyMistakes

SUFFIXES = (".npz", ".npy", *TABLES)
_MANIFEST = "manifest.json"
log = logging.getLogger(__name__)


def fetch(url: str, cache: Path) -> Path:
    """Return a local copy of a file in an object store, fetched unless this very version is there.

    Several processes that ask at once fetch it once. What is overwritten in the store is another version and is
    fetched anew; what was cut off or changed in the cache is, too.

    Args:
        url: ``s3://bucket/train.npz`` and the like: ``.npz``, ``.npy`` or a table.
        cache: the folder to keep it in.

    Returns:
        The file, or for ``.npz`` a folder of the same name with one ``NAME.npy`` for each of its arrays.

    Raises:
        StudyMistakes: no such object, or one of another kind.
        DataError: it is broken, holds Python objects, or does not fit on the disk.
        StoreError: the store can't be reached, or refuses.
    """
    place, _, name = url.rpartition("/")
    if not name.lower().endswith(SUFFIXES):
        raise _mistake(f"{url} is not a file that can be read here; allowed are {', '.join(SUFFIXES)}.")
    store = open_store(place)
    try:
        size, version = store.head(name)
    except Missing:
        raise _mistake(f"There is no {name} in {store.url}; look at its name there.") from None
    entry = cache / hashlib.sha256(repr((store.url, name, size, version)).encode()).hexdigest()[:32]
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(entry.with_suffix(".lock")):
        if not _is_whole(entry):
            shutil.rmtree(entry, ignore_errors=True)
            _fill(entry, store, name, size, version)
    return entry / name


def digest(path: Path) -> str:
    """Return the sha256 of the object that ``fetch`` returned this path for, as it lay in the store."""
    return str(json.loads((path.parent / _MANIFEST).read_text())["sha256"])


def _fill(entry: Path, store: Store, name: str, size: int, version: Version) -> None:
    """Download, check and unpack beside the entry's place, and move it there when all is done."""
    draft = entry.with_name(f"{entry.name}.{uuid4().hex}.part")
    draft.mkdir(mode=0o700)
    log.info("fetching %s/%s (%.1f MB)", store.url, name, size / 1e6)
    try:
        sha256 = _download(draft / name, store, size, version)
        if name.lower().endswith(".npz"):
            _unpack(draft / name, f"{store.url}/{name}")
        manifest = {"url": f"{store.url}/{name}", "size": size, "sha256": sha256, "files": _sizes(draft)}
        (draft / _MANIFEST).write_text(json.dumps(manifest))
        draft.rename(entry)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise DataError(
            f"{store.url}/{name} ({size / 1e9:.1f} GB) does not fit into {entry.parent}; make room there, or name "
            "a folder on a larger disk in TMPDIR."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _download(path: Path, store: Store, size: int, version: Version) -> str:
    """Copy the object and return its digest; its size must be what the store said."""
    sha256, got = hashlib.sha256(), 0
    with path.open("wb") as file:
        for part in store.parts(path.name, size, version):
            sha256.update(part)
            got += file.write(part)
    if got != size:
        raise DataError(f"{store.url}/{path.name} has {size:,} bytes, but {got:,} came; try again.")
    return sha256.hexdigest()


def _unpack(path: Path, url: str) -> None:
    """Turn an ``.npz`` into a folder of the same name with its arrays as ``.npy``; members are checked by their CRC."""
    packed = path.rename(path.with_name(f"{path.name}.packed"))
    path.mkdir()
    try:
        with zipfile.ZipFile(packed) as archive:
            for member in archive.namelist():
                if not member.endswith(".npy") or "/" in member or "\\" in member or member.startswith("."):
                    raise DataError(f"{url} holds {member!r}; an .npz from np.savez holds only arrays, such as X.npy.")
                with archive.open(member) as source, (path / member).open("wb") as target:
                    shutil.copyfileobj(source, target, 2**20)
                _check_array(path / member, url)
    except (zipfile.BadZipFile, EOFError) as error:
        raise DataError(f"{url} is no .npz that can be read: {error}") from None
    packed.unlink()


def _check_array(path: Path, url: str) -> None:
    try:
        np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        if "object" in str(error).lower():
            raise DataError(
                f"{url}: {path.stem} holds Python objects, which are never unpickled here. Write plain arrays: "
                "numbers, or text as np.array(words, dtype=str)."
            ) from None
        raise DataError(f"{url}: {path.stem} can't be read: {error}") from None


def _is_whole(entry: Path) -> bool:
    """Whether all files of an entry are there with the sizes they had when it was made."""
    try:
        return bool(json.loads((entry / _MANIFEST).read_text())["files"] == _sizes(entry))
    except (OSError, ValueError, KeyError):
        return False


def _sizes(folder: Path) -> dict[str, int]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != _MANIFEST)
    return {str(path.relative_to(folder)): path.stat().st_size for path in files}


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a lock among this machine's processes; the system frees it when its holder dies."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _mistake(message: str) -> StudyMistakes:
    return StudyMistakes("the study", [Mistake(("data",), message)])
