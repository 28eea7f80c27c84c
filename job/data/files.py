"""Rows from files: ``.npz``, pairs of ``.npy``, ``.csv``, beside the study or in an object store."""

import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile, ZipFile, is_zipfile

import numpy as np

from job.data import csv_files
from job.data.given import NAMES, Given
from job.data.rows import Array
from job.errors import DataError, UsageError
from job.study.forms import TABLES
from job.study.mistakes import Mistake, Place, StudyMistakes, listed, nearest
from job.study.study import Study

SUFFIXES = (".npz", ".npy", *TABLES)


def given(study: Study, folder: Path, *, frames: bool = False) -> Given:
    """Reads the file, or the pair of files, that a study's ``data`` names; ``frames`` as ``loading.load`` has it.

    Raises:
        StudyMistakes: no such file, key or column.
        DataError: the file can't be read, or its columns have holes.
    """
    if not isinstance(study.data, str):
        X, y = (_npy(_path(name, folder, ("data", place)), name) for place, name in enumerate(study.data))
        return Given(X=X, y=y, where=" and ".join(study.data))
    path = _path(study.data, folder, ("data",))
    if path.suffix.lower() == ".npz":
        return _fitting(lambda: _npz(path, str(study.data)), path, study.data)
    if path.name.lower().endswith(TABLES):
        return _fitting(lambda: csv_files.given(path, study, frames=frames), path, study.data)
    raise _mistake(
        ("data",),
        f"{study.data} is not a file that can be read here; allowed are .npz, {', '.join(TABLES)}, a pair "
        "[X.npy, y.npy], or module:load.",
    )


def _fitting(read: Callable[[], Given], path: Path, name: str) -> Given:
    """What a file holds, if there is memory for it.

    Raises:
        DataError: there is not; says how much it needs, and how to go without.
    """
    try:
        return read()
    except MemoryError as error:
        size = path.stat().st_size if path.is_file() else 0
        said = f" ({str(error).rstrip('.')})" if str(error) else ""
        raise DataError(
            f"{name} ({size / 1e6:,.1f} MB on disk) needs more memory than there is{said}. Two files X.npy and y.npy, "
            "as np.save writes them, are not loaded whole: `data: [X.npy, y.npy]`; or take fewer rows."
        ) from None


def _path(name: str, folder: Path, place: Place) -> Path:
    if "://" in name:
        from job.data import remote  # the object store's library, only where it is needed

        return remote.fetch(name, _cache())
    path = folder / name
    if not path.is_file():
        others = [one.name for one in folder.iterdir() if one.suffix.lower() in SUFFIXES] if folder.is_dir() else []
        raise _mistake(place, f"There is no file {name} in {folder}.{nearest(Path(name).name, others)}")
    return path


def _cache() -> Path:
    """Where files from object stores are kept between processes: a folder of this user's alone."""
    return Path(tempfile.gettempdir()) / f"tunejob-{os.getuid()}" / "data"


def _mistake(place: Place, message: str) -> UsageError:
    return StudyMistakes("the study", [Mistake(place, message)])


def _npy(path: Path, name: str) -> Array:
    if path.suffix.lower() != ".npy":
        raise _mistake(("data",), f"{name} is no .npy file; a pair is [X.npy, y.npy].")
    try:
        array: Array = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, OSError, EOFError) as error:
        raise DataError(_unreadable(name, error)) from None
    return array


def _npz(path: Path, name: str) -> Given:
    if path.is_dir():  # unpacked when it was fetched from a store
        _check_keys(sorted(one.stem for one in path.iterdir()), name)
        return Given(**{one.stem: _npy(one, name) for one in path.iterdir()}, where=name)
    if not is_zipfile(path):
        raise DataError(f"{name} can't be read: it is no .npz as np.savez writes it")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            _check_keys(list(arrays.files), name)
            _refuse_claims(path, name)
            return Given(**{key: arrays[key] for key in arrays.files}, where=name)
    except MemoryError as error:
        raise DataError(
            f"{name} does not fit into this machine's memory: {error}. If it holds less than that, write it anew, as "
            "its header is wrong; else give a pair [X.npy, y.npy], which is read as needed, or a machine with more."
        ) from None
    except (ValueError, OSError, EOFError, BadZipFile) as error:
        raise DataError(_unreadable(name, error)) from None


def _check_keys(keys: list[str], name: str) -> None:
    wrong = [key for key in keys if key not in NAMES]
    if wrong or not {"X", "y"} <= set(keys):
        hint = nearest(wrong[0], NAMES) if wrong else ""
        got = listed(keys) if keys else "nothing"
        raise _mistake(("data",), f"{name} has {got}; needed are `X` and `y`, allowed `groups`, `sample_weight`.{hint}")


def _refuse_claims(path: Path, name: str) -> None:
    """Refuses arrays that say they are larger than what the file holds of them: memory is taken by what they say.

    Raises:
        DataError: names the array, what it claims and what there is.
    """
    with ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                if np.lib.format.read_magic(file) == (1, 0):
                    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
                else:
                    shape, _, dtype = np.lib.format.read_array_header_2_0(file)
                claimed = math.prod(shape) * dtype.itemsize
                if not dtype.hasobject and claimed > member.file_size:
                    key = member.filename.removesuffix(".npy")
                    raise DataError(
                        f"{name} can't be read: its {key} claims {claimed / 1e9:,.1f} GB, {dtype} of shape {shape}, "
                        f"and {member.file_size:,} bytes are there; it was cut off, or is no file of np.savez."
                    )


def _unreadable(name: str, error: Exception) -> str:
    if "allow_pickle" in str(error) or "Python objects" in str(error):
        return (
            f"{name} holds Python objects, which are never unpickled here. Write plain arrays: "
            "numbers, or text as np.array(words, dtype=str)."
        )
    return f"{name} can't be read: {error}"
