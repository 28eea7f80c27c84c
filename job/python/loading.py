"""``job.load``: what a run's refit trained, ready to predict."""

import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job.errors import Missing, UsageError
from job.python.results import Results, results
from job.store import has
from job.study import sklearn_private, usercode
from job.study.usercode import sources

_OURS = {
    "job.data.rows.Rows",
    "job.sklearn.estimators.KerasClassifier",
    "job.sklearn.estimators.KerasRegressor",
    "job.sklearn.fitted.Fitted",
    "job.train.fits.Head",
    "job.train.fits.Reading",
    "numpy.dtype",
    sklearn_private.REMAINDER,
}
"""What a Keras estimator without its model is made of, and what skops does not count as NumPy's and scikit-learn's."""


def load(
    run: Results | str | os.PathLike[str] | Mapping[str, Any],
    store: str | None = None,
    *,
    safe_mode: bool = True,
    trusted: Sequence[str] = (),
) -> Any:
    """Return the model that a run trained again on all rows with the best parameters.

    Args:
        run: what ``job.run`` or ``job.results`` returned; or whatever ``job.results`` takes: a study (its newest run),
            a run's folder or URL, ``NAME/RUN``; or the folder that ``tunejob fetch --champion`` filled, beside whose
            code this then runs.
        store: the store's URL; without it TUNEJOB_STORE, else the study's own.
        safe_mode: as ``keras.models.load_model`` has it: a model with Lambda layers holds Python code, and loads with
            ``safe_mode=False`` alone. Only do that with a model of your own.
        trusted: types and functions that a scikit-learn estimator holds and that are neither scikit-learn's, NumPy's,
            this package's nor of a module beside the study; the error that asks for them names them.

    Returns:
        Of a study whose models are scikit-learn estimators, the estimator or Pipeline, ready to predict; else the Keras
        model, not compiled, whose preprocessing layers are part of it. Either takes rows as the study's data gives
        them. Layers and functions of the user's own are imported from the study's folder, or the current one.

    Raises:
        UsageError: there is no such run; it has no model, or the model can't be loaded here: says what to do.
        StoreError: the store is out of reach.
    """
    with tempfile.TemporaryDirectory(prefix="tunejob-load-") as folder:
        saved = _fetched(run) or _copied(run if isinstance(run, Results) else results(run, store), Path(folder))
        if saved.about.get("lambdas") and safe_mode:
            raise UsageError(
                f"the model of {saved.name} has Lambda layers, which are Python code in a file; where you trust the "
                "run, load it with safe_mode=False"
            )
        _import_code(saved.specs, saved.code)
        model = _model(saved, safe_mode=safe_mode)
        return model if saved.pipeline is None else _whole(saved.pipeline, model, saved.code, trusted)


@dataclass(frozen=True)
class _Saved:
    """A model's files on this machine: of whom, what the refit told of it, where the code lies that it needs."""

    name: str
    about: Mapping[str, Any]
    specs: tuple[str, ...]
    code: Path
    model: Path
    pipeline: Path | None


def _fetched(target: Any) -> _Saved | None:
    """What lies in a folder that ``tunejob fetch --champion`` filled; None of anything else."""
    if not isinstance(target, str | os.PathLike):
        return None
    folder = Path(target)
    model, pipeline = folder / "model.keras", folder / "pipeline.skops"
    if not (model.is_file() and (folder / "champion.json").is_file()):
        return None
    from job.train import saving

    about = saving.provenance(model)
    own = tuple(about.get("own_layers", ()))
    return _Saved(str(about.get("run", folder)), about, own, Path(), model, pipeline if pipeline.is_file() else None)


def _copied(found: Results, folder: Path) -> _Saved:
    """The files of a run's refit, copied into a folder."""
    if not has(found.store, found.keys.model):
        raise UsageError(_why_none(found))
    about = _about(found)
    specs = (found.study.model, *about.get("own_layers", ()))
    model = _copy(found, found.keys.model, folder)
    pipeline = _copy(found, found.keys.pipeline, folder) if has(found.store, found.keys.pipeline) else None
    return _Saved(found.keys.run, about, specs, found.folder, model, pipeline)


def _why_none(found: Results) -> str:
    named = f"{found.keys.study}/{found.keys.run}"
    if found.study.refit is False:
        return (
            f"there is no model of {named}: the study says `refit: false`; its best_params_ build it again, untrained"
        )
    if found.hopeless or found.best is None:
        return f"there is no model of {named}: no trial has all its scores"
    return f"there is no model of {named} yet: the best trial was not refitted; running the study again does it"


def _about(found: Results) -> Mapping[str, Any]:
    """What the refit told of the model."""
    try:
        about: Mapping[str, Any] = json.loads(found.store.read(found.keys.refit))
    except Missing:
        return {}
    return about


def _import_code(specs: Iterable[str], folder: Path) -> None:
    """Import the modules that define a model's own layers and functions, as far as they are here."""
    for spec in specs:
        module, _, name = spec.partition(":")
        if sources.beside(module, folder) or sources.installed(module):
            usercode.load(f"{module}:{name.partition('.')[0]}", folder)


def _copy(found: Results, key: str, folder: Path) -> Path:
    path = folder / key.rpartition("/")[2]
    size, version = found.store.head(key)
    with path.open("wb") as file:
        file.writelines(found.store.parts(key, size, version))
    return path


def _model(saved: _Saved, *, safe_mode: bool) -> Any:
    import keras

    try:
        return keras.models.load_model(saved.model, compile=False, safe_mode=safe_mode)
    except Exception as error:  # Keras raises all kinds, for what is not imported most of all
        own = ", ".join(saved.about.get("own_layers", ())) or "none known"
        modules = " or ".join(dict.fromkeys(f"{one.partition(':')[0]}.py" for one in saved.specs)) or "the study's own"
        raise UsageError(
            f"the model of {saved.name} can't be loaded here: {type(error).__name__}: {error}\nLayers of its own: "
            f"{own}. Their module, {modules} or another beside the study, has to be in "
            "the current folder, or beside the study file that job.load is given."
        ) from error


def _whole(path: Path, model: Any, folder: Path, trusted: Sequence[str]) -> Any:
    """The estimator with its Keras model, which lies in a file of its own."""
    from job.train import estimators

    found = estimator(path, folder, trusted)
    _, last = estimators.ending(found)
    last.joined(model)
    return found


def estimator(path: Path, folder: Path, trusted: Sequence[str]) -> Any:
    """Return the estimator of a ``pipeline.skops``, whose Keras model lies in a file of its own.

    Args:
        path: the file.
        folder: modules beside whose types are trusted.
        trusted: further types that it may hold.

    Raises:
        UsageError: it holds others; says which.
    """
    import skops.io

    found = skops.io.get_untrusted_types(file=path)
    beside = {name for name in found if sources.beside(name.partition(".")[0], folder) is not None}
    if unknown := sorted({*found} - _OURS - beside - {*trusted}):
        listed = ", ".join(map(repr, unknown))
        raise UsageError(
            "the estimator holds types that are neither scikit-learn's, NumPy's nor of a module in "
            f"{folder.resolve()}: {listed}. Where you trust them, load it with job.load(…, trusted=[{listed}])"
        )
    return skops.io.load(path, trusted=found)
