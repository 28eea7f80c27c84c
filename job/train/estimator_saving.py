"""A fitted estimator as two files: its Keras model as ``.keras``, the rest as ``pipeline.skops``, without pickle.

skops writes what an estimator holds as a zip archive of JSON and arrays, and loads only types that are named as
trusted. Functions and classes of the user's own travel by their names.
"""

import copy
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.pipeline import Pipeline

from job.data.rows import Indices, Rows
from job.errors import DataError, UsageError
from job.study.study import Study
from job.train import device_faults, estimators, failures, pulse, saving
from job.train.fits import Build, FitRequest

MODEL, PIPELINE = "model.keras", "pipeline.skops"
_COMPARED = 1024  # rows


def refit(request: FitRequest, build: Build, study: Study, rows: Rows, folder: Path, origin: Mapping[str, Any]) -> Any:
    """Fits the best trial's estimator on all rows and saves it.

    Args:
        request: ``requests.refit`` of the best trial.
        build: the user's.
        study: as planned.
        rows: of the study.
        folder: where both files go.
        origin: what else the provenance says, as JSON has it: study, run, scores, versions.

    Returns:
        The estimator.

    Raises:
        DataError: the fit failed.
        UsageError: it can't be saved, or predicts otherwise once loaded again; says what to do.
    """
    everything = np.concatenate([request.train, request.validation])
    try:
        with pulse.excused("fitting the best estimator on all rows"):
            estimator = estimators.made(build, study, request.params, request.seed)
            estimators.fit(estimator, rows, everything)
    except Exception as error:
        device_faults.check(error)
        told = f"the refit on all {len(rows):,} rows failed: {failures.brief(error)}"
        raise DataError(told) from error
    save(estimator, folder)
    check(estimator, folder, rows, everything)
    about = {
        "format": 1,
        **origin,
        "params": dict(request.params),
        "identity": request.identity,
        "seed": request.seed,
        "rows": len(rows),
        "task": rows.task,
        "classes": None if rows.classes is None else rows.classes.tolist(),
        "outputs": "what the pipeline's last step reads; load both with job.load",
        **saving.of_code(estimators.last_step(estimator)[1].model_),
        "keras": keras.__version__,
    }
    with zipfile.ZipFile(folder / MODEL, "a") as archive:
        archive.writestr(saving.PROVENANCE, json.dumps(about, indent=2, ensure_ascii=False))
    return estimator


def save(estimator: Any, folder: Path) -> None:
    """Writes both files.

    Raises:
        UsageError: it can't be saved; says what to do.
    """
    import skops.io  # only where an estimator is saved: prepare and refit of a bare model come by here too

    _, step = estimators.last_step(estimator)
    try:
        step.save_model(folder / MODEL)
        skops.io.dump(_without_model(estimator), folder / PIPELINE)
    except Exception as error:
        device_faults.check(error)
        raise UsageError(f"the estimator can't be saved: {failures.brief(error)}. {_REMEDY}") from error


def check(estimator: Any, folder: Path, rows: Rows, numbers: Indices) -> None:
    """Loads what was saved, and compares its predictions with those of the one that was.

    Raises:
        UsageError: it can't be loaded, or predicts otherwise.
    """
    import skops.io

    X = estimators.rows_of(rows, numbers[:_COMPARED])
    try:
        loaded = skops.io.load(folder / PIPELINE, trusted=skops.io.get_untrusted_types(file=folder / PIPELINE))
        model = keras.models.load_model(folder / MODEL, compile=False, safe_mode=False)
        estimators.last_step(loaded)[1].joined(model)
        found = loaded.predict(X)
    except Exception as error:
        device_faults.check(error)
        told = f"the estimator was saved, but can't be loaded again: {failures.brief(error)}. {_REMEDY}"
        raise UsageError(told) from error
    before = estimator.predict(X)
    if found.shape != before.shape or not _alike(found, before):
        raise UsageError(f"the estimator, saved and loaded again, predicts otherwise. {_REMEDY}")


def _alike(found: Any, before: Any) -> bool:
    if np.asarray(before).dtype.kind == "f":
        return bool(np.allclose(found, before, rtol=1e-4, atol=1e-5))
    return bool(np.mean(found == before) > 0.99)  # a probability of 0.5 may round to either side


def _without_model(estimator: Any) -> Any:
    """A copy without the Keras model and what made it: the model's own file has it."""
    if not isinstance(estimator, Pipeline):
        return estimator.parted()
    outer = copy.copy(estimator)
    name, last = estimator.steps[-1]
    outer.steps = [*estimator.steps[:-1], (name, _without_model(last))]
    return outer


_REMEDY = (
    "What a step is given must be plain values, scikit-learn's or NumPy's objects, or functions and classes that a "
    "module beside the study defines by name. `refit: false` in the study goes without; scores that are stored stay."
)
