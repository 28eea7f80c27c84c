"""Values of Python's as a study's YAML has them: a study may be a dict, made of what people have at hand."""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

from job.study.mistakes import Place


def plain(value: Any, place: Place, tell: Callable[[Place, str], None]) -> Any:
    """Returns a value as YAML has it: numpy's, tuples, ranges, paths and frozen scipy distributions are taken too.

    Args:
        value: anything.
        place: where in the study it stands.
        tell: takes the place and the sentence of what YAML lacks.
    """
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist(), place, tell)
    if isinstance(value, Mapping):
        return {name: plain(one, (*place, str(name)), tell) for name, one in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(one, (*place, index), tell) for index, one in enumerate(value)]
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "rvs") and hasattr(value, "dist"):
        return {value.dist.name: plain(_arguments(value), place, tell)}
    if value is not None and not isinstance(value, str | int | float):
        tell(place, _sentence(value))
    return value


def _arguments(frozen: Any) -> Any:
    """The arguments that a scipy distribution was frozen with: by position, or by name where any has one."""
    if not frozen.kwds:
        return list(frozen.args)
    names = [*(name.strip() for name in (frozen.dist.shapes or "").split(",") if name.strip()), "loc", "scale"]
    return dict(zip(names, frozen.args, strict=False)) | frozen.kwds


def _sentence(value: Any) -> str:
    if callable(value):
        name = getattr(value, "__name__", "name")
        return (
            f"got the {'class' if isinstance(value, type) else 'function'} `{name}` itself; workers are processes of "
            f"their own and import it: put it into a module beside, such as model.py, and name it `model:{name}`."
        )
    return f"got a {type(value).__name__}; a study holds text, numbers, true, false, lists and mappings."
