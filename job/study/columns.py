"""Data named by file: is it there, and are the columns that the study names in its first line."""

import csv
from collections.abc import Iterator
from pathlib import Path

from job.study import dialects, splitters
from job.study.forms import SPEC, TABLES
from job.study.mistakes import Mistake, Place, listed, nearest
from job.study.study import Study

_FORM = ("separator", "decimal", "encoding", "header")
_COLUMNS = ("target", "features", "groups", "sample_weight")


def is_csv(study: Study) -> bool:
    """Whether the data are a table's file, here or in a store: text, or Parquet."""
    return isinstance(study.data, str) and study.data.lower().endswith(TABLES)


def is_text(study: Study) -> bool:
    """Whether the data are a table as text, which the fields of its form read."""
    return is_csv(study) and not str(study.data).lower().endswith(".parquet")


def find_named(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """Columns that the study lacks, or names for data that have none."""
    del folder
    if is_csv(study):
        if study.target is None:
            yield Mistake(("target",), "is missing. A CSV's column to predict is named: `target: label`.")
        if splitters.needs_groups(study) and study.groups is None:
            message = f"is missing. `{study.cv.name}` keeps groups together; name their column: `groups: patient`."
            yield Mistake(("groups",), message)
        if not is_text(study):
            yield from _forms(study)
        return
    for field in _COLUMNS:
        if getattr(study, field) is not None:
            yield Mistake((field,), f"names columns of a CSV file; the data are {study.data!r}.")
    yield from _forms(study)


def _forms(study: Study) -> Iterator[Mistake]:
    """Fields that say how a text table is written, for data that are none."""
    for field in _FORM:
        if getattr(study, field) != Study.model_fields[field].default:
            yield Mistake((field,), f"says how a CSV file is written; the data are {study.data!r}.")


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
        elif "://" not in file and is_text(study):
            yield from _absent(study, folder / file)


def _absent(study: Study, file: Path) -> Iterator[Mistake]:
    """Columns that a file does not have; or first what it is, if it is not as the study says."""
    if not file.stat().st_size:
        yield Mistake(("data",), f"{file} is empty; the first line of a CSV file names its columns.")
        return
    try:
        found = list(dialects.find(file, study))
        columns = dialects.names(file, study)
    except (OSError, EOFError, csv.Error) as error:
        yield Mistake(("data",), f"{file.name} can't be read: {error}.")
        return
    if found:
        yield from found
        return
    if twice := dialects.twice(columns):
        yield Mistake(
            ("data",), f"{file.name} has more than one column called {listed(twice)}; give each its own name."
        )
    for place, name in _named(study):
        if name.strip() not in columns:
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
