"""Rows from a table's file, text or Parquet: which columns are the target, the features, groups and weights."""

import gzip
import warnings
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from job.data import columns
from job.data.given import Given
from job.errors import DataError
from job.study import dialects
from job.study.mistakes import Mistake, StudyMistakes, listed, nearest
from job.study.study import Study

if TYPE_CHECKING:
    import pandas as pd

_LOOKED = 1000
"""Rows whose words are looked at."""


def given(path: Path, study: Study, *, frames: bool = False) -> Given:
    """Reads the columns of a table's file that a study names; without ``features``, all that are nothing else.

    With ``frames``, X is a DataFrame whose values may be missing; targets, groups and weights may not.

    Raises:
        StudyMistakes: every column that the study names and the file lacks.
        DataError: the file can't be read, or has holes.
    """
    import pandas as pd  # half a second, only for tables

    name = str(study.data)
    try:
        frame = _parquet(path, name) if path.name.lower().endswith(".parquet") else _text(path, study)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, UnicodeError) as error:
        raise DataError(f"{name} is not a readable CSV file: {error}") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{name} is not a readable gzip file: {error}") from None
    header = list(frame.columns)
    mistakes = list(_mistakes(header, study))
    if mistakes:
        raise StudyMistakes("the study", mistakes)
    wanted = {*_features(header, study), *_others(study)}
    frame = frame[[one for one in header if one in wanted]]
    features = frame[_features(header, study)]
    first_line = partial(_first_line, path, study, len(frame))
    columns.refuse_holes(frame[_others(study)] if frames else frame, name, first_line=first_line)
    targets = _targets(study)
    return Given(
        X=features if frames else columns.inputs(features, name, first_line=first_line),
        y=frame[targets[0]].to_numpy() if len(targets) == 1 else frame[targets],
        groups=_values(frame, study.groups),
        sample_weight=_values(frame, study.sample_weight),
        where=name,
    )


def _text(path: Path, study: Study) -> "pd.DataFrame":
    """All columns: where only some are asked for, pandas passes over rows that are too long.

    Raises:
        StudyMistakes: numbers with decimal commas would be words.
        DataError: the file is otherwise than the study says; names the field that reads it.
    """
    import pandas as pd

    if found := list(dialects.find(path, study)):
        raise DataError(f"{study.data} is not a readable CSV file: {found[0].message}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame = pd.read_csv(
            path,
            low_memory=False,
            index_col=False,
            sep=dialects.separator(study),
            decimal=study.decimal,
            encoding=study.encoding,
            header=0 if study.header is True else None,
            names=None if isinstance(study.header, bool) else list(study.header),
        )
    if twice := dialects.twice(dialects.names(path, study)):  # pandas makes others of them
        raise DataError(f"{study.data} has more than one column called {', '.join(twice)}; give each its own name.")
    frame.columns = [str(one).strip() for one in frame.columns]
    for one in frame.columns if study.decimal == "." else ():
        some = frame[one].dropna().head(_LOOKED)
        if some.dtype.kind in ("O", "T") and dialects.is_decimal_comma(some.tolist()):
            told = f'column `{one}` has numbers with decimal commas, such as {some.iloc[0]}: write `decimal: ","`.'
            raise StudyMistakes("the study", [Mistake(("data",), told)])
    return frame


def _first_line(path: Path, study: Study, rows: int) -> int | None:
    """The line of the first row; None where rows and lines differ, by blank lines or values of several lines."""
    if path.name.lower().endswith(".parquet"):
        return None
    packed = path.name.lower().endswith(".gz")
    with (gzip.open if packed else open)(path, "rt", encoding=study.encoding, errors="replace") as file:
        filled = [number for number, line in enumerate(file, 1) if line.strip()]
    named = 1 if study.header is True else 0
    return 1 + named if filled and filled[-1] == named + rows else None


def _parquet(path: Path, name: str) -> "pd.DataFrame":
    """All columns of a Parquet file.

    Raises:
        DataError: it is none, or the library that reads it is not installed.
    """
    import pandas as pd

    try:
        frame = pd.read_parquet(path, engine="pyarrow")
    except ImportError:
        raise DataError(
            f"{name}: reading Parquet needs pyarrow, which is not installed: pip install 'tunejob[parquet]'; for a "
            "cluster, into the image."
        ) from None
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these
        raise DataError(f"{name} is not a readable Parquet file: {error}") from None
    frame.columns = [str(one) for one in frame.columns]
    return frame


def _values(frame: "pd.DataFrame", name: str | None) -> Any:
    return None if name is None else frame[name].to_numpy()


def _targets(study: Study) -> list[str]:
    return [study.target] if isinstance(study.target, str) else list(study.target or ())


def _others(study: Study) -> list[str]:
    """The columns that are no features."""
    return [*_targets(study), *(one for one in (study.groups, study.sample_weight) if one is not None)]


def _features(header: list[str], study: Study) -> list[str]:
    return list(study.features or [one for one in header if one not in _others(study)])


def _mistakes(header: list[str], study: Study) -> Iterator[Mistake]:
    allowed = listed(header) if len(header) <= 20 else f"{listed(header[:20])} and {len(header) - 20} more"
    if not study.target:
        yield Mistake(("target",), f"A CSV needs `target`, a column's name or a list of them; it has {allowed}.")
    features = [(("features", place), one) for place, one in enumerate(study.features or ())]
    for place, one in [*((("target",), one) for one in _targets(study)), *_columns_of(study), *features]:
        if one not in header:
            yield Mistake(place, f"{study.data} has no column `{one}`; it has {allowed}.{nearest(one, header)}")
    for place, one in features:
        if one in _others(study):
            yield Mistake(place, f"`{one}` is named as target, groups or sample_weight too; it can't be a feature.")
    found = _features(header, study)
    if not found:
        yield Mistake(("target",), f"{study.data} has no column left to be a feature; it has {allowed}.")
    if any(one.startswith("Unnamed: ") for one in found):
        told = "has a column without a name, most likely an index; name the columns that you want in `features`"
        yield Mistake(("data",), f"{study.data} {told}.")


def _columns_of(study: Study) -> Iterator[tuple[tuple[str], str]]:
    if study.groups is not None:
        yield ("groups",), study.groups
    if study.sample_weight is not None:
        yield ("sample_weight",), study.sample_weight
