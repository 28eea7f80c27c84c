"""Which files beside a study are its code: what the run's digest covers and what travels to a cluster."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from job.errors import UsageError

IGNORE = ".tunejobignore"
"""Patterns as in ``.gitignore``, beside the study."""

LARGEST = 1024 * 1024
"""Bytes of the largest text file that counts as code; Python files count whatever their size."""

MOST = 2000
"""The most files; beyond it the folder is surely not one study's."""

_OTHER_FOLDERS = {"__pycache__", "node_modules", "runs", "venv"}
_DATA = {
    ".csv", ".tsv", ".npz", ".npy", ".parquet", ".feather", ".arrow", ".jsonl", ".tfrecord", ".h5", ".hdf5", ".keras",
    ".weights", ".pkl", ".pickle", ".joblib", ".zip", ".gz", ".bz2", ".xz", ".zst", ".tar",
}  # fmt: skip
_TOLD = {".md", ".rst", ".ipynb", ".html", ".log", ".pyc"}
_KUSTOMIZE = {"kustomization.yaml", "kustomization.yml"}
_STORE = ("*/runs/*/plan.json", "*/prepared/*/prepare.json")
_STUDY = re.compile(rb"^model:.*^search:|^search:.*^model:", re.MULTILINE | re.DOTALL)


def files(folder: Path, store: str | None = None) -> list[tuple[str, bytes]]:
    """The user's code: every Python file and small text file in the folder and those below.

    Left out, as they decide no score: hidden files, what ``.tunejobignore`` names, studies, kustomizations, documents
    and logs, data (its own fingerprint covers it), ``__pycache__``, virtual environments, and the store.

    Args:
        folder: where the study lies.
        store: the store, if it is a folder below.

    Returns:
        Path below the folder with ``/``, and content, sorted by path.

    Raises:
        UsageError: there are more than 2,000.
    """
    found: list[tuple[str, bytes]] = []
    for count, name in enumerate(_every(folder, store)):
        if (content := _code(folder / name)) is not None:
            found.append((name, content))
        if len(found) > MOST or count > 10 * MOST:
            raise UsageError(
                f"{folder} holds too many files to be one study's code: more than {len(found) - 1:,} text files, such "
                f"as {name}. Keep a study in a folder of its own with its code, or name what is no code in "
                f"{folder / IGNORE} (patterns as in .gitignore)."
            )
    return sorted(found)


def data(folder: Path, store: str | None = None) -> list[str]:
    """The files of data in the folder and those below, which ``files`` leaves out."""
    return sorted(name for name in _every(folder, store) if PurePosixPath(name).suffix.lower() in _DATA)


def digest(folder: Path, store: str | None = None) -> str:
    """SHA-256 (hex) of ``files``: their names and contents."""
    total = hashlib.sha256()
    for name, content in files(folder, store):
        for part in (name.encode(), content):
            total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def _every(folder: Path, store: str | None) -> Iterator[str]:
    kept = Path(store).resolve() if store and "://" not in store else None
    return _names(folder, kept, _ignored(folder))


def _ignored(folder: Path) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines((folder / IGNORE).read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        return GitIgnoreSpec.from_lines([])


def _names(folder: Path, store: Path | None, ignored: GitIgnoreSpec) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        below = PurePosixPath(Path(place).relative_to(folder).as_posix())
        folders[:] = sorted(
            name
            for name in folders
            if not _is_other(Path(place) / name, store) and not ignored.match_file(f"{below / name}/")
        )
        for name in sorted(names):
            relative = str(below / name)
            if not name.startswith(".") and not ignored.match_file(relative) and Path(place, name).is_file():
                yield relative


def _is_other(folder: Path, store: Path | None) -> bool:
    return (
        folder.name.startswith(".")
        or folder.name in _OTHER_FOLDERS
        or folder.name.endswith(".egg-info")
        or folder.resolve() == store
        or (folder / "pyvenv.cfg").exists()
        or any(any(folder.glob(layout)) for layout in _STORE)
    )


def _code(path: Path) -> bytes | None:
    """A file's content if it is code."""
    suffix = path.suffix.lower()
    if suffix in _DATA or suffix in _TOLD or path.name in _KUSTOMIZE:
        return None
    if suffix != ".py" and path.stat().st_size > LARGEST:
        return None
    content = path.read_bytes()
    if suffix in (".yaml", ".yml") and _STUDY.search(content):
        return None
    if suffix != ".py" and (b"\0" in content or not _is_text(content)):
        return None
    return content


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
