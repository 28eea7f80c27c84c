"""The refit: the best params trained on all rows, saved with its provenance, loaded again and compared.

A ``.keras`` file is a zip archive; the provenance travels inside as ``tunejob.json``. Preprocessing layers travel as
the part of the model that they are.
"""

import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from job.data.rows import Rows
from job.errors import DataError, UsageError
from job.study import formats
from job.train import device_faults, failures
from job.train.by_fit import FitRun
from job.train.fits import Build, FitRequest, Material, Outputs, Reading, Trained
from job.train.patches import private
from job.train.walking import of_library

PROVENANCE = "tunejob.json"
"""The provenance's name within the model's archive."""

_COMPARED = 1024  # rows


def refit(
    request: FitRequest, build: Build, material: Material, rows: Rows, path: Path, origin: Mapping[str, Any]
) -> Trained:
    """Trains on all rows and saves the model.

    Args:
        request: ``requests.refit`` of the best trial.
        build: the user's.
        material: of the study.
        rows: of the study.
        path: where the model goes: a file ending in ``.keras``; it appears whole or not at all.
        origin: what else the provenance says, as JSON has it: study, run, scores, versions.

    Returns:
        The trained fit.

    Raises:
        DataError: the fit failed.
        UsageError: the model can't be saved, or predicts otherwise once loaded again; says what to do.
    """
    run = FitRun(request, build, material, why="the refit goes by Keras fit")
    trained = run.result()
    if trained.failure is not None:
        raise DataError(
            f"the refit on all {len(rows):,} rows failed: {trained.failure.kind}: {trained.failure.message}"
        )
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".saving-") as folder:
        draft = Path(folder) / path.name
        _save(run.model, draft)
        with zipfile.ZipFile(draft, "a") as archive:
            archive.writestr(PROVENANCE, json.dumps(_provenance(run, rows, origin), indent=2, ensure_ascii=False))
        _check(run, draft)
        draft.replace(path)
    return trained


def rehearse(run: FitRun) -> str:
    """Saves and loads a fit's model, whatever its weights; says why that can't be done, "" where it can."""
    with tempfile.TemporaryDirectory(prefix="tunejob-") as folder:
        draft = Path(folder) / "model.keras"
        try:
            _save(run.model, draft)
            _check(run, draft)
        except UsageError as error:
            return str(error)
    return ""


def provenance(path: Path) -> dict[str, Any]:
    """Reads where a saved model comes from.

    Raises:
        UsageError: the file is no model that this program saved, or a newer one did.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found: dict[str, Any] = json.loads(archive.read(PROVENANCE))
            formats.refuse_newer(found, str(path))
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise UsageError(f"{path} is no model saved by tunejob: {error}") from error
    return found


def _provenance(run: FitRun, rows: Rows, origin: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "format": 1,
        **origin,
        "params": dict(run.request.params),
        "identity": run.request.identity,
        "seed": run.request.seed,
        "rows": len(rows),
        "epochs": max(map(len, run.history.values()), default=0),
        "task": rows.task,
        "classes": None if rows.classes is None else rows.classes.tolist(),
        "outputs": _meaning(run.reading, rows),
        "activation": run.reading.heads[0].activation,
        "threshold": run.reading.heads[0].cut if _is_cut(rows) else None,
        **_shape(run),
        "places": [one.place for one in run.reading.heads],
        **of_code(run.model),
        "keras": keras.__version__,
    }


def of_code(model: Any) -> dict[str, Any]:
    """What of a model is code: layers of the user's own, and whether it has functions that only trust loads."""
    layers = private.layers(model)
    return {
        "own_layers": sorted({_named(layer) for layer in layers if not of_library(type(layer))}),
        "lambdas": any(isinstance(layer, keras.layers.Lambda) for layer in layers),
    }


