"""Which files are a study's code: what the run's digest covers, and what travels to a cluster.

They are the modules beside the study that it names, those that these import, the files there that all of them open, and
what the study's ``files`` names. What else lies beside a study decides nothing.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from job.errors import UsageError
from job.study import code
from job.study.mistakes import Mistake, nearest
from job.study.study import Study
from job.study.usercode.closure import Closure, Used

IGNORE = ".tunejobignore"
"""Patterns of files that are no code, as in ``.gitignore``, beside the study."""

MOST = 2000
"""The most files; beyond it the folder is surely not one study's."""

LARGEST = 1024 * 1024
"""Bytes of the largest file that counts as code where only the data's loader opens it."""

_CHUNK = 1 << 20
_OTHER_FOLDERS = {"__pycache__", "node_modules", "runs", "venv"}
_DATA = {
    ".csv", ".tsv", ".npz", ".npy", ".parquet", ".feather", ".arrow", ".jsonl", ".tfrecord", ".h5", ".hdf5", ".keras",
    ".weights", ".pkl", ".pickle", ".joblib", ".zip", ".gz", ".bz2", ".xz", ".zst", ".tar",
}  # fmt: skip
_STORE = ("*/runs/*/plan.json", "*/prepared/*/prepare.json")
_MEDIA = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".wav", ".mp3", ".flac", ".mp4", ".xlsx", ".db", ".sqlite"}
_TABLE = b"mean_fit_time,std_fit_time,"
_STUDY = re.compile(rb"^model:.*^search:|^search:.*^model:", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class CodeFile:
    """One file of a study's code.

    Attributes:
        path: below the study's folder, with slashes.
        why: what makes it count, such as "imported by model.py".
    """

    path: str
    why: str


@dataclass(frozen=True)
class Code:
    """A study's code.

    Attributes:
        folder: where it lies.
        files: those that count, sorted by path.
    """

    folder: Path
    files: tuple[CodeFile, ...]

    @cached_property
    def digests(self) -> dict[str, str]:
        """SHA-256 (hex) of each file that counts, by path."""
        return {one.path: _digest(self.folder / one.path) for one in self.files}

    def contents(self) -> list[tuple[str, bytes]]:
        """Path and content of each file that counts."""
        return [(one.path, (self.folder / one.path).read_bytes()) for one in self.files]


def digest(digests: Mapping[str, str]) -> str:
    """Return the digest of a study's code: of its files' names and contents."""
    text = "".join(f"{name}\0{one}\0" for name, one in sorted(digests.items()))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def find(study: Study, folder: Path, besides: Iterable[CodeFile] = ()) -> Code:
    """Return the code of a study, without importing any of it.

    Args:
        study: what names it, and says where the store is.
        folder: where the study lies.
        besides: files that were seen to be loaded or opened, though nothing says so.

    Raises:
        UsageError: there are more than 2,000 files.
    """
    ignored = _ignored(folder)
    specs = code.specs(study)
    used = _closure(study, folder, ignored, specs)
    opened = {path: by for path, by in used.opened.items() if not _is_study(folder / path)}
    built = _closure(study, folder, ignored, [(field, spec) for field, spec in specs if field != "data"]).opened
    data = {path for path, by in opened.items() if _is_for_data(study, folder / path, by, built.get(path, []))}
    counted = {path: CodeFile(path, f"opened by {by[0].by}") for path, by in opened.items() if path not in data}
    counted |= {path: CodeFile(path, _why(one, study)) for path, one in used.modules.items()}
    counted |= {one.path: one for one in besides if one.path not in {*counted, *opened, *used.written}}
    kept = {path: one for path, one in counted.items() if not ignored.match_file(path)}
    kept |= {path: CodeFile(path, "named in files") for path in named(study, folder)}
    if len(kept) > MOST:
        raise _too_many(folder, max(kept))
    return Code(folder, tuple(kept[path] for path in sorted(kept)))


def data(study: Study, folder: Path) -> list[str]:
    """Return the files of data beside the study, which are not sent to a cluster.

    Neither those that ``files`` names, nor what ``tunejob fetch`` copied here, nor what the code itself writes.
    """
    ignored = _ignored(folder)
    used = _closure(study, folder, ignored, code.specs(study))
    beside = {path for path in _every(study, folder, ignored, _is_table) if not _is_fetched(folder / path)}
    sent = {one.path for one in find(study, folder).files if not _is_data(one.path)}
    others = (path for path in used.opened if path not in sent and not _is_study(folder / path))
    opened = {path for path in others if not ignored.match_file(path)}
    return sorted((beside | opened) - used.written - set(named(study, folder)))


def loaders_modules(study: Study, folder: Path) -> list[str]:
    """Return the modules beside the study that its data's loader uses, its own first."""
    own = [(field, spec) for field, spec in code.specs(study) if field == "data"]
    return list(_closure(study, folder, _ignored(folder), own).modules)


def named(study: Study, folder: Path) -> list[str]:
    """Return the files that the study's ``files`` names: each, those of a folder, and those like a pattern."""
    return sorted({path for one in study.files for path in _meant(one, folder)})


def find_absent(study: Study, folder: Path | None) -> Iterator[Mistake]:
    """Names in ``files`` that no file has."""
    for place, one in enumerate(study.files if folder is not None else ()):
        if folder is not None and not _meant(one, folder):
            there = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
            message = f"there is no file {one} beside the study.{nearest(one, there)}"
            yield Mistake(("files", place), message)


def _closure(study: Study, folder: Path, ignored: GitIgnoreSpec, specs: Iterable[tuple[str, str]]) -> Closure:
    used = Closure(folder, lambda: [folder / path for path in _every(study, folder, ignored, _is_python)])
    for _, spec in specs:
        used.follow(spec.partition(":")[0])
    return used


def closure(study: Study, folder: Path, fields: Iterable[str]) -> Closure:
    """Return what the code that some of a study's fields name uses."""
    return _closure(study, folder, _ignored(folder), [one for one in code.specs(study) if one[0] in fields])


def _is_for_data(study: Study, path: Path, by: Sequence[Used], built: Sequence[Used]) -> bool:
    """Whether a file that is opened is data: what the loader reads has the data's own fingerprint.

    Args:
        study: names the loader.
        path: the file's.
        by: all that open it.
        built: those among them that are used for more than the data.
    """
    others = [one for one in built if one.function != str(study.data).partition(":")[2]]
    is_data = _is_data(path.name) or path.stat().st_size > LARGEST
    if others:
        return is_data and all(one.listed for one in others)
    return is_data or all(one.listed for one in by)


def _why(one: Used, study: Study) -> str:
    if one.by:
        return f"imported by {one.by}"
    path = Path(one.path)
    own = ".".join((path.parent if path.name == "__init__.py" else path.with_suffix("")).parts)
    fields = [field for field, spec in code.specs(study) if spec.partition(":")[0] == own]
    return f"named as {' and '.join(dict.fromkeys(fields)) or 'a package'}"


def _meant(one: str, folder: Path) -> list[str]:
    found = [path for path in sorted(folder.glob(one)) if path.is_file()] or sorted((folder / one).rglob("*"))
    return [path.relative_to(folder).as_posix() for path in found if path.is_file()]


def _too_many(folder: Path, one: str) -> UsageError:
    return UsageError(
        f"{folder} holds too many files to be one study's code: more than {MOST:,}, such as {one}. Keep a study in a "
        f"folder of its own with its code, or name what is no code in {folder / IGNORE} (patterns as in .gitignore)."
    )


def _ignored(folder: Path) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines((folder / IGNORE).read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        return GitIgnoreSpec.from_lines([])


def _every(study: Study, folder: Path, ignored: GitIgnoreSpec, wanted: Callable[[str], bool]) -> list[str]:
    """The wanted files of the folder and those below, but for the store, environments, hidden and ignored ones."""
    store = (folder / study.store).resolve() if "://" not in study.store else None
    found: list[str] = []
    for place, folders, names in os.walk(folder):
        below = PurePosixPath(Path(place).relative_to(folder).as_posix())
        folders[:] = sorted(
            name
            for name in folders
            if not _is_other(Path(place) / name, store) and not ignored.match_file(f"{below / name}/")
        )
        paths = (str(below / name) for name in sorted(names) if not name.startswith(".") and wanted(name))
        found += [path for path in paths if not ignored.match_file(path) and (folder / path).is_file()]
        if len(found) > MOST:
            raise _too_many(folder, found[-1])
    return found


def _is_other(folder: Path, store: Path | None) -> bool:
    return (
        folder.name.startswith(".")
        or folder.name in _OTHER_FOLDERS
        or folder.name.endswith(".egg-info")
        or folder.resolve() == store
        or (folder / "pyvenv.cfg").exists()
        or any(any(folder.glob(layout)) for layout in _STORE)
    )


def _is_python(path: str) -> bool:
    return path.endswith(".py")


def _is_fetched(path: Path) -> bool:
    """Whether a file is a run's own result: its table, or its model with the reports that came along."""
    if path.suffix == ".csv":
        with path.open("rb") as file:
            return file.read(len(_TABLE)) == _TABLE
    return path.name == "model.keras" and any((path.parent / name).is_file() for name in ("best.json", "report.html"))


def _is_table(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in _DATA


def _is_data(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in _DATA | _MEDIA


def _is_study(path: Path) -> bool:
    return path.suffix in (".yaml", ".yml") and _STUDY.search(path.read_bytes()) is not None


def _digest(path: Path) -> str:
    state = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            state.update(part)
    return state.hexdigest()
