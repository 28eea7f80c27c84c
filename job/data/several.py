"""y as one array or several: the columns of a table, the entries of a dict or tuple, each with the task it sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from job.data import columns, ragged, task
from job.data.rows import Array, Part
from job.data.task import Target
from job.errors import DataError
from job.study.scoring import NAME_ONE
from job.study.study import Study


@dataclass(frozen=True, eq=False)
class Targets:
    """y, read: the whole as scorers and splitters see it, and its parts; see ``Rows``."""

    whole: Target
    parts: tuple[Part, ...]
    given: Any


def read(y: Any, study: Study, where: str, rows: int) -> Targets:
    """Reads y, whatever holds it.

    A table's columns are read together, as a matrix; where the study's own scorers alone read y, one by one, as a
    dict's or a tuple's arrays always are. A list is one array: each of its values is a row.

    Args:
        y: whatever the data gave.
        study: whose scorers and task say how it is read.
        where: names the data in messages.
        rows: how many rows X has.

    Raises:
        DataError: y is a list of several arrays, has holes, fits no task, or is of several tasks that the study's
            scorers can't read.
    """
    own = study.reads_outputs_itself
    if columns.is_frame(y) and y.shape[1] > 1:
        names = [str(name) for name in y.columns]
        if own:
            return _several(list(zip(names, (y[name] for name in y.columns), strict=True)), y, study, where)
        return _matrix(y, names, study, where)
    if isinstance(y, Mapping) and y:
        return _several([(str(name), one) for name, one in y.items()], y, study, where)
    if isinstance(y, tuple) and y and all(_has_rows(one) for one in y):
        return _several([(None, one) for one in y], y, study, where)
    _refuse_list(y, where, rows)
    whole = task.infer(y, study.scorers, study.task, where, own=own)
    return Targets(whole, (_part(None, whole),), whole.given)


def _has_rows(one: Any) -> bool:
    """Whether one of several may be an array of targets: no single label or amount."""
    return bool(ragged.array(one).ndim) if isinstance(one, list | tuple) else bool(np.ndim(one))


def _refuse_list(y: Any, where: str, rows: int) -> None:
    """Refuses a list of outputs, which would be read as a list of rows.

    Raises:
        DataError: it is one; says what to give.
    """
    if not isinstance(y, list) or not y or len(y) == rows:
        return
    if all(hasattr(one, "__len__") and _has_rows(one) and len(one) == rows for one in y):
        names = ", ".join(f"y{place}" for place in range(1, len(y) + 1))
        right = f"several outputs are a tuple or dict: return X, ({names})" if len(y) > 1 else "return X, y[0]"
        raise DataError(
            f"{where}: y is a list of {len(y)} {'arrays' if len(y) > 1 else 'array'} of {rows:,} rows each, and a list "
            f"is read as rows; {right}"
        )


def _part(name: str | None, found: Target) -> Part:
    return Part(name, found.given, found.encoded, found.task, found.classes)


def _matrix(frame: Any, names: Sequence[str], study: Study, where: str) -> Targets:
    """A table whose columns are amounts or labels; the columns of one-hot rows are one part."""
    whole = task.infer(frame, study.scorers, study.task, where)
    if whole.task not in ("regression", "multilabel"):
        return Targets(whole, (_part(None, whole),), frame)
    parts = [
        Part(name, whole.given[:, place], whole.encoded[:, place], whole.task, None) for place, name in enumerate(names)
    ]
    return Targets(whole, tuple(parts), frame)


def _several(named: Sequence[tuple[str | None, Any]], given: Any, study: Study, where: str) -> Targets:
    own = study.reads_outputs_itself
    found = [
        (name, task.infer(one, study.scorers, study.task, _place(where, name, place), own=own))
        for place, (name, one) in enumerate(named)
    ]
    lengths = {len(one.encoded) for _, one in found}
    if len(lengths) > 1:
        told = ", ".join(
            f"{_key(name, place)} has {len(one.encoded):,} rows" for place, (name, one) in enumerate(found)
        )
        raise DataError(f"{where}: the arrays of y differ in their number of rows: {told}")
    arrays = [one.given for _, one in found]
    kept = given if columns.is_frame(given) else _like(given, [name for name, _ in found], arrays)
    if len(found) == 1:
        return Targets(found[0][1], (_part(*found[0]),), kept)
    parts = tuple(_part(name, one) for name, one in found)
    if own or study.task == "own":
        why = f"y is {len(found)} arrays, and scorers of outputs alone read them"
        first = found[0][1].encoded
        return Targets(Target("own", why, np.empty(0), first, None, first), parts, kept)
    return _together(found, kept, where)


def _together(found: Sequence[tuple[str | None, Target]], given: Any, where: str) -> Targets:
    """Several arrays that are one task: all amounts, or all labels that are there or not."""
    kinds = {one.task for _, one in found}
    is_zero_one = all(np.isin(one.given, (0, 1)).all() for _, one in found if one.given.dtype.kind in "biuf")
    if kinds == {"regression"}:
        y = np.column_stack([one.y for _, one in found])
        whole = Target("regression", f"y is {len(found)} arrays of amounts", y, y.astype(np.float32), None, y)
    elif kinds <= {"binary", "multilabel"} and is_zero_one:
        y = np.column_stack([one.given for _, one in found]).astype(np.int64)
        why = f"y is {len(found)} arrays of zeros and ones"
        whole = Target("multilabel", why, y, y.astype(np.float32), np.arange(y.shape[1]), y)
    else:
        told = ", ".join(f"{_key(name, place)} is {one.task} ({one.why})" for place, (name, one) in enumerate(found))
        raise DataError(
            f"{where}: y is of several tasks: {told}. scikit-learn's scorers read one task; for several, {NAME_ONE}."
        )
    parts = [Part(name, one.given, one.given.astype(np.float32), whole.task, None) for name, one in found]
    return Targets(whole, tuple(parts), given)


def _like(given: Any, names: Sequence[str | None], arrays: Sequence[Array]) -> Any:
    return dict(zip(names, arrays, strict=True)) if isinstance(given, Mapping) else tuple(arrays)


def _place(where: str, name: str | None, place: int) -> str:
    return f"{where}, {_key(name, place)}"


def _key(name: str | None, place: int) -> str:
    return f"y[{place if name is None else name!r}]"
