"""Rows from files: ``.npz``, pairs of ``.npy``, ``.csv``, beside the study or in an object store."""

import os
import tempfile
from pathlib import Path
from zipfile import BadZipFile, is_zipfile

import numpy as np

from job.data import csv_files
from job.data.given import NAMES, Given
from job.data.rows import Array
from job.errors import DataError, UsageError
from job.study.mistakes import Mistake, Place, StudyMistakes, listed, nearest
from job.study.study import Study

SUFFIXES = (".npz", ".npy", ".csv")


def given(study: Study, folder: Path) -> Given:
    """Reads the file, or the pair of files, that a study's ``data`` names.

    Raises:
        StudyMistakes: no such file, key or column.
        DataError: the file can't be read, or its columns have holes.
    """
    if not isinstance(study.data, str):
        X, y = (_npy(_path(name, folder, ("data", place)), name) for place, name in enumerate(study.data))
        return Given(X=X, y=y, where=" and ".join(study.data))
    path = _path(study.data, folder, ("data",))
    if path.suffix.lower() == ".npz":
        return _npz(path, study.data)
    if path.suffix.lower() == ".csv":
        return csv_files.given(path, study)
    raise _mistake(
        ("data",),
        f"{study.data} is no file that can be read; allowed are .npz, .csv, a pair [X.npy, y.npy], or module:load.",
    )


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


def _unreadable(name: str, error: Exception) -> str:
    if "allow_pickle" in str(error) or "Python objects" in str(error):
        return (
            f"{name} holds Python objects, which are never unpickled here. Write plain arrays: "
            "numbers, or text as np.array(words, dtype=str)."
        )
    return f"{name} can't be read: {error}"
