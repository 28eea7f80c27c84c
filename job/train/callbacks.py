"""The study's Keras callbacks: made anew for each fit, ``{trial}``, ``{fold}`` and ``{run}`` filled in."""

import re
from collections.abc import Mapping
from typing import Any

from job.study import usercode
from job.train import watching
from job.train.fits import FitRequest, Material

_PLACES = re.compile(r"\{(trial|fold|run)(:[^{}]*)?\}")
REFIT = "refit"
"""What ``{fold}`` is where the best trial is trained again on all rows."""


def of(request: FitRequest, material: Material) -> list[Any]:
    """The callbacks of one fit: early stopping first, then the user's own."""
    settings = request.settings
    found = [] if settings.early_stopping is None else [watching.Stopping(settings.early_stopping)]
    for one in settings.callbacks:
        arguments = filled(one.arguments, material.run, request.trial, request.fold)
        found.append(usercode.load(one.path, material.folder)(**arguments))
    return [*found, *request.callbacks]


def filled(arguments: Mapping[str, Any], run: str, trial: int, fold: int) -> dict[str, Any]:
    """Arguments with the fit's own ``{trial}``, ``{fold}`` (``refit`` for the refit) and ``{run}`` in every text.

    Other braces, such as Keras's ``{epoch:02d}``, stay as they are.
    """
    values = {"trial": trial, "fold": REFIT if fold < 0 else fold, "run": run}
    return {name: _filled(value, values) for name, value in arguments.items()}


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _PLACES.sub(lambda found: _put(values[found[1]], found[2] or ""), value)
    if isinstance(value, Mapping):
        return {name: _filled(one, values) for name, one in value.items()}
    return [_filled(one, values) for one in value] if isinstance(value, list | tuple) else value


def _put(value: Any, form: str) -> str:
    return format(value, form[1:]) if isinstance(value, int) else str(value)
