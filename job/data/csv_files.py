"""Rows from a CSV file: which columns are the target, the features, groups and weights."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from job.data import columns
from job.data.given import Given
from job.errors import DataError
from job.study.mistakes import Mistake, StudyMistakes, listed, nearest
from job.study.study import Study

if TYPE_CHECKING:
    import pandas as pd


def given(path: Path, study: Study) -> Given:
    """Reads the columns of a CSV file that a study names; without ``features``, all that are nothing else.

    Raises:
        StudyMistakes: every column that the study names and the file lacks.
        DataError: the file can't be read, or has holes.
    """
    import pandas as pd  # half a second, only for tables

    name = str(study.data)
    try:
        header = [str(one) for one in pd.read_csv(path, nrows=0, index_col=False).columns]
        mistakes = list(_mistakes(header, study))
        if mistakes:
            raise StudyMistakes("the study", mistakes)
        frame = _frame(path)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"{name} is no CSV that can be read: {error}") from None
    wanted = {*_features(header, study), *_others(study)}
    frame = frame[[one for one in header if one in wanted]]
    columns.refuse_holes(frame, name, lines=True)
    targets = _targets(study)
    return Given(
        X=columns.inputs(frame[_features(header, study)], name, lines=True),
        y=frame[targets[0]].to_numpy() if len(targets) == 1 else frame[targets],
        groups=_values(frame, study.groups),
        sample_weight=_values(frame, study.sample_weight),
        where=name,
    )


def _frame(path: Path) -> "pd.DataFrame":
    """All columns: where only some are asked for, pandas passes over rows that are too long."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(path, low_memory=False, index_col=False)


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
