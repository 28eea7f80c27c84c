"""``job.load``: what a run's refit trained, ready to predict."""

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from job.errors import Missing, UsageError
from job.python.results import Results, results
from job.store import has
from job.study import usercode
from job.study.usercode import sources


def load(
    run: Results | str | os.PathLike[str] | Mapping[str, Any], store: str | None = None, *, safe_mode: bool = True
) -> Any:
    """Return the model that a run trained again on all rows with the best parameters.

    Args:
        run: what ``job.run`` or ``job.results`` returned; or whatever ``job.results`` takes: a study (its newest run),
            a run's folder or URL, ``NAME/RUN``.
        store: the store's URL; without it TUNEJOB_STORE, else the study's own.
        safe_mode: as ``keras.models.load_model`` has it: a model with Lambda layers holds Python code, and loads with
            ``safe_mode=False`` alone. Only do that with a model of your own.

    Returns:
        The Keras model, not compiled; its preprocessing layers are part of it, so it takes rows as the study's data
        gives them. Layers of the user's own are imported from the study's folder, or the current one.

    Raises:
        UsageError: there is no such run; it has no model, or the model can't be loaded here: says what to do.
        StoreError: the store is out of reach.
    """
    found = run if isinstance(run, Results) else results(run, store)
    if not has(found.store, found.keys.model):
        raise UsageError(_why_none(found))
    about = _about(found)
    if about.get("lambdas") and safe_mode:
        raise UsageError(
            f"the model of {found.keys.run} has Lambda layers, which are Python code in a file; where you trust the "
            "run, load it with safe_mode=False"
        )
    _import_code([found.study.model, *about.get("own_layers", ())], found.folder)
    return _loaded(found, about, safe_mode=safe_mode)


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


def _loaded(found: Results, about: Mapping[str, Any], *, safe_mode: bool) -> Any:
    import keras

    with tempfile.TemporaryDirectory(prefix="tunejob-load-") as folder:
        path = Path(folder) / "model.keras"
        size, version = found.store.head(found.keys.model)
        with path.open("wb") as file:
            file.writelines(found.store.parts(found.keys.model, size, version))
        try:
            return keras.models.load_model(path, compile=False, safe_mode=safe_mode)
        except Exception as error:  # Keras raises all kinds, for what is not imported most of all
            own = ", ".join(about.get("own_layers", ())) or "none that the run told of"
            raise UsageError(
                f"the model of {found.keys.run} can't be loaded here: {type(error).__name__}: {error}\nLayers of its "
                f"own: {own}. Their module, {found.study.model.partition(':')[0]}.py or another beside the study, has "
                "to be in the current folder, or beside the study file that job.load is given."
            ) from error
