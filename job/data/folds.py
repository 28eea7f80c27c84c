"""Folds: made once, by the study's splitter, and kept as row numbers from then on."""

import hashlib
import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from job.data.rows import Array, Fold, Indices, Rows
from job.errors import DataError
from job.study import splitters
from job.study.mistakes import Mistake, StudyMistakes
from job.study.study import Splitter, Study

MOST = 500_000_000
"""Row numbers that all folds together may have: 4 GB in memory."""


def make(study: Study, rows: Rows, folder: Path | None = None) -> list[Fold]:
    """Returns the study's folds, from its splitter and y, groups as scikit-learn sees them.

    Args:
        study: its ``cv`` says how.
        rows: all rows.
        folder: where the user's own splitter lies.

    Raises:
        StudyMistakes: the splitter needs groups and there are none.
        DataError: it can't split these rows, or a fold of it can't be trained or tested on.
    """
    return split(study, rows, folder)[0]


def split(study: Study, rows: Rows, folder: Path | None = None) -> tuple[list[Fold], list[str]]:
    """Returns the study's folds, and a sentence for each thing about them that the user should know."""
    splitter = splitters.build(study, rows.task, folder)
    X = rows.X if isinstance(rows.X, np.ndarray) else np.zeros((len(rows), 1), dtype=np.int8)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            folds = list(_checked(splitter.split(X, rows.y, rows.groups), rows, study.cv))
        except ValueError as error:
            raise _refusal(error, study.cv, rows) from error
    if not folds:
        raise DataError(f"cv: {_called(study.cv)} made no fold.")
    told = [str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)]
    return folds, [*told, *notes(folds, rows)]


def notes(folds: Sequence[Fold], rows: Rows) -> list[str]:
    """Returns a sentence for classes that folds lack: such folds train, but their scores mean less."""
    if rows.classes is None or rows.y.ndim > 1:
        return []
    lacks = {"trained on": [fold.train for fold in folds], "tested on": [fold.test for fold in folds]}
    return [note for how, numbers in lacks.items() for note in _lacking(how, numbers, rows)]


def _lacking(how: str, numbers: Sequence[Indices], rows: Rows) -> Iterator[str]:
    classes = np.empty(0) if rows.classes is None else rows.classes
    count = len(classes)
    missing = [np.flatnonzero(np.bincount(rows.encoded[one], minlength=count) == 0) for one in numbers]
    folds = [number for number, lacking in enumerate(missing) if len(lacking)]
    if folds:
        example = classes[missing[folds[0]][0]]
        yield (
            f"{len(folds)} of {len(numbers)} folds have a class that no row {how} has, such as {example!s} in fold "
            f"{folds[0]}; a stratified splitter (cv: StratifiedKFold) or fewer folds spread the classes"
        )


def digest(folds: Sequence[Fold]) -> str:
    """Returns the sha256 of all row numbers, fold by fold, in their own order."""
    state = hashlib.sha256(b"tunejob folds 1\n")
    for fold in folds:
        for numbers in (fold.train, fold.test):
            state.update(f"{len(numbers)}\n".encode())
            state.update(np.ascontiguousarray(numbers, dtype="<i8").data)
    return state.hexdigest()


def save(folds: Sequence[Fold]) -> bytes:
    """Returns folds as an ``.npz`` without objects.

    Where a fold trains on all rows that it doesn't test, in order, only the test rows are kept.
    """
    rows = 1 + max(int(numbers.max()) for fold in folds for numbers in (fold.train, fold.test))
    implied = np.array([_is_rest(fold, rows) for fold in folds])
    kept = [fold.train for fold, is_implied in zip(folds, implied, strict=True) if not is_implied]
    small = np.uint32 if rows < 2**32 else np.uint64
    out = io.BytesIO()
    np.savez_compressed(
        out,
        format=np.int64(1),
        rows=np.int64(rows),
        implied=implied,
        test=np.concatenate([fold.test for fold in folds]).astype(small),
        test_sizes=np.array([len(fold.test) for fold in folds], dtype=np.int64),
        train=np.concatenate([*kept, np.empty(0, dtype=np.int64)]).astype(small),
        train_sizes=np.array([len(one) for one in kept], dtype=np.int64),
    )
    return out.getvalue()