def _shape(run: FitRun) -> dict[str, Any]:
    """How many outputs a model has, and how many columns in all."""
    heads = keras.tree.flatten(run.predict(run.request.train[:1]))
    return {
        "heads": len(heads),
        "columns": sum(int(np.prod(heads[one.place].shape[1:])) for one in run.reading.heads),
    }


def _is_cut(rows: Rows) -> bool:
    return rows.task in ("binary", "multilabel")


def _meaning(reading: Reading, rows: Rows) -> str:
    """What the saved model's raw outputs are, in a sentence."""
    activation = reading.heads[0].activation
    if rows.task == "own":
        return "what the study's own loss and scorers take them for"
    if rows.task == "regression":
        return "amounts, in the units of y"
    if activation == "margin":
        return "signed distances: the class is given by the sign, or by the greatest"
    which = (
        "each label" if rows.task == "multilabel" else "each class in the order of `classes`; of one output, the second"
    )
    if activation is None:
        return f"probabilities of {which}"
    return f"logits of {which}: apply keras.ops.{activation} for probabilities"


def _named(layer: Any) -> str:
    return f"{type(layer).__module__}:{type(layer).__qualname__}"


def _save(model: Any, path: Path) -> None:
    try:
        model.save(path)
    except Exception as error:
        device_faults.check(error)
        raise UsageError(f"the model can't be saved: {failures.brief(error)}. {_remedy(model)}") from error


def _check(run: FitRun, path: Path) -> None:
    """Loads a saved model and compares its predictions with those of the one that was saved."""
    try:
        loaded = keras.models.load_model(path, compile=False, safe_mode=False)
    except Exception as error:
        device_faults.check(error)
        told = f"the model was saved, but can't be loaded again: {failures.brief(error)}. {_remedy(run.model)}"
        raise UsageError(told) from error
    rows = run.request.train[:_COMPARED]
    before = run.predict(rows)
    original, run.model = run.model, loaded
    try:
        after = run.predict(rows)
    except Exception as error:
        device_faults.check(error)
        told = f"the model, saved and loaded again, can't predict: {failures.brief(error)}. {_remedy(original)}"
        raise UsageError(told) from error
    finally:
        run.model = original
    if (gap := _gap(before, after)) > 1e-5:
        raise UsageError(
            f"the model, saved and loaded again, predicts otherwise: by up to {gap:.3g} on {len(rows):,} "
            f"rows. Some layer keeps state that is not saved with it. {_remedy(run.model)}"
        )


def _gap(before: Outputs, after: Outputs) -> float:
    """The largest difference, relative where values are greater than one; infinite for other shapes."""
    pairs = zip(keras.tree.flatten(before), keras.tree.flatten(after), strict=True)
    return max(_one_gap(np.asarray(a), np.asarray(b)) for a, b in pairs)


def _one_gap(before: Any, after: Any) -> float:
    if before.shape != after.shape:
        return float("inf")
    return float(np.max(np.abs(before - after) / np.maximum(1.0, np.abs(before)), initial=0.0))


def _remedy(model: Any) -> str:
    layers = private.layers(model)
    own = sorted({type(layer).__name__ for layer in layers if not of_library(type(layer))} - {type(model).__name__})
    if inline := [layer.name for layer in layers if isinstance(layer, keras.layers.Lambda)]:
        return (
            f"The Lambda layer `{inline[0]}` holds Python code, and a file can't carry the names that code uses. Write "
            "it with keras.ops on the tensors themselves (`ops.abs(a - b)` instead of a Lambda of it), or as a Layer "
            f"class of your own. {_GENERAL}"
        )
    named = f" ({', '.join(own)})" if own else ""
    return (
        f"A layer or model class of your own{named} needs get_config() with all arguments of its __init__. {_GENERAL}"
    )


_GENERAL = (
    "Classes and functions of your own need @keras.saving.register_keras_serializable() where they are defined. "
    "`refit: false` in the study goes without a model; scores that are stored stay: `tunejob results`."
)
