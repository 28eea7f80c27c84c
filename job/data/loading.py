"""The one way to a study's rows: from the user's loader or a file, checked, with the task inferred."""

import traceback
from pathlib import Path
from typing import Any

import numpy as np

from job.data import columns, files, inputs, missing, ragged, several
from job.data.frames import columns as frame_columns
from job.data.given import Given, kind, returned
from job.data.rows import Array, Inputs, Rows
from job.errors import DataError, TunejobError
from job.study import usercode
from job.study.forms import SPEC
from job.study.study import Study


def load(study: Study, folder: Path, *, frames: bool = False) -> Rows:
    """Returns all rows of a study.

    Args:
        study: its ``data`` is ``module:load``, a ``.npz``, a pair of ``.npy`` (memory-mapped), or a ``.csv``.
        folder: the study's folder, where the files and the module lie.
        frames: whether X stays what it is, a DataFrame one, missing values with it: for a scikit-learn estimator.

    Raises:
        UsageError: no such file, module, key or column.
        DataError: the rows are not what a study can train on; says where, and what to do.
    """
    if isinstance(study.data, str) and SPEC.fullmatch(study.data):
        return rows(returned(_call(study.data, folder), f"{study.data}()"), study, frames=frames)
    return rows(files.given(study, folder, frames=frames), study, frames=frames)


def rows(given: Given, study: Study, *, frames: bool = False) -> Rows:
    """Returns what was given as rows: arrays of one length, y read as the task says; without holes but for ``frames``.

    Raises:
        DataError: something is amiss; says where, and what to do.
    """
    frame = given.X if frames and columns.is_frame(given.X) else None
    X = _as_given(given.X, given.where) if frames else inputs.checked(given.X, given.where)
    targets = several.read(given.y, study, given.where, inputs.length(X))
    target = targets.whole
    n = len(target.encoded)
    _check_length(inputs.length(X), n, "X", given.where)
    return Rows(
        X=X,
        y=target.y if target.task != "own" or len(targets.parts) == 1 else None,
        encoded=target.encoded,
        groups=None if given.groups is None else _groups(given.groups, n, given.where),
        sample_weight=None if given.sample_weight is None else _weights(given.sample_weight, n, given.where),
        task=target.task,
        classes=None if target.task == "own" else target.classes,
        why=target.why,
        given=targets.given,
        parts=targets.parts,
        frame=frame,
    )


def _as_given(X: Any, where: str) -> Inputs:
    """X for an estimator, which may take what is missing: a table's columns, an array of numbers as it is."""
    if columns.is_frame(X):
        return frame_columns(X, where)
    return X if isinstance(X, np.ndarray) and X.ndim and X.dtype.kind in "biuf" else inputs.checked(X, where)


def _call(spec: str, folder: Path) -> Any:
    function: Any = usercode.load(spec, folder, ("data",))
    if not callable(function):
        name = spec.partition(":")[2]
        raise DataError(
            f"{spec} is a {kind(function)}; needed is a function that returns the rows, such as\n"
            f"    def load():\n        return {name}, y\nand `data: {spec.partition(':')[0]}:load` in the study."
        )
    try:
        return function()
    except TunejobError:
        raise
    except SystemExit as error:
        raise DataError(f"{spec}() called sys.exit({error.code!r}); it must return X, y, or raise") from error
    except Exception as error:  # whatever the user's code raises is told as theirs
        frames = traceback.extract_tb(error.__traceback__)[1:]
        own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder.resolve())] or frames
        place = f" ({Path(own[-1].filename).name}, line {own[-1].lineno}, in {own[-1].name})" if own else ""
        told = f"{type(error).__name__}: {error}{place}{usercode.remedy(error, folder)}"
        raise DataError(f"{spec}() raised {told}") from error


def _groups(groups: Any, n: int, where: str) -> Array:
    missing.refuse_masked(groups, "groups", where)
    array = ragged.array(groups)
    if array.dtype.kind == "O":
        array = array.astype(str)
    if array.ndim != 1:
        raise DataError(f"{where}: groups has shape {array.shape}; needed is (n,), a label for each row.")
    _check_length(len(array), n, "groups", where)
    return array


def _weights(weights: Any, n: int, where: str) -> Array:
    missing.refuse_masked(weights, "sample_weight", where)
    array = ragged.array(weights)
    if array.ndim != 1 or array.dtype.kind not in "biuf":
        raise DataError(
            f"{where}: sample_weight is {array.dtype} of shape {array.shape}; needed is (n,), a number for each row."
        )
    _check_length(len(array), n, "sample_weight", where)
    bad = np.flatnonzero(~(np.isfinite(array) & (array >= 0)))
    if len(bad) or not array.any():
        got = f"{array[bad[0]]} in row {bad[0]}" if len(bad) else "zero in every row"
        raise DataError(f"{where}: sample_weight is {got}; weights are finite, not negative, and not all zero.")
    return array.astype(np.float32)


def _check_length(got: int, n: int, name: str, where: str) -> None:
    if got != n:
        raise DataError(f"{where}: {name} has {got:,} rows, y has {n:,}; each row needs both.")
