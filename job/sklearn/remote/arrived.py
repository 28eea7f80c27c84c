"""What a search sent, as its workers find it beside the study."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.base import clone

from job.data import folds as fold_numbers
from job.sklearn.remote import archives, process_settings, tables
from job.store import open_store
from job.study import usercode
from job.train import estimators

MODULE = "tunejob_search"
ESTIMATOR, OBJECTS, ABOUT = "estimator.skops", "objects.skops", "search.json"
AS_GIVEN = "as_given"
"""Stands for a candidate without parameters."""
NAMES, INPUT = "inputs.names", "X."
"""In rows that a study does not read by itself, as is a table: several inputs."""
SCRIPT = '''\
"""Written by a search of this package: what its workers import."""

from pathlib import Path

from job.sklearn import KerasClassifier, KerasRegressor
from job.sklearn.remote import arrived

HERE = Path(__file__).parent
RETURNS = (KerasClassifier, KerasRegressor)  # or a Pipeline that ends in one


def build(**params):
    return arrived.estimator(HERE, params)


def load():
    return arrived.rows(HERE)


class Folds:
    def split(self, X=None, y=None, groups=None):
        return arrived.folds(HERE)

    def get_n_splits(self, X=None, y=None, groups=None):
        return len(arrived.folds(HERE))
'''


def estimator(folder: Path, params: Mapping[str, Any]) -> Any:
    """Return the estimator that travelled, with a candidate's params; sets this process to what the search's was."""
    about = _about(folder)
    process_settings.enter(about["settings"])
    known = objects(folder) | _of_keras(folder)

    def meant(value: Any) -> Any:
        return known.get(value, value) if isinstance(value, str) else value

    found = clone(_estimator(folder), safe=False)
    _, step = estimators.last_step(found)
    step.set_params(**{name: meant(value) for name, value in step.get_params(deep=False).items()})
    given = {about["renamed"].get(name, name): meant(value) for name, value in params.items() if name != AS_GIVEN}
    return found.set_params(**{name: clone(value, safe=False) for name, value in given.items()})


@dataclass(frozen=True)
class Weighed:
    """A scorer that is given the weights of the rows that it scores, as scikit-learn's newer searches give them."""

    scorer: Any
    takes_sample_weight: bool = True

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Scores, as the scorer does."""
        more = {} if sample_weight is None else {"sample_weight": sample_weight}
        return self.scorer(estimator, X, y, **more)


def folds(folder: Path) -> list[tuple[Any, Any]]:
    """Return the folds: training and test rows of each."""
    return [(one.train, one.test) for one in fold_numbers.read(_at(_about(folder)["folds"]))]


def rows(folder: Path) -> dict[str, Any]:
    """Return the rows of a table or of several inputs: X, y, perhaps weights."""
    with np.load(io.BytesIO(_at(_about(folder)["rows"])), allow_pickle=False) as arrays:
        found = dict(arrays)
    others = {name: found[name] for name in ("y", "sample_weight") if name in found}
    if tables.FRAME in found:
        return {"X": tables.arrived(found), **others}
    inputs = tuple(found[f"{INPUT}{at}"] for at in range(sum(name.startswith(INPUT) for name in found)))
    return {"X": dict(zip(found[NAMES].tolist(), inputs, strict=True)) if NAMES in found else inputs, **others}


@cache
def objects(folder: Path) -> dict[str, Any]:
    """Return what travelled by labels."""
    return dict(archives.loaded((folder / OBJECTS).read_bytes(), _about(folder)["trusted"][OBJECTS]))


@cache
def _estimator(folder: Path) -> Any:
    about = _about(folder)
    content = _at(about["estimator"]) if "estimator" in about else (folder / ESTIMATOR).read_bytes()
    found = archives.loaded(content, about["trusted"][ESTIMATOR])
    _, step = estimators.last_step(found)
    if "model" in about:
        step.model = usercode.load(about["model"], folder)
    elif "template" in about:
        own = {name: usercode.load(spec, folder) for name, spec in about["own"].items()}
        with keras.saving.custom_object_scope(own):
            step.model = keras.saving.deserialize_keras_object(about["template"], safe_mode=False)
    return found


@cache
def _of_keras(folder: Path) -> dict[str, Any]:
    written = _about(folder)["keras"]
    return {label: keras.saving.deserialize_keras_object(one, safe_mode=False) for label, one in written.items()}


def _at(place: str) -> bytes:
    url, _, key = place.rpartition("#")
    return open_store(url).read(key)


@cache
def _about(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / ABOUT).read_text())
    return found
