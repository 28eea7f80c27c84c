"""Data named by file: is it there, and are the columns that the study names in its first line."""

import csv
from collections.abc import Iterator
from pathlib import Path

from job.study import splitters
from job.study.forms import SPEC
from job.study.mistakes import Mistake, Place, listed, nearest
from job.study.study import Study

_COLUMNS = ("target", "features", "groups", "sample_weight")


def is_csv(study: Study) -> bool:
    """Whether the data are a CSV file, here or in a store."""
    return isinstance(study.data, str) and study.data.endswith(".csv")


def find_named(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """Columns that the study lacks, or names for data that have none."""
    del folder
    if is_csv(study):
        if study.target is None:
            yield Mistake(("target",), "is missing. A CSV's column to predict is named: `target: label`.")
        if splitters.needs_groups(study) and study.groups is None:
            message = f"is missing. `{study.cv.name}` keeps groups together; name their column: `groups: patient`."
            yield Mistake(("groups",), message)
        return
    for field in _COLUMNS:
        if getattr(study, field) is not None:
            yield Mistake((field,), f"names columns of a CSV file; the data are {study.data!r}.")


def find_files(study: Study, folder: Path | None) -> Iterator[Mistake]:
    """Files that are not there, and columns that a CSV file does not have."""
    if folder is None or (isinstance(study.data, str) and SPEC.fullmatch(study.data)):
        return
    files = [study.data] if isinstance(study.data, str) else list(study.data)
    for index, file in enumerate(files):
        place: Place = ("data",) if isinstance(study.data, str) else ("data", index)
        if "://" not in file and not (folder / file).is_file():
            there = sorted(one.name for one in folder.iterdir() if one.suffix == Path(file).suffix)
            yield Mistake(place, f"there is no file {folder / file}.{nearest(Path(file).name, there)}")
        elif "://" not in file and is_csv(study):
            yield from _absent(study, folder / file)


def _absent(study: Study, file: Path) -> Iterator[Mistake]:
    with file.open(encoding="utf-8-sig", newline="", errors="replace") as lines:
        columns = next(csv.reader(lines), [])
    if not columns:
        yield Mistake(("data",), f"{file} is empty; the first line of a CSV file names its columns.")
        return
    for place, name in _named(study):
        if name not in columns:
            message = f"{file.name} has no column `{name}`; it has {_first(columns)}.{nearest(name, columns)}"
            yield Mistake(place, message)


def _named(study: Study) -> Iterator[tuple[Place, str]]:
    """Every column the study names, and where."""
    for field in _COLUMNS:
        value = getattr(study, field)
        if isinstance(value, str):
            yield (field,), value
        for index, name in enumerate(value if isinstance(value, tuple) else ()):
            yield (field, index), name


def _first(columns: list[str], most: int = 20) -> str:
    more = f" and {len(columns) - most} more" if len(columns) > most else ""
    return f"{listed(columns[:most])}{more}"
