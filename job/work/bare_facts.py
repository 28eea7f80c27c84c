"""The facts of rows, folds and code, before anything is tried."""

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from job.data import fingerprint, inputs
from job.data import folds as fold_numbers
from job.data.rows import Fold, Rows
from job.plan import provenance
from job.plan.plan import Facts, InputForm
from job.study import scoring, usercode
from job.study.study import Study


def bare(study: Study, folder: Path, rows: Rows, folds: Sequence[Fold], build: Any = None) -> Facts:
    """The facts of rows, folds and code, before anything is tried."""
    takes = usercode.parameters_of(build) if build else usercode.parameters(study, folder)
    return _facts(study, rows, folds).model_copy(update={"build_parameters": takes})


def input_form(rows: Rows) -> InputForm:
    """X as models take it."""
    kind: Literal["array", "mapping", "tuple"] = "array"
    if isinstance(rows.X, Mapping):
        kind, several = "mapping", list(rows.X.items())
    elif isinstance(rows.X, tuple):
        kind, several = "tuple", [(str(place), one) for place, one in enumerate(rows.X)]
    else:
        several = [("", rows.X)]
    arrays = [(name, "text" if one.dtype.kind == "O" else str(one.dtype), one.shape[1:]) for name, one in several]
    return InputForm(kind=kind, arrays=tuple(arrays))


def _facts(study: Study, rows: Rows, folds: Sequence[Fold]) -> Facts:
    return Facts(
        fingerprint=fingerprint.of(rows),
        folds_digest=fold_numbers.digest(folds),
        contents=fingerprint.of_folds(rows, folds),
        code_digest="",
        rows=len(rows),
        fold_sizes=tuple((len(fold.train), len(fold.test)) for fold in folds),
        task=rows.task,
        why=rows.why,
        classes=None if rows.classes is None else tuple(rows.classes.tolist()),
        scoring=study.scorers or (scoring.default(rows.task),),
        build_parameters=(),
        versions=provenance.versions(),
        packages=provenance.packages(),
        device=device(),
        import_seconds=0.0,
        data_seconds=0.0,
        width=inputs.width(rows.X),
        inputs=inputs.described(rows.X),
        form=input_form(rows),
    )


def device() -> str:
    """The device that TensorFlow trains on here."""
    if find_spec("tensorflow") is not None:
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        if gpus:
            name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "unnamed")
            return f"GPU: {name}" if len(gpus) == 1 else f"GPU: {len(gpus)} × {name}"  # noqa: RUF001
    return f"CPU: {provenance.processor()}, {len(os.sched_getaffinity(0))} cores"