def read(data: bytes) -> list[Fold]:
    """Returns the folds that ``save`` wrote."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        rows = int(arrays["rows"])
        tests = _parts(arrays["test"], arrays["test_sizes"])
        trains = iter(_parts(arrays["train"], arrays["train_sizes"]))
        implied = arrays["implied"].tolist()
    return [
        Fold(train=_rest(test, rows) if is_implied else next(trains), test=test)
        for test, is_implied in zip(tests, implied, strict=True)
    ]


def _parts(numbers: Array, sizes: Array) -> list[Indices]:
    return np.split(numbers.astype(np.int64), np.cumsum(sizes)[:-1]) if len(sizes) else []


def _rest(test: Indices, rows: int) -> Indices:
    is_rest = np.ones(rows, dtype=bool)
    is_rest[test] = False
    return np.flatnonzero(is_rest)


def _is_rest(fold: Fold, rows: int) -> bool:
    return len(fold.train) + len(fold.test) == rows and np.array_equal(fold.train, _rest(fold.test, rows))


def _checked(pairs: Iterable[tuple[Any, Any]], rows: Rows, cv: Splitter) -> Iterator[Fold]:
    """Folds as they come, each one that can be trained and tested on."""
    total = 0
    for number, (train, test) in enumerate(pairs):
        where = f"cv: fold {number} of {_called(cv)}"
        fold = Fold(train=_numbers(train, len(rows), where), test=_numbers(test, len(rows), where))
        _check(fold, rows, cv, where)
        total += len(fold.train) + len(fold.test)
        if total > MOST:
            raise DataError(f"{where}: the folds have over {MOST:,} row numbers. Take fewer folds, or fewer rows.")
        yield fold


def _check(fold: Fold, rows: Rows, cv: Splitter, where: str) -> None:
    for numbers, use in ((fold.train, "train"), (fold.test, "test")):
        if not len(numbers):
            raise DataError(f"{where} has no row to {use} on; there are {len(rows):,} rows. Take fewer folds.")
    is_trained = np.zeros(len(rows), dtype=bool)
    is_trained[fold.train] = True
    both = fold.test[is_trained[fold.test]]
    if len(both):
        raise DataError(f"{where} tests on rows it is trained on ({len(both):,} of them, such as row {both[0]}).")
    labels = rows.encoded[fold.train]
    if rows.classes is not None and labels.ndim == 1 and (labels == labels[0]).all():
        only, others = rows.y[fold.train[0]], int((rows.encoded != labels[0]).sum())
        raise DataError(f"{where} trains on rows of one class alone, {only!s}. {_remedy(cv, others)}")


def _remedy(cv: Splitter, others: int) -> str:
    """What gives a fold that is trained on one class alone another one too; ``others`` is how many rows have one."""
    if "Group" in cv.name:
        also = "" if cv.name.startswith("Stratified") else ", or StratifiedGroupKFold"
        return f"Take groups of which several have each class{also}."
    if cv.name == splitters.FOLDS or cv.name.startswith(("Stratified", "RepeatedStratified")):  # stratified already
        are = "1 row is" if others == 1 else f"{others:,} rows are"
        return f"Only {are} of another class; more are needed, so that each fold trains on some."
    if cv.name == "TimeSeriesSplit":
        return "Take fewer folds, so that the first of them trains on more rows."
    return "Take StratifiedKFold, or folds that train on rows of several classes."


def _numbers(value: Any, rows: int, where: str) -> Indices:
    array = np.asarray(value)
    if array.dtype == bool and array.shape == (rows,):
        return np.flatnonzero(array)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        got = f"{array.dtype} of shape {array.shape}"
        raise DataError(f"{where} gives {got}; needed are row numbers (k,), or a mask ({rows},).")
    wrong = array[(array < 0) | (array >= rows)]
    if len(wrong):
        raise DataError(f"{where} gives row {wrong[0]}; rows are 0 to {rows - 1}.")
    return array.astype(np.int64)


def _called(cv: Splitter) -> str:
    arguments = ", ".join(f"{name}={value!r}" for name, value in cv.arguments.items())
    return f"{arguments.replace('n_splits=', '')} folds" if cv.name == "folds" else f"{cv.name}({arguments})"


def _refusal(error: ValueError, cv: Splitter, rows: Rows) -> Exception:
    """What scikit-learn's refusal to split means in this study."""
    if rows.groups is None and "groups" in str(error):
        message = (
            f"{_called(cv)} needs groups, and there are none: let `load` return X, y, groups, or name a CSV's column "
            "in `groups`."
        )
        return StudyMistakes("the study", [Mistake(("cv",), message)])
    members = ""
    if rows.classes is not None and rows.y.ndim == 1:
        counts = np.bincount(rows.encoded, minlength=len(rows.classes))
        least = int(counts.argmin())
        rarest = f"{rows.classes[least]!s}, has {counts[least]:,} rows"
        members = f" The rarest class, {rarest}: take no more folds than that."
    return DataError(f"cv: {_called(cv)} can't split these {len(rows):,} rows: {error}.{members}")
